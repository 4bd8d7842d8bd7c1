using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Says of logged attempts from which seat of which game they were played, for baselines by role (<c>policy.advantage=role</c>).</summary>
public static class LoggedSeats
{
    /// <summary>The episodes of one run, those of its solvers with their seats where its tasks are games.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    public static IEnumerable<LoggedEpisode> Noted(IEnumerable<LoggedEpisode> log, SocietyDatabase database)
    {
        IEnvironment environment = RunPlan.Of(database).Environment;
        Dictionary<string, string> seats = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not { } posed || logged.Episode.Role != Role.Solver)
            {
                yield return logged;
                continue;
            }

            if (!seats.TryGetValue(posed.Text, out string? seat))
                seats[posed.Text] = seat = environment.Parse(posed.Text).Problem is { Seat.Length: > 0 } problem ? $"{environment.Name}/{problem.Seat}" : "";
            yield return logged with { Seat = seat };
        }
    }
}
