using AgentSociety.Core.Environments;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Asks the environment of a run which problems of its log belong on one side of a split, such as all triples of one program.</summary>
public static class LoggedFamilies
{
    /// <summary>The episodes of one run, those with a problem with its key (<see cref="IEnvironment.SplitKey"/>).</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    public static IEnumerable<LoggedEpisode> Noted(IEnumerable<LoggedEpisode> log, SocietyDatabase database)
    {
        IEnvironment? environment = null;
        Dictionary<string, string> keys = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not { } problem)
            {
                yield return logged;
                continue;
            }

            environment ??= RunPlan.Of(database).Environment;
            if (!keys.TryGetValue(problem.Text, out string? key)) keys[problem.Text] = key = environment.SplitKey(StoredProblem.Of(problem));
            yield return logged with { Family = key };
        }
    }
}
