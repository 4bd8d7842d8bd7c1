using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Proposal = AgentSociety.Culture.Proposal;

namespace AgentSociety.Society;

/// <summary>An attempt that is played twice more, without and with a candidate note, with the random draws that it had.</summary>
/// <param name="Proposal">Number of the candidate.</param>
/// <param name="Attempt">The attempt as it was played.</param>
/// <param name="Problem">Its problem.</param>
/// <param name="Without">What it reads without the candidate.</param>
/// <param name="With">What it reads with it.</param>
internal sealed record AdmissionTrial(long Proposal, EpisodeRecord Attempt, PosedProblem Problem, INotes Without, INotes With);

/// <summary>New pairs of matched rollouts of a candidate. Stored with the round, and reported to the scratchpad when the round is durable.</summary>
/// <param name="Proposal">Number of the candidate.</param>
/// <param name="Pairs">The pairs.</param>
public sealed record CandidateReport(long Proposal, IReadOnlyList<MatchedRollout> Pairs);

/// <summary>Chooses the matched rollouts of a round: on which attempts which candidate notes are tried.</summary>
/// <remarks>
/// A candidate is tried on attempts that read its page and would have been told something else with it: elsewhere the same draws give the same
/// text, and a gain of 0 that says nothing. The oldest candidates come first; one that asks for what an older one asks for waits for that one.
/// </remarks>
internal static class AdmissionTrials
{
    /// <summary>The trials of a round, within its budget.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="round">The round.</param>
    /// <param name="notes">Who reads what.</param>
    /// <param name="candidates">Edits that wait, oldest first.</param>
    /// <param name="problems">The problems that were played.</param>
    /// <param name="attempts">The attempts at them.</param>
    public static IReadOnlyList<AdmissionTrial> Of(RunPlan plan, int round, NotesAccess notes, IReadOnlyList<Proposal> candidates, IReadOnlyList<PosedProblem> problems, IReadOnlyList<EpisodeRecord> attempts)
    {
        int room = plan.Scenario.Culture.AdmissionPairsPerRound;
        List<AdmissionTrial> trials = [];
        Dictionary<string, PosedProblem> posed = problems.ToDictionary(problem => problem.Id);
        Dictionary<string, INotes> without = attempts.Select(attempt => attempt.Agent).Distinct().ToDictionary(agent => agent, agent => notes.Of(agent, round));
        HashSet<(string, string)> tried = [];
        foreach (Proposal candidate in candidates)
        {
            if (trials.Count >= room) break;
            if (!candidate.WaitsForRollouts || !tried.Add((candidate.Page, candidate.Text))) continue;
            Dictionary<string, INotes> with = [];
            foreach (EpisodeRecord attempt in attempts)
            {
                if (trials.Count >= room) break;
                if (!attempt.ToolCalls.Any(call => call is { Kind: ToolKind.Read, Page: { } page } && notes.FullName(attempt.Agent, round, page) == candidate.Page)) continue;
                if (!with.TryGetValue(attempt.Agent, out INotes? shown)) shown = with[attempt.Agent] = notes.Of(attempt.Agent, round, candidate.Number);
                PosedProblem problem = posed[attempt.Problem!];
                if (SaysMore(plan.Environment, problem.Problem, attempt, without[attempt.Agent], shown)) trials.Add(new AdmissionTrial(candidate.Number, attempt, problem, without[attempt.Agent], shown));
            }
        }

        return trials;
    }

    /// <summary>True where the calls of an attempt are answered otherwise with the candidate than without.</summary>
    private static bool SaysMore(IEnvironment environment, Problem problem, EpisodeRecord attempt, INotes without, INotes with)
    {
        IToolSession? plain = environment.OpenTools(problem, new ToolAccess { Notes = without }), told = environment.OpenTools(problem, new ToolAccess { Notes = with });
        return plain is not null && told is not null && attempt.ToolCalls.Any(call => plain.Call(call.Request) != told.Call(call.Request));
    }
}
