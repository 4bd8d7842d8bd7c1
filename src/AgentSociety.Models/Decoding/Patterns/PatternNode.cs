namespace AgentSociety.Models.Patterns;

/// <summary>A regular expression as a tree.</summary>
internal abstract record PatternNode
{
    /// <summary>One character of a set.</summary>
    /// <param name="Ranges">Code points, first and last of each range; in order, apart from each other.</param>
    public sealed record Characters(IReadOnlyList<(int First, int Last)> Ranges) : PatternNode;

    /// <summary>One part after the other; none of them for nothing.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>One part or another.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>A part several times.</summary>
    /// <param name="Part">The part.</param>
    /// <param name="Least">How often at least.</param>
    /// <param name="Most">How often at most; null for no bound.</param>
    public sealed record Repeat(PatternNode Part, int Least, int? Most) : PatternNode;
}
