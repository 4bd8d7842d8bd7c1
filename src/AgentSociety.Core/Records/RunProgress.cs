namespace AgentSociety.Core.Records;

/// <summary>What a run is doing.</summary>
public enum RunPhase
{
    /// <summary>Opening files, loading weights.</summary>
    Start,

    /// <summary>Training the base model on demonstrations.</summary>
    Pretrain,

    /// <summary>Proposers write problems.</summary>
    Propose,

    /// <summary>Solvers make their attempts.</summary>
    Solve,

    /// <summary>Agents edit the scratchpad.</summary>
    Edit,

    /// <summary>Transcripts change weights.</summary>
    Learn,

    /// <summary>What notes taught becomes weights.</summary>
    Sleep,

    /// <summary>Newborns sit the held-out test.</summary>
    Evaluate,

    /// <summary>All rounds are done.</summary>
    Done,
}

/// <summary>The state of a run as a watcher sees it; sent at each change of phase and at least every second of long phases.</summary>
public sealed record RunProgress
{
    /// <summary>What the run is doing.</summary>
    public required RunPhase Phase { get; init; }

    /// <summary>The round in play; 0 before the first.</summary>
    public required int Round { get; init; }

    /// <summary>Rounds in all.</summary>
    public required int Rounds { get; init; }

    /// <summary>Share of the phase that is done, 0 to 1, where it can be told.</summary>
    public double? PhaseShare { get; init; }

    /// <summary>Held-out results so far, oldest first.</summary>
    public IReadOnlyList<HeldOutPoint> HeldOut { get; init; } = [];

    /// <summary>Share of the last round's attempts that were rewarded.</summary>
    public double? SolveRate { get; init; }

    /// <summary>Greatest difficulty that counts as solved in the last held-out test; 0 for none.</summary>
    public int? Frontier { get; init; }

    /// <summary>Mean difficulty of the last round's problems.</summary>
    public double? ProposedDifficulty { get; init; }

    /// <summary>Pages of the scratchpad.</summary>
    public int Pages { get; init; }

    /// <summary>Revisions of the scratchpad.</summary>
    public int Revisions { get; init; }

    /// <summary>Tokens generated per second of decoding, lately.</summary>
    public double? DecodeTokensPerSecond { get; init; }

    /// <summary>Tokens trained on per second of training, lately.</summary>
    public double? TrainTokensPerSecond { get; init; }

    /// <summary>Loss of the newest gradient step in nats a token, in a sleep; null elsewhere.</summary>
    public double? Loss { get; init; }

    /// <summary>Time since the run (or its resumption) began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time left, where it can be told.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>Something worth a line of its own, such as a saved checkpoint; null for none.</summary>
    public string? Message { get; init; }
}

/// <summary>Results of one held-out test.</summary>
/// <param name="Round">The round after which it was taken.</param>
/// <param name="Results">By difficulty and reading.</param>
public sealed record HeldOutPoint(int Round, IReadOnlyList<HeldOutRecord> Results);
