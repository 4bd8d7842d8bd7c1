using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Learning.Curricula;

namespace AgentSociety.Society;

/// <summary>A round that was played, with rewards and advantages.</summary>
/// <param name="Problems">The problems with their solve rates.</param>
/// <param name="Episodes">Proposals, then attempts, each in order of its id.</param>
/// <param name="Metrics">What can be said of the round before training.</param>
internal sealed record RoundResult(IReadOnlyList<ProblemRecord> Problems, IReadOnlyList<EpisodeRecord> Episodes, IReadOnlyList<MetricRecord> Metrics)
{
    /// <summary>Rewards everybody and measures advantages.</summary>
    /// <param name="round">The round.</param>
    /// <param name="settings">What solvers are rewarded for.</param>
    /// <param name="proposals">What was written, in order.</param>
    /// <param name="selection">What became of it.</param>
    /// <param name="attempts">All attempts, problem by problem.</param>
    /// <param name="memory">Solve rates and baselines, which move.</param>
    /// <param name="reviews">The agents' own reviews in the attempts' places; empty where none were asked for.</param>
    public static RoundResult Of(
        int round, LearningSettings settings, IReadOnlyList<AgentActor.Proposed> proposals, ProblemSelection selection, IReadOnlyList<AgentActor.Solved> attempts, RoundMemory memory,
        IReadOnlyList<AgentActor.Reviewed?> reviews)
    {
        List<JudgedEpisode> judged = [];
        Dictionary<string, PosedProblem> posed = selection.Problems.ToDictionary(problem => problem.Id);
        JudgedEpisode[] solved = [.. attempts.Select((attempt, place) => Rewarded(attempt, posed[attempt.Episode.Problem!].Problem, settings) with { Marks = reviews.Count > 0 ? reviews[place]?.Marks : null })];
        Dictionary<string, double> rates = solved.GroupBy(attempt => attempt.Episode.Problem!)
            .ToDictionary(group => group.Key, group => group.Average(attempt => attempt.Episode.Reward));
        Dictionary<string, string> solvers = solved.DistinctBy(attempt => attempt.Episode.Problem).ToDictionary(attempt => attempt.Episode.Problem!, attempt => attempt.Episode.Agent);
        foreach (PosedProblem problem in selection.Problems) memory.Reward.Observe(problem.Problem.Difficulty, rates[problem.Id], solvers[problem.Id]);
        double[] charges = Charges([.. proposals.Select(proposed => proposed.Proposal.Problem)], memory.Reward);
        for (int index = 0; index < proposals.Count; index++) judged.Add(Rewarded(proposals[index], selection.Fates[index], rates, memory.Reward, charges[index]));
        judged.AddRange(solved);
        judged.AddRange(reviews.OfType<AgentActor.Reviewed>().Select(review => new JudgedEpisode(review.Episode, [], posed[review.Episode.Problem!].Problem.Difficulty) { Kind = posed[review.Episode.Problem!].Problem.Kind }));
        return new RoundResult(
            [.. selection.Problems.Select(problem => new ProblemRecord
            {
                Id = problem.Id,
                Round = round,
                Text = problem.Problem.Text,
                Difficulty = problem.Problem.Difficulty,
                CanonicalForm = problem.Problem.CanonicalForm,
                Proposer = problem.Proposer,
                SolveRate = rates[problem.Id],
            })],
            memory.Credit.Assign(judged),
            [.. Measure(selection, solved), .. Measure(reviews, solved)]);
    }

    /// <summary>What an attempt earns: 1 for a sound answer, or for a right one, as the scenario says.</summary>
    public static double Earned(LearningSettings settings, Verdict verdict) =>
        (settings.Reward == SolverReward.Sound ? verdict.Sound : verdict.Outcome == Outcome.Correct) ? 1 : 0;

    private static JudgedEpisode Rewarded(AgentActor.Solved attempt, Problem problem, LearningSettings settings) =>
        new(attempt.Episode with { Reward = Earned(settings, attempt.Verdict) }, attempt.Verdict.Steps, problem.Difficulty) { Seat = problem.Seat, Kind = problem.Kind };

    private static JudgedEpisode Rewarded(AgentActor.Proposed proposed, (Fate Fate, string? Problem) became, Dictionary<string, double> rates, ProposerReward reward, double charge)
    {
        Problem? problem = proposed.Proposal.Problem;
        double? own = became.Problem is { } id ? rates[id] : null;
        EpisodeRecord episode = became.Fate switch
        {
            Fate.Malformed => proposed.Episode with { Outcome = Outcome.Malformed, Reward = reward.Malformed },
            Fate.Duplicate => proposed.Episode with { Outcome = Outcome.Wrong, Reason = "posed before", Reward = reward.Duplicate },
            Fate.Reserved => proposed.Episode with { Outcome = Outcome.Correct, Reason = "kept for held-out tests, and so not played", Reward = reward.Of(problem!.Difficulty, own) },
            Fate.Contaminated => proposed.Episode with { Outcome = Outcome.Correct, Reason = "repeats words of a held-out question, and so not played", Reward = reward.Of(problem!.Difficulty, own) },
            Fate.Surplus => proposed.Episode with { Outcome = Outcome.Correct, Reason = "not played: the round had enough problems", Reward = reward.Of(problem!.Difficulty, own) },
            _ => proposed.Episode with { Outcome = Outcome.Correct, Reason = $"solved in {own:p0} of the attempts", Problem = became.Problem, Reward = reward.Of(problem!.Difficulty, own) },
        };
        if (episode.Outcome == Outcome.Correct) episode = episode with { Reward = episode.Reward - charge };
        return new JudgedEpisode(episode with { Sound = episode.Outcome == Outcome.Correct }, [], problem?.Difficulty);
    }

    /// <summary>What each valid proposal is charged for being like others of the round; 0 for texts that are no problem.</summary>
    /// <remarks>Its cluster's part of all that was proposed (Huang et al. 2025, "R-Zero", section 3.2): the one valid text among many that are none repeats nobody.</remarks>
    internal static double[] Charges(IReadOnlyList<Problem?> proposals, ProposerReward reward)
    {
        double[] charges = new double[proposals.Count];
        if (reward.Repetition == 0) return charges;
        int[] valid = [.. Enumerable.Range(0, proposals.Count).Where(index => proposals[index] is not null)];
        double[] shares = Repetition.Shares([.. valid.Select(index => proposals[index]!.Text)], reward.RepetitionDistance);
        for (int index = 0; index < valid.Length; index++) charges[valid[index]] = reward.Repetition * shares[index] * valid.Length / proposals.Count;
        return charges;
    }

    /// <summary>What the agents think of their own steps, against the verifier: a judge who is checked.</summary>
    private static IEnumerable<MetricRecord> Measure(IReadOnlyList<AgentActor.Reviewed?> reviews, JudgedEpisode[] solved)
    {
        int asked = reviews.Count(review => review is not null);
        if (asked == 0) yield break;
        yield return new MetricRecord("reviews/unreadable", reviews.Count(review => review is { Marks: null }) / (double)asked);
        (bool Mark, bool Valid)[] marks = [.. Retrospection.Compared(solved)];
        if (marks.Length == 0) yield break;
        yield return new MetricRecord("reviews/praised", marks.Average(mark => mark.Mark ? 1.0 : 0));
        yield return new MetricRecord("reviews/valid", marks.Average(mark => mark.Valid ? 1.0 : 0));
        yield return new MetricRecord("reviews/agreement", marks.Average(mark => mark.Mark == mark.Valid ? 1.0 : 0));
        yield return new MetricRecord("reviews/trust", Retrospection.Trust(marks));
    }

    private static IEnumerable<MetricRecord> Measure(ProblemSelection selection, JudgedEpisode[] solved)
    {
        if (solved.Length > 0)
        {
            int correct = solved.Count(attempt => attempt.Episode.Outcome == Outcome.Correct), sound = solved.Count(attempt => attempt.Episode.Sound);
            yield return new MetricRecord("solve-rate", solved.Average(attempt => attempt.Episode.Reward));
            yield return new MetricRecord("sound-rate", (double)sound / solved.Length);
            if (correct > 0) yield return new MetricRecord("lucky-rate", 1 - (double)sound / correct);
            yield return new MetricRecord("proposed-difficulty", selection.Problems.Average(problem => problem.Problem.Difficulty));
            yield return new MetricRecord("experiments", solved.Sum(attempt => attempt.Episode.ToolCalls.Count(call => call.Kind == ToolKind.Experiment && call.Reply.Length > 0)));
        }

        if (selection.Fates.Count == 0) yield break;
        yield return new MetricRecord("proposals/malformed", selection.Fates.Count(fate => fate.Fate == Fate.Malformed));
        yield return new MetricRecord("proposals/duplicate", selection.Fates.Count(fate => fate.Fate == Fate.Duplicate));
        yield return new MetricRecord("proposals/valid", selection.Fates.Count(fate => fate.Fate is Fate.Played or Fate.Surplus or Fate.Reserved or Fate.Contaminated));
        if (selection.Screened) yield return new MetricRecord("proposals/contaminated", selection.Fates.Count(fate => fate.Fate == Fate.Contaminated));
        yield return new MetricRecord("problems/filled", selection.Problems.Count(problem => problem.Proposer is null));
    }
}
