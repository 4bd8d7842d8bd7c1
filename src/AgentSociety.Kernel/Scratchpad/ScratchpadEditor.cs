using AgentSociety.Core.Play;
using AgentSociety.Culture;

namespace AgentSociety.Kernel;

/// <summary>In whose name a set of tools reads and writes.</summary>
public sealed record ScratchpadEditor
{
    /// <summary>Name of the agent or person; stands in the history of every page that it edits.</summary>
    public required string Author { get; init; }

    /// <summary>The part that the agent plays, for gates that hold for one role; null for people and programs.</summary>
    public Role? Role { get; init; }

    /// <summary>The round in play, asked for at each edit.</summary>
    public Func<int> Round { get; init; } = static () => 0;

    /// <summary>The episode that leads to the edits; null for people and for programs outside a run.</summary>
    public string? Episode { get; init; }

    /// <summary>True for a person: gates and rates do not hold the edits.</summary>
    public bool Trusted { get; init; }

    /// <summary>What becomes of an edit whose page has moved on, where the call does not say.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>Only pages whose names begin so can be seen and edited; empty for all. A private notebook is <c>agents/NAME/</c>.</summary>
    public string Prefix { get; init; } = "";
}
