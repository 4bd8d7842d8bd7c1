namespace AgentSociety.Culture;

/// <summary>What a run is an execution of; written once, before the first round.</summary>
public sealed record RunInfo
{
    /// <summary>Name of the run.</summary>
    public required string Name { get; init; }

    /// <summary>The scenario as resolved, as YAML.</summary>
    public required string Scenario { get; init; }

    /// <summary>SHA-256 of <see cref="Scenario"/> in hexadecimal.</summary>
    public required string ScenarioHash { get; init; }

    /// <summary>The seed that every draw follows from.</summary>
    public required long Seed { get; init; }

    /// <summary>When it was begun, in milliseconds since 1970; 0 before it is. With name, scenario and seed it tells runs apart that go by one name, and stays with a copy.</summary>
    public long Begun { get; init; }

    /// <summary>Versions of the program, its packages and its commit, by name.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();
}

/// <summary>A stored round, to go on from.</summary>
/// <param name="Round">The last round that is stored whole.</param>
/// <param name="State">The society's state after it, as JSON.</param>
/// <param name="Checkpoint">Name of the weights that were saved after it; null where none were.</param>
public sealed record StoredRound(int Round, string State, string? Checkpoint);

/// <summary>Numbers of a whole run.</summary>
public sealed record RunCounts
{
    /// <summary>Problems that were played.</summary>
    public required long Problems { get; init; }

    /// <summary>Attempts of solvers.</summary>
    public required long Attempts { get; init; }

    /// <summary>Texts of proposers.</summary>
    public required long Proposals { get; init; }

    /// <summary>Episodes of any role that the verifier could not read.</summary>
    public required long Malformed { get; init; }

    /// <summary>Proposals that could be read and became no problem, because it was posed before.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Pages of the scratchpad that are not deleted.</summary>
    public required long Pages { get; init; }

    /// <summary>Revisions of the scratchpad.</summary>
    public required long Revisions { get; init; }

    /// <summary>Looks of agents at a page, whether it existed or not.</summary>
    public required long Reads { get; init; }

    /// <summary>Edits that met another change of the same lines.</summary>
    public required long Conflicts { get; init; }
}

/// <summary>Success at one difficulty in one round.</summary>
public sealed record DifficultyPoint
{
    /// <summary>The round.</summary>
    public required int Round { get; init; }

    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>Problems of the difficulty that were played.</summary>
    public required int Problems { get; init; }

    /// <summary>Mean solve rate of them, 0 to 1.</summary>
    public required double SolveRate { get; init; }
}

/// <summary>Which episodes are meant; what is null does not restrict.</summary>
public sealed record EpisodeFilter
{
    /// <summary>First round.</summary>
    public int? FromRound { get; init; }

    /// <summary>Last round.</summary>
    public int? ToRound { get; init; }

    /// <summary>The agent's name.</summary>
    public string? Agent { get; init; }

    /// <summary>The part it played.</summary>
    public Core.Play.Role? Role { get; init; }

    /// <summary>The verdict.</summary>
    public Core.Environments.Outcome? Outcome { get; init; }

    /// <summary>Whether every step was valid.</summary>
    public bool? Sound { get; init; }

    /// <summary>Id of the problem.</summary>
    public string? Problem { get; init; }
}
