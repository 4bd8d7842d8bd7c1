namespace AgentSociety.Core.Play;

/// <summary>What an agent does in the society.</summary>
public enum Role
{
    /// <summary>Poses problems.</summary>
    Proposer,

    /// <summary>Solves problems and writes down what it learned.</summary>
    Solver,

    /// <summary>Reviews attempts.</summary>
    Critic,

    /// <summary>Reviews edits of the scratchpad.</summary>
    Editor,

    /// <summary>Compiles pages into books.</summary>
    Author,
}

/// <summary>A named member of the population.</summary>
public sealed record Agent
{
    /// <summary>Unique in its society, such as <c>solver-3</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required Role Role { get; init; }

    /// <summary>The weight set it plays with: <c>base</c> for the shared full weights, else an adapter's name.</summary>
    public required string Adapter { get; init; }

    /// <summary>The endpoint at which it plays; null for the local model.</summary>
    public Scenarios.RemoteSettings? Remote { get; init; }
}
