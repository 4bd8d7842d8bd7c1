using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;

namespace AgentSociety.Culture;

/// <summary>What to do where an edit meets a page that has moved on.</summary>
public enum OnConflict
{
    /// <summary>Merge what can be merged; report what cannot.</summary>
    Merge,

    /// <summary>Report the conflict, without an attempt to merge.</summary>
    Fail,

    /// <summary>Merge what can be merged; keep what cannot as a proposal that waits for a decision.</summary>
    Propose,
}

/// <summary>An edit with everything that its revision will say of it.</summary>
public sealed record EditRequest
{
    /// <summary>
    /// Unique to this edit. A second request with the same key and the same edit changes nothing and returns the recorded result, so that a
    /// round can be played again after a crash; with another author, page, base, kind, section or text it is rejected (of an append the base does not count).
    /// </summary>
    public required string Key { get; init; }

    /// <summary>What to change. Its base revision is the one that the editor read.</summary>
    public required NoteEdit Edit { get; init; }

    /// <summary>Name of the agent or person.</summary>
    public required string Author { get; init; }

    /// <summary>The part that the agent plays, for gates that hold for one role; null for people and programs.</summary>
    public Role? Role { get; init; }

    /// <summary>The round in play: the logical time of the revision, which is never before that of the page's head.</summary>
    public required int Round { get; init; }

    /// <summary>The episode that led to the edit; null for people.</summary>
    public string? Episode { get; init; }

    /// <summary>True for people and for proposals that were accepted: gates and rates do not hold them.</summary>
    public bool Trusted { get; init; }

    /// <summary>What to do where the page has moved on.</summary>
    public OnConflict OnConflict { get; init; }

    /// <summary>SHA-256 over the author and what is to change: what tells a repetition from another edit under the same key. What an append's author had read does not change what it appends.</summary>
    internal byte[] Asked() => RevisionId.Hash([Author, Edit.Page, Edit.Kind == EditKind.Append ? "" : Edit.BaseRevision ?? "", Edit.Kind.ToString(), Edit.Section ?? "", Edit.Text]);
}

/// <summary>What became of an edit: one of the nested records.</summary>
public abstract record EditResult
{
    private EditResult()
    {
    }

    /// <summary>The edit is the page's new head.</summary>
    /// <param name="Revision">Id of the new revision.</param>
    /// <param name="Merged">True where the page had moved on and both changes were brought together.</param>
    public sealed record Saved(string Revision, bool Merged) : EditResult;

    /// <summary>The page says it already: the appended lines stand there, or the body is the same.</summary>
    /// <param name="Revision">Id of the head.</param>
    public sealed record Unchanged(string Revision) : EditResult;

    /// <summary>Somebody else changed the same lines first. Nothing was saved; everything needed to resolve it is here.</summary>
    /// <param name="Base">What the editor had read; null where it thought the page new.</param>
    /// <param name="Theirs">The head as it is now: the base of the next try.</param>
    /// <param name="Mine">The body that was not saved.</param>
    /// <param name="Attempt">The merge with conflict markers; null where none was asked for.</param>
    public sealed record Conflict(NotePage? Base, NotePage Theirs, string Mine, string? Attempt) : EditResult;

    /// <summary>The edit waits for a decision.</summary>
    /// <param name="Proposal">Its number.</param>
    /// <param name="Reason">Why it waits.</param>
    public sealed record Proposed(long Proposal, string Reason) : EditResult;

    /// <summary>The edit breaks a rule.</summary>
    /// <param name="Reason">What is wrong with it, and what to do.</param>
    /// <param name="Rule">Which rule.</param>
    public sealed record Rejected(string Reason, EditRule Rule) : EditResult;
}
