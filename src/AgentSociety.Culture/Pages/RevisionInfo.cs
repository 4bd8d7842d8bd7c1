namespace AgentSociety.Culture;

/// <summary>What a revision is.</summary>
public enum RevisionKind
{
    /// <summary>An edit of the head.</summary>
    Edit,

    /// <summary>What an editor wrote on a base that was no longer the head; it is a parent of the merge that followed, and was never the head.</summary>
    Side,

    /// <summary>The head and a side brought together.</summary>
    Merge,

    /// <summary>The page was taken away; its history stays.</summary>
    Delete,

    /// <summary>A deleted page was brought back.</summary>
    Restore,

    /// <summary>Earlier edits were taken back.</summary>
    Revert,
}

/// <summary>A revision without its body.</summary>
public sealed record RevisionInfo
{
    /// <summary>Position in the order of commits; a cursor.</summary>
    public required long Number { get; init; }

    /// <summary>SHA-256 in hexadecimal over page, parents, author, round, comment and body.</summary>
    public required string Id { get; init; }

    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>Id of the revision that it changed; null for a page's first.</summary>
    public string? Parent { get; init; }

    /// <summary>Id of the second parent of a merge.</summary>
    public string? Merged { get; init; }

    /// <summary>What it is.</summary>
    public required RevisionKind Kind { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string Author { get; init; }

    /// <summary>The round in play.</summary>
    public required int Round { get; init; }

    /// <summary>The episode that led to it; null for people.</summary>
    public string? Episode { get; init; }

    /// <summary>Why.</summary>
    public required string Comment { get; init; }

    /// <summary>Wall-clock time of the commit, Unix milliseconds.</summary>
    public required long Time { get; init; }

    /// <summary>Characters of the body.</summary>
    public required int Size { get; init; }

    /// <summary>Characters more than its parent had.</summary>
    public required int Growth { get; init; }
}

/// <summary>A line of a page and where it came from.</summary>
/// <param name="Line">The text, without its line break.</param>
/// <param name="Revision">The revision that brought it.</param>
public sealed record BlamedLine(string Line, RevisionInfo Revision);

/// <summary>A page that a search found.</summary>
public sealed record SearchHit
{
    /// <summary>Full name.</summary>
    public required string Page { get; init; }

    /// <summary>Id of its head.</summary>
    public required string Revision { get; init; }

    /// <summary>The place that matches; the matches stand between U+0002 and U+0003. Untrusted text.</summary>
    public required string Snippet { get; init; }

    /// <summary>BM25 with the sign turned, so that more is better.</summary>
    public required double Score { get; init; }
}
