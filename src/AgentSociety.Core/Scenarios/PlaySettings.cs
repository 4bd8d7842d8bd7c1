using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>The game that is played each round.</summary>
public sealed record SelfPlaySettings
{
    /// <summary>True where proposers pose the problems; false where they come from the fixed distribution that the base model was trained on.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Rounds.</summary>
    [Range(0, 1_000_000)]
    public int Rounds { get; init; } = 60;

    /// <summary>Texts that proposers write in a round.</summary>
    [Range(1, 100_000)]
    public int ProposalsPerRound { get; init; } = 64;

    /// <summary>Problems that are played in a round at most; valid new proposals first come, first served in order of their ids.</summary>
    [Range(1, 100_000)]
    public int ProblemsPerRound { get; init; } = 64;

    /// <summary>Attempts at each problem: the group.</summary>
    [Range(1, 1024)]
    public int AttemptsPerProblem { get; init; } = 8;

    /// <summary>True to fill a round that has too few new problems from the fixed distribution, so that every round costs the same.</summary>
    public bool TopUp { get; init; }

    /// <summary>Sampling temperature of play.</summary>
    [Range(0.01, 10)]
    public double Temperature { get; init; } = 1;

    /// <summary>Most tokens that an attempt may take.</summary>
    [Range(1, 131_072)]
    public int MaximumTokens { get; init; } = 160;

    /// <summary>Where the problems come from, where self-play is enabled.</summary>
    public ProblemSource Curriculum { get; init; } = ProblemSource.Proposer;

    /// <summary>How problems are chosen where no proposer poses them.</summary>
    public CurriculumSettings Archive { get; init; } = new();

    /// <summary>What proposers are rewarded for.</summary>
    public ProposerSettings Proposer { get; init; } = new();
}

/// <summary>What proposers are rewarded for.</summary>
public sealed record ProposerSettings
{
    /// <summary>
    /// Name of the reward, with p the smoothed solve rate: <c>learnability</c> is 4p(1-p), the variance of outcomes; <c>uncertainty</c> is 1-2|p-1/2| (R-Zero); <c>solvable-difficulty</c> is 1-p, and 0 for a
    /// problem that none of its own attempts solved (Absolute Zero); <c>difficulty</c> is 1-p; <c>regret</c> is what the best solver has over the mean of all.
    /// </summary>
    public string Reward { get; init; } = "learnability";

    /// <summary>Weight of the past in the solve rate of a difficulty class, by attempt group; 0 uses the problem's own attempts only.</summary>
    [Range(0, 0.999)]
    public double Smoothing { get; init; } = 0.9;

    /// <summary>
    /// Problem groups that a difficulty counts as having played at a solve rate of one half before its first: what is new is promising until it is known.
    /// Fades with <c>smoothing</c>; 0 for none.
    /// </summary>
    [Range(0, 100)]
    public double Optimism { get; init; } = 2;

    /// <summary>Reward of a text that is no problem.</summary>
    [Range(-10, 0)]
    public double Malformed { get; init; } = -0.5;

    /// <summary>Reward of a problem that was posed before.</summary>
    [Range(-10, 0)]
    public double Duplicate { get; init; } = -0.5;

    /// <summary>What a valid proposal is charged, times the share of the round's proposals that are like it; 0 for nothing.</summary>
    [Range(0, 10)]
    public double Repetition { get; init; }

    /// <summary>Proposals nearer than this (1 - BLEU) are alike.</summary>
    [Range(0, 1)]
    public double RepetitionDistance { get; init; } = 0.5;
}

/// <summary>The held-out test, taken by newborns: this run's weights, an empty notebook, and the scratchpad.</summary>
public sealed record EvaluationSettings
{
    /// <summary>Rounds between tests; the state before the first and after the last round is always tested.</summary>
    [Range(1, 1_000_000)]
    public int EveryRounds { get; init; } = 5;

    /// <summary>Problems of each difficulty.</summary>
    [Range(1, 100_000)]
    public int ProblemsPerDifficulty { get; init; } = 64;

    /// <summary>Problems of each difficulty in the tests before the first and after the last round.</summary>
    [Range(1, 100_000)]
    public int FinalProblemsPerDifficulty { get; init; } = 200;

    /// <summary>The difficulties that are tested.</summary>
    [MinLength(1)]
    public IReadOnlyList<int> Difficulties { get; init; } = [1, 2, 3, 4, 5, 6];

    /// <summary>Sampling temperature of the test; 0 takes the likeliest token.</summary>
    [Range(0, 10)]
    public double Temperature { get; init; }

    /// <summary>Held-out accuracy from which on a difficulty counts as solved: the frontier is the greatest solved one.</summary>
    [Range(0, 1)]
    public double SolvedAt { get; init; } = 0.8;
}
