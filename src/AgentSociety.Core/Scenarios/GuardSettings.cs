using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>Signs of collapse that are watched every round. A bound at its default is never crossed.</summary>
public sealed record GuardSettings
{
    /// <summary>True to end the run at a safe point when a sign lasts; false to report it only.</summary>
    public bool Stop { get; init; }

    /// <summary>Rounds in a row that a sign must last before it counts.</summary>
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
}
