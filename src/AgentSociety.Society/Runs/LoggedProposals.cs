using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Reads again which problems the proposals of a log pose that were not played: duplicates, surplus, and problems that are kept for tests. Logs hold their text alone.</summary>
/// <remarks>Without it a split by problems parts a problem's attempts from another proposal of the same problem.</remarks>
public static class LoggedProposals
{
    /// <summary>The episodes of one run, each proposal with the problem that it poses.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    public static IEnumerable<LoggedEpisode> Read(IEnumerable<LoggedEpisode> log, SocietyDatabase database)
    {
        RunPlan? plan = null;
        Contamination? heldOut = null;
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not null || logged.Episode.Role != Role.Proposer)
            {
                yield return logged;
                continue;
            }

            if (plan is null) heldOut = HeldOutTest.Guarded(plan = RunPlan.Of(database));
            Problem? posed = plan.Environment.Parse(AgentActor.Written(logged.Episode.Segments)).Problem;
            bool reserved = posed is not null && (Reservation.Holds(plan.Environment.Name, posed.CanonicalForm) || heldOut?.Touches(posed.Text) == true);
            yield return logged with { Posed = posed?.CanonicalForm, Reserved = reserved };
        }
    }
}
