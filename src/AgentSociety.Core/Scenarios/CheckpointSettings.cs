using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>How often a run saves what it needs to go on after a stop.</summary>
public sealed record CheckpointSettings
{
    /// <summary>
    /// Rounds between two resume points: weights and optimizer. Rounds in between are stored without them, and a resumed run trains again on what they stored
    /// before it plays on. 1 suits small models; more spares the disk of large ones. Resume points are also written with every test, after a sleep, after a
    /// generation's first round and at the end.
    /// </summary>
    [Range(1, 1_000_000)]
    public int EveryRounds { get; init; } = 1;
}
