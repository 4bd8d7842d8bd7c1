namespace AgentSociety.Core.Records;

/// <summary>Everything that one round leaves behind. It is stored in one transaction, so that a run that was killed has whole rounds only.</summary>
public sealed record RoundRecord
{
    /// <summary>1 for the first round; 0 holds what was measured before it.</summary>
    public required int Round { get; init; }

    /// <summary>The problems that were played.</summary>
    public IReadOnlyList<ProblemRecord> Problems { get; init; } = [];

    /// <summary>Proposals and attempts.</summary>
    public IReadOnlyList<EpisodeRecord> Episodes { get; init; } = [];

    /// <summary>The gradient steps that were taken on them and on earlier ones, in order.</summary>
    public IReadOnlyList<TrainingBatchRecord> Batches { get; init; } = [];

    /// <summary>Measurements of the round.</summary>
    public IReadOnlyList<MetricRecord> Metrics { get; init; } = [];

    /// <summary>Held-out test results, where the round held a test.</summary>
    public IReadOnlyList<HeldOutRecord> HeldOut { get; init; } = [];

    /// <summary>What newborns answered in the tests of the round, question by question.</summary>
    public IReadOnlyList<AnswerRecord> Answers { get; init; } = [];

    /// <summary>The weights after the round, where they were saved.</summary>
    public CheckpointRecord? Checkpoint { get; init; }

    /// <summary>What the society must remember to go on exactly as if it had never stopped, as JSON; opaque to the store.</summary>
    public required string State { get; init; }
}

/// <summary>A problem as it was played.</summary>
public sealed record ProblemRecord
{
    /// <summary>Unique in the run: <c>12/3</c> is the fourth problem of round 12.</summary>
    public required string Id { get; init; }

    /// <summary>The round it was played in.</summary>
    public required int Round { get; init; }

    /// <summary>The problem as it was written.</summary>
    public required string Text { get; init; }

    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>The key of de-duplication.</summary>
    public required string CanonicalForm { get; init; }

    /// <summary>Name of the proposer; null where it was drawn from the environment's fixed distribution.</summary>
    public string? Proposer { get; init; }

    /// <summary>Share of its attempts that were rewarded.</summary>
    public required double SolveRate { get; init; }
}

/// <summary>A named number of one round.</summary>
/// <param name="Name">Such as <c>solve-rate</c>, <c>entropy/solver</c>, <c>frontier</c>.</param>
/// <param name="Value">The value, finite.</param>
public sealed record MetricRecord(string Name, double Value);

/// <summary>Result of the held-out test at one difficulty.</summary>
public sealed record HeldOutRecord
{
    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>True where the newborns could read the scratchpad.</summary>
    public required bool Reading { get; init; }

    /// <summary>Answers that were right.</summary>
    public required int Correct { get; init; }

    /// <summary>Answers that were right with every step valid.</summary>
    public required int Sound { get; init; }

    /// <summary>Problems asked.</summary>
    public required int Count { get; init; }
}

/// <summary>Saved weights.</summary>
/// <param name="Name">Name of its folder under <c>checkpoints/</c>.</param>
/// <param name="Round">The round after which it was saved.</param>
public sealed record CheckpointRecord(string Name, int Round);
