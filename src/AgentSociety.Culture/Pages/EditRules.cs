namespace AgentSociety.Culture;

/// <summary>How far agents may write on their own.</summary>
public enum Gate
{
    /// <summary>Edits are saved at once.</summary>
    Auto,

    /// <summary>Edits wait as proposals for a person or an editor agent.</summary>
    Review,

    /// <summary>Edits are refused.</summary>
    Locked,
}

/// <summary>Hard rules that every edit passes before it is saved. Requests that are trusted, such as a person's, meet the size limit only.</summary>
public sealed record EditRules
{
    /// <summary>Characters of the largest page.</summary>
    public int MaximumPageSize { get; init; } = 100_000;

    /// <summary>Saved edits that one author may make in a round.</summary>
    public int MaximumEditsPerRound { get; init; } = int.MaxValue;

    /// <summary>Share of a page that one edit may remove before it is an alarm: rewriting is what destroys notes.</summary>
    public double LargestShrink { get; init; } = 0.5;

    /// <summary>What becomes of an edit that removes more than that.</summary>
    public Gate ShrinkGate { get; init; } = Gate.Auto;

    /// <summary>Gates by prefix of the page's name; the longest that matches holds, <see cref="Gate.Auto"/> where none does.</summary>
    public IReadOnlyDictionary<string, Gate> Gates { get; init; } = new Dictionary<string, Gate>();

    internal Gate GateOf(string page) =>
        Gates.Where(gate => page.StartsWith(gate.Key, StringComparison.Ordinal)).OrderByDescending(gate => gate.Key.Length).Select(gate => gate.Value).FirstOrDefault();
}

/// <summary>An edit that waits for a decision.</summary>
public sealed record Proposal
{
    /// <summary>Its number.</summary>
    public required long Number { get; init; }

    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>Id of the revision that it was based on; null for an append or a new page.</summary>
    public string? Base { get; init; }

    /// <summary><c>append</c> or <c>replace</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The lines to add, or the new body. Untrusted text.</summary>
    public required string Text { get; init; }

    /// <summary>Who asks.</summary>
    public required string Author { get; init; }

    /// <summary>The round in which it was asked for.</summary>
    public required int Round { get; init; }

    /// <summary>The episode that led to it.</summary>
    public string? Episode { get; init; }

    /// <summary>The author's reason for the edit.</summary>
    public required string Comment { get; init; }

    /// <summary>Why it waits.</summary>
    public required string Reason { get; init; }
}
