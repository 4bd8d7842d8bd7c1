using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>Generations: all agents die together, and newborns take their places.</summary>
public sealed record GenerationSettings
{
    /// <summary>Rounds that a generation lives; 0 for one that lives through the run.</summary>
    [Range(0, 1_000_000)]
    public int EveryRounds { get; init; }

    /// <summary>What newborns have of the dead.</summary>
    public Inheritance Inherit { get; init; } = Inheritance.Scratchpad;

    /// <summary>The round from which on nothing that was written before can be read: what is left of the score then was in weights. 0 for none. Nothing is deleted.</summary>
    [Range(0, 1_000_000)]
    public int WipeScratchpadAtRound { get; init; }
}

/// <summary>What newborns have of the dead.</summary>
public enum Inheritance
{
    /// <summary>What they wrote.</summary>
    Scratchpad,

    /// <summary>What they trained.</summary>
    Weights,

    /// <summary>What they wrote and what they trained.</summary>
    Both,

    /// <summary>Nothing: newborns begin as the first generation did.</summary>
    Neither,
}
