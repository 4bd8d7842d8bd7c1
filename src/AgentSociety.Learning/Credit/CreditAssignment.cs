using System.Text.Json;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>An episode whose reward is known, with what the verifier said of its steps.</summary>
/// <param name="Episode">The episode with its reward.</param>
/// <param name="Steps">Verdicts on its steps; empty where none were checked.</param>
/// <param name="Difficulty">Difficulty of its problem, with <see cref="Kind"/> the task type of task-relative advantages; null for a proposal that became no problem.</param>
public readonly record struct JudgedEpisode(EpisodeRecord Episode, IReadOnlyList<StepVerdict> Steps, int? Difficulty)
{
    /// <summary>The seat of a game that it was played from, with the game where several are trained on together; empty where there is one side only.</summary>
    public string Seat { get; init; } = "";

    /// <summary>The kind of its problem where the environment has several (see <see cref="Problem.Kind"/>); null otherwise.</summary>
    public string? Kind { get; init; }

    /// <summary>The agent's own marks of the same steps; null where it did not review the attempt, or cannot be understood.</summary>
    public IReadOnlyList<bool>? Marks { get; init; }
}

/// <summary>Gives the episodes of a round their advantages by the estimators that a scenario names.</summary>
/// <remarks>Keeps the running baselines of roles between rounds, which must be stored with the run. Not thread-safe.</remarks>
public sealed class CreditAssignment
{
    private readonly LearningSettings _settings;
    private readonly Func<IReadOnlyList<int>, IReadOnlyList<int>> _tokenLengths;
    private RoleBaseline _baseline = new();

    /// <summary>Creates the assignment.</summary>
    /// <param name="settings">The scenario's <c>learning</c>.</param>
    /// <param name="tokenLengths">Characters that each token of a text stands for, such as <see cref="TokenLengths.In"/> says; needed for step credit.</param>
    public CreditAssignment(LearningSettings settings, Func<IReadOnlyList<int>, IReadOnlyList<int>> tokenLengths)
    {
        _settings = settings;
        _tokenLengths = tokenLengths;
    }

    /// <summary>The round's episodes in their order, each with <c>Advantage</c> and, where steps were checked, <c>TokenAdvantages</c>.</summary>
    /// <param name="round">All episodes of the round that have a reward; attempts at one problem form a group.</param>
    public IReadOnlyList<EpisodeRecord> Assign(IReadOnlyList<JudgedEpisode> round)
    {
        EpisodeRecord[] assigned = [.. round.Select(judged => judged.Episode)];
        foreach (IGrouping<Role, int> role in Enumerable.Range(0, round.Count).GroupBy(index => round[index].Episode.Role).OrderBy(role => role.Key))
        {
            int[] members = [.. role];
            AdvantageEstimator estimator = role.Key == Role.Proposer ? _settings.ProposerAdvantage : _settings.Advantage;
            double[] advantages = Estimate(estimator, role.Key, [.. members.Select(index => round[index])]);
            for (int member = 0; member < members.Length; member++)
            {
                assigned[members[member]] = assigned[members[member]] with { Advantage = advantages[member] };
            }

            if (role.Key == Role.Proposer) continue;
            if (_settings.StepCredit > 0) CreditSteps(round, assigned, members, _settings.StepCredit, judged => judged.Steps);
            double trusted = _settings.RetrospectiveCredit * Retrospection.Trust(Retrospection.Compared(members.Select(index => round[index])));
            if (trusted > 0) CreditSteps(round, assigned, members, trusted, judged => Retrospection.Marked(judged.Steps, judged.Marks));
        }

        return assigned;
    }

    /// <summary>The state as JSON.</summary>
    public string SaveState() => JsonSerializer.Serialize(_baseline.Values);

    /// <summary>Takes up a state that <see cref="SaveState"/> gave.</summary>
    public void LoadState(string json) => _baseline = new RoleBaseline(values: JsonSerializer.Deserialize<Dictionary<string, double>>(json));

    private double[] Estimate(AdvantageEstimator estimator, Role role, JudgedEpisode[] episodes)
    {
        double[] rewards = [.. episodes.Select(judged => judged.Episode.Reward)];
        switch (estimator)
        {
            case AdvantageEstimator.Role:
                return BySeat(role, episodes);
            case AdvantageEstimator.Batch:
                return Advantages.TaskRelative(rewards, new int[rewards.Length]);
            case AdvantageEstimator.Task when role == Role.Proposer:
                return Advantages.TaskRelative(rewards, new int[rewards.Length]); // proposals are one task type, whatever they became
            case AdvantageEstimator.Task:
                return Advantages.TaskRelative(rewards, [.. episodes.Select(judged => (judged.Kind, judged.Difficulty ?? 0))]);
        }

        double[] advantages = new double[rewards.Length];
        foreach (int[] group in Groups(episodes))
        {
            double[] own = [.. group.Select(index => rewards[index])];
            double[] measured = estimator switch
            {
                AdvantageEstimator.GroupNormalised => Advantages.GroupNormalised(own),
                AdvantageEstimator.LeaveOneOut => Advantages.LeaveOneOut(own),
                _ => Advantages.GroupCentred(own),
            };
            for (int member = 0; member < group.Length; member++) advantages[group[member]] = measured[member];
        }

        return advantages;
    }

    /// <summary>A baseline for each seat of a role: where the first to move wins more, its wins are no merit, and the other's losses no fault.</summary>
    private double[] BySeat(Role role, JudgedEpisode[] episodes)
    {
        double[] advantages = new double[episodes.Length];
        foreach (IGrouping<string, int> seat in Enumerable.Range(0, episodes.Length).GroupBy(index => episodes[index].Seat).OrderBy(seat => seat.Key, StringComparer.Ordinal))
        {
            int[] members = [.. seat];
            double[] own = _baseline.Advance(seat.Key.Length == 0 ? role.ToString() : $"{role}/{seat.Key}", [.. members.Select(index => episodes[index].Episode.Reward)]);
            for (int member = 0; member < members.Length; member++) advantages[members[member]] = own[member];
        }

        return advantages;
    }

    private void CreditSteps(IReadOnlyList<JudgedEpisode> round, EpisodeRecord[] assigned, int[] members, double weight, Func<JudgedEpisode, IReadOnlyList<StepVerdict>> stepsOf)
    {
        foreach (int[] group in Peers([.. members.Select(index => round[index])]).Select(group => group.Select(member => members[member]).ToArray()))
        {
            float[]?[] credit = StepCredit.OfGroup([.. group.Select(index => Checked(round[index].Episode, stepsOf(round[index])))], weight);
            for (int member = 0; member < group.Length; member++)
            {
                EpisodeRecord episode = assigned[group[member]];
                if (credit[member] is { } added) assigned[group[member]] = episode with { TokenAdvantages = episode.TokenAdvantages is { } other ? [.. other.Zip(added, (one, two) => one + two)] : added };
            }
        }
    }

    private CheckedAttempt Checked(EpisodeRecord episode, IReadOnlyList<StepVerdict> steps) => new()
    {
        Segments = episode.Segments,
        TokenLengths = steps.Count == 0 ? new int[episode.Tokens.Length] : _tokenLengths(episode.Tokens),
        LossMask = episode.LossMask,
        Steps = steps,
    };

    /// <summary>Whose steps a step is measured against: those of its problem, or of whatever else the estimator takes its mean over.</summary>
    private IEnumerable<int[]> Peers(JudgedEpisode[] episodes) => _settings.Advantage switch
    {
        AdvantageEstimator.Task => Enumerable.Range(0, episodes.Length).GroupBy(index => (episodes[index].Kind, episodes[index].Difficulty)).Select(peers => peers.ToArray()),
        AdvantageEstimator.Role => Enumerable.Range(0, episodes.Length).GroupBy(index => episodes[index].Seat).Select(peers => peers.ToArray()),
        AdvantageEstimator.Batch => [[.. Enumerable.Range(0, episodes.Length)]],
        _ => Groups(episodes),
    };

    /// <summary>Indices of the attempts at each problem. Episodes without a problem (proposals under a group estimator) form one group.</summary>
    private static IEnumerable<int[]> Groups(JudgedEpisode[] episodes) =>
        Enumerable.Range(0, episodes.Length).GroupBy(index => episodes[index].Episode.Role == Role.Proposer ? null : episodes[index].Episode.Problem).Select(group => group.ToArray());
}
