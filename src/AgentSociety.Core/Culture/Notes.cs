namespace AgentSociety.Core.Culture;

/// <summary>The scratchpad as one reader sees it at one moment.</summary>
/// <remarks>A snapshot: it does not change under the reader. Safe to call from any thread.</remarks>
public interface INotes
{
    /// <summary>A page by its full name, such as <c>notes/operator-c</c>; null where there is none.</summary>
    NotePage? Read(string page);

    /// <summary>Names of the pages under a prefix, in order.</summary>
    IReadOnlyList<string> List(string prefix);
}

/// <summary>A page at one revision.</summary>
/// <param name="Name">Full name with its namespace.</param>
/// <param name="Revision">Id of the revision.</param>
/// <param name="Body">Markdown text.</param>
public sealed record NotePage(string Name, string Revision, string Body);

/// <summary>A scratchpad that is empty: what an attempt sees that may not read.</summary>
public sealed class EmptyNotes : INotes
{
    /// <summary>The one instance.</summary>
    public static EmptyNotes Instance { get; } = new();

    private EmptyNotes()
    {
    }

    /// <inheritdoc />
    public NotePage? Read(string page) => null;

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => [];
}

/// <summary>How an edit changes its page.</summary>
public enum EditKind
{
    /// <summary>Adds lines at the end; never conflicts with other appends.</summary>
    Append,

    /// <summary>Replaces the whole body.</summary>
    Replace,

    /// <summary>Replaces what stands under one Markdown heading; edits elsewhere on the page never conflict with it.</summary>
    Section,
}

/// <summary>An edit that an agent asks for.</summary>
public sealed record NoteEdit
{
    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>How the page changes.</summary>
    public required EditKind Kind { get; init; }

    /// <summary>The lines to add, the new body, or what is to stand under the heading.</summary>
    public required string Text { get; init; }

    /// <summary>The heading of a section edit, such as <c>Rules</c>; with marks, such as <c>## Rules</c>, only a heading of that level is meant. A page that lacks it gets it at its end.</summary>
    public string? Section { get; init; }

    /// <summary>Why, for the history.</summary>
    public required string Comment { get; init; }

    /// <summary>The revision that the edit was based on; null for a new page. An append meets any head; it names one where pages must be read first.</summary>
    public string? BaseRevision { get; init; }
}
