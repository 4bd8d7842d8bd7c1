using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Reads again which problems the proposals of a log pose that were not played: duplicates, surplus, and problems that are kept for tests. Logs hold their text alone.</summary>
/// <remarks>
/// Without it a split by problems parts a problem's attempts from another proposal of the same problem, or has a problem of the test in the prompt of a proposal that is trained on: some environments
/// show their proposers earlier problems.
/// </remarks>
public static class LoggedProposals
{
    /// <summary>The episodes of one run, each proposal with the problem that it poses and those that it was shown.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    public static IEnumerable<LoggedEpisode> Read(IEnumerable<LoggedEpisode> log, SocietyDatabase database) => Read(log, database, new Lazy<RunPlan>(() => RunPlan.Of(database)));

    /// <summary>The episodes of one run, where its plan is wanted for more.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database.</param>
    /// <param name="made">Its plan, made where there is a proposal.</param>
    public static IEnumerable<LoggedEpisode> Read(IEnumerable<LoggedEpisode> log, SocietyDatabase database, Lazy<RunPlan> made)
    {
        RunPlan? plan = null;
        Contamination? heldOut = null;
        (string Text, string Key)[] played = [];
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Episode.Role != Role.Proposer)
            {
                yield return logged;
                continue;
            }

            if (plan is null)
            {
                heldOut = HeldOutTest.Guarded(plan = made.Value);
                if (plan.Environment is IConditionedProposer { Shown: > 0 }) played = [.. new RunRecords(database).PlayedProblems().Select(problem => (problem.Text, plan.Environment.SplitKey(new Problem { Text = problem.Text, Difficulty = 1, CanonicalForm = problem.CanonicalForm })))];
            }

            string prompt = string.Concat(logged.Episode.Segments.Where(segment => segment.Source == Source.Prompt).Select(segment => segment.Text));
            LoggedEpisode shown = played.Length == 0 ? logged : logged with { Quoted = [.. played.Where(problem => prompt.Contains(problem.Text, StringComparison.Ordinal)).Select(problem => problem.Key).Distinct(StringComparer.Ordinal)] };
            if (logged.Problem is not null)
            {
                yield return shown;
                continue;
            }

            Problem? posed = plan.Environment.Parse(AgentActor.Written(logged.Episode.Segments)).Problem;
            bool reserved = posed is not null && (Reservation.Holds(plan.Environment, posed) || heldOut?.Touches(posed.Text) == true);
            yield return shown with { Posed = posed?.CanonicalForm, Family = posed is null ? null : plan.Environment.SplitKey(posed), Reserved = reserved };
        }
    }
}
