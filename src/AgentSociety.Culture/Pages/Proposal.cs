using AgentSociety.Core.Culture;

namespace AgentSociety.Culture;

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

    /// <summary>The lines to add, the new body, or what is to stand under the heading. Untrusted text.</summary>
    public required string Text { get; init; }

    /// <summary>The heading of a section edit; null for other edits.</summary>
    public string? Section { get; init; }

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

    /// <summary>True where matched rollouts decide it, false where a person or an editor agent does.</summary>
    public bool WaitsForRollouts { get; init; }

    /// <summary>The edit that was asked for.</summary>
    public NoteEdit Edit => new()
    {
        Page = Page,
        Kind = Section is not null ? EditKind.Section : Kind == "append" ? EditKind.Append : EditKind.Replace,
        Text = Text,
        Section = Section,
        Comment = Comment,
        BaseRevision = Base,
    };
}
