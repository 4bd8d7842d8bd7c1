using System.ComponentModel;
using System.Text.Json.Serialization;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;

namespace AgentSociety.Kernel;

/// <summary>What <c>read</c> answers.</summary>
public sealed record PageReply
{
    /// <summary>Full name of the page that was asked for.</summary>
    public required string Page { get; init; }

    /// <summary>False where there is no such page.</summary>
    public required bool Found { get; init; }

    /// <summary>Id of the revision that was read: the base of an edit.</summary>
    [Description("Give this back as baseRevision when you write or replace.")]
    public string? Revision { get; init; }

    /// <summary>Markdown text. Untrusted.</summary>
    public string? Body { get; init; }

    /// <summary>Pages that link here.</summary>
    public IReadOnlyList<string>? Backlinks { get; init; }

    /// <summary>Why nothing was found, and what to try.</summary>
    public string? Reason { get; init; }
}

/// <summary>What <c>search</c> answers.</summary>
/// <param name="Hits">Best first.</param>
public sealed record SearchReply(IReadOnlyList<FoundPage> Hits);

/// <summary>A page that was found.</summary>
/// <param name="Page">Full name.</param>
/// <param name="Revision">Id of its head.</param>
/// <param name="Snippet">The place that matches, the matches between ** and **. Untrusted.</param>
public sealed record FoundPage(string Page, string Revision, string Snippet);

/// <summary>What <c>list</c> answers.</summary>
/// <param name="Pages">Names in order.</param>
/// <param name="Next">Give it back as <c>after</c> to see more; null where there are no more.</param>
public sealed record ListReply(IReadOnlyList<string> Pages, string? Next);

/// <summary>What <c>history</c> answers.</summary>
/// <param name="Page">Full name.</param>
/// <param name="Revisions">Newest first; none where there is no such page.</param>
public sealed record HistoryReply(string Page, IReadOnlyList<PastRevision> Revisions);

/// <summary>A revision in a history.</summary>
public sealed record PastRevision
{
    /// <summary>Its id; <c>read</c> takes it.</summary>
    public required string Revision { get; init; }

    /// <summary>What it is: edit, side, merge, delete, restore or revert.</summary>
    public required RevisionKind Kind { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string Author { get; init; }

    /// <summary>The round in play.</summary>
    public required int Round { get; init; }

    /// <summary>Why. Untrusted.</summary>
    public required string Comment { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Characters of the body.</summary>
    public required int Size { get; init; }
}

/// <summary>What became of an edit.</summary>
public enum EditOutcome
{
    /// <summary>It is the page's new head.</summary>
    [JsonStringEnumMemberName("saved")]
    Saved,

    /// <summary>It was merged with a change that somebody else made meanwhile.</summary>
    [JsonStringEnumMemberName("merged")]
    Merged,

    /// <summary>The page says it already.</summary>
    [JsonStringEnumMemberName("unchanged")]
    Unchanged,

    /// <summary>Somebody else changed the same lines first; nothing was saved.</summary>
    [JsonStringEnumMemberName("conflict")]
    Conflict,

    /// <summary>It waits for a decision.</summary>
    [JsonStringEnumMemberName("proposed")]
    Proposed,

    /// <summary>It breaks a rule; nothing was saved.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,
}

/// <summary>What <c>write</c>, <c>replace</c> and <c>append</c> answer.</summary>
public sealed record EditReply
{
    /// <summary>What became of the edit.</summary>
    public required EditOutcome Outcome { get; init; }

    /// <summary>Id of the page's head now, where the edit is in it.</summary>
    public string? Revision { get; init; }

    /// <summary>Why it was not saved, and what to do.</summary>
    public string? Reason { get; init; }

    /// <summary>The rule that it breaks.</summary>
    public EditRule? Rule { get; init; }

    /// <summary>Number of the proposal that waits.</summary>
    public long? Proposal { get; init; }

    /// <summary>After a conflict: the page as the editor had read it; null where it thought the page new.</summary>
    public NotePage? Base { get; init; }

    /// <summary>After a conflict: the page as it is now, whose revision is the base of the next try.</summary>
    public NotePage? Theirs { get; init; }

    /// <summary>After a conflict: the body that was not saved.</summary>
    public string? Mine { get; init; }

    /// <summary>After a conflict: the merge with conflict markers.</summary>
    public string? Attempt { get; init; }

    /// <summary>The answer to a result of the scratchpad.</summary>
    public static EditReply From(EditResult result) => result switch
    {
        EditResult.Saved saved => new() { Outcome = saved.Merged ? EditOutcome.Merged : EditOutcome.Saved, Revision = saved.Revision },
        EditResult.Unchanged unchanged => new() { Outcome = EditOutcome.Unchanged, Revision = unchanged.Revision },
        EditResult.Proposed proposed => new() { Outcome = EditOutcome.Proposed, Proposal = proposed.Proposal, Reason = proposed.Reason },
        EditResult.Rejected rejected => new() { Outcome = EditOutcome.Rejected, Reason = rejected.Reason, Rule = rejected.Rule },
        EditResult.Conflict conflict => new()
        {
            Outcome = EditOutcome.Conflict,
            Reason = "somebody else changed the same lines first; bring theirs and mine together and write the result with theirs.revision as baseRevision (by HTTP: If-Match)",
            Base = conflict.Base,
            Theirs = conflict.Theirs,
            Mine = conflict.Mine,
            Attempt = conflict.Attempt,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(result)),
    };
}
