using AgentSociety.Core.Environments;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Asks the environment of a run which problems of its log belong on one side of a split, such as all triples of one program.</summary>
public static class LoggedFamilies
{
    /// <summary>The episodes of one run, those with a problem with its key (<see cref="IEnvironment.SplitKey"/>).</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="plan">Its plan, made where an episode has a problem.</param>
    public static IEnumerable<LoggedEpisode> Noted(IEnumerable<LoggedEpisode> log, Lazy<RunPlan> plan)
    {
        Dictionary<string, string> keys = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not { } problem)
            {
                yield return logged;
                continue;
            }

            if (!keys.TryGetValue(problem.Text, out string? key)) keys[problem.Text] = key = plan.Value.Environment.SplitKey(StoredProblem.Of(problem));
            yield return logged with { Family = key };
        }
    }
}
