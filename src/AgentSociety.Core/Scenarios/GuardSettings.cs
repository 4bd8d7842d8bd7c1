using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>Signs of collapse that are watched every round. A bound at its default is never crossed.</summary>
public sealed record GuardSettings
{
    /// <summary>True to end the run at a safe point when a sign lasts; false to report it only.</summary>
    public bool Stop { get; init; }

    /// <summary>Rounds in a row that a sign must last before it counts; checkpoints in a row for what is measured on checkpoints.</summary>
    [Range(1, 100_000)]
    public int Patience { get; init; } = 5;

    /// <summary>Least mean entropy of solvers' tokens, in nats.</summary>
    [Range(0, 100)]
    public double MinimumSolverEntropy { get; init; }

    /// <summary>Least mean entropy of proposers' tokens, in nats.</summary>
    [Range(0, 100)]
    public double MinimumProposerEntropy { get; init; }

    /// <summary>Least share of different 4-grams among a round's proposals.</summary>
    [Range(0, 1)]
    public double MinimumDistinct { get; init; }

    /// <summary>Greatest self-BLEU of a round's proposals.</summary>
    [Range(0, 1)]
    public double MaximumSelfBleu { get; init; } = 1;

    /// <summary>Greatest share of duplicates among a round's proposals.</summary>
    [Range(0, 1)]
    public double MaximumDuplicates { get; init; } = 1;

    /// <summary>Greatest share of problems whose attempts all succeed or all fail: nothing is learned from them.</summary>
    [Range(0, 1)]
    public double MaximumSilentGroups { get; init; } = 1;

    /// <summary>Attempts of the last round on which each checkpoint's divergence from the first weights is measured; 0 for no such probe.</summary>
    [Range(0, 100_000)]
    public int ProbeEpisodes { get; init; } = 64;

    /// <summary>Greatest divergence from the first weights in nats a token, checkpoint by checkpoint.</summary>
    [Range(0, 1e9)]
    public double MaximumDivergence { get; init; } = 1e9;

    /// <summary>Problems that were played and as many fresh ones, which newborns answer at each checkpoint, so that what is remembered shows beside what is understood; 0 for no such probe.</summary>
    [Range(0, 100_000)]
    public int ProbeProblems { get; init; } = 16;

    /// <summary>Greatest lead of problems that were played over fresh ones: of the lower end of its 95 % interval, checkpoint by checkpoint.</summary>
    [Range(0, 1)]
    public double MaximumMemorisation { get; init; } = 1;

    /// <summary>Where a model judges: how far its reward may rise from the older to the newer half of the last 4, 8 or 16 rounds while the verifier's does not rise.</summary>
    [Range(0, 1)]
    public double MaximumJudgeRise { get; init; } = 1;

    /// <summary>The least sampling temperature of play while any sign lasts, so that what was lost is tried again; 0 for no such remedy.</summary>
    [Range(0, 10)]
    public double TemperatureFloor { get; init; }
}
