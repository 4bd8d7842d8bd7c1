using AgentSociety.Core.Culture;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The statements of the writing side, prepared once.</summary>
internal sealed class ScratchpadStatements : IDisposable
{
    private readonly PreparedStatement _insertEdit;
    private readonly PreparedStatement _insertProposal;
    private readonly PreparedStatement _revisionOf;
    private readonly PreparedStatement _parent;
    private readonly PreparedStatement _saved;
    private long _revision;
    private long _page;
    private long _proposal;

    internal ScratchpadStatements(SqliteConnection connection)
    {
        InsertRevision = new(connection, "INSERT INTO revision (number, id, page, parent, merged, kind, author, round, episode, comment, time, size, depth, prefix, suffix, text) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, @15, @16)");
        InsertPage = new(connection, "INSERT INTO page (id, name, head, body, deleted) VALUES (@1, @2, @3, @4, @5)");
        UpdatePage = new(connection, "UPDATE page SET head = @2, body = @3, deleted = @4 WHERE id = @1");
        MovePage = new(connection, "UPDATE page SET head = @2 WHERE id = @1");
        DeleteLinks = new(connection, "DELETE FROM link WHERE page = @1");
        InsertLink = new(connection, "INSERT OR IGNORE INTO link (page, target) VALUES (@1, @2)");
        RecordedEdit = new(connection, "SELECT e.outcome, r.id, e.base, e.theirs, e.mine, e.proposal, e.reason FROM edit e LEFT JOIN revision r ON r.number = e.revision WHERE e.key = @1");
        Tips = new(connection, "SELECT (SELECT coalesce(max(number), 0) FROM revision), (SELECT coalesce(max(id), 0) FROM page), (SELECT coalesce(max(number), 0) FROM proposal)");
        _insertEdit = new(connection, "INSERT INTO edit (key, page, author, round, episode, outcome, revision, base, theirs, mine, proposal, reason) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12)");
        _insertProposal = new(connection, "INSERT INTO proposal (number, page, base, kind, text, author, round, episode, comment, reason, time) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11)");
        _revisionOf = new(connection, "SELECT r.number FROM revision r JOIN page p ON p.id = r.page WHERE r.id = @1 AND p.name = @2");
        _saved = new(connection, "SELECT count(*) FROM edit WHERE author = @1 AND round = @2 AND outcome IN ('saved', 'merged')");
        _parent = new(connection, "SELECT parent FROM revision WHERE number = @1");
    }

    internal PreparedStatement InsertRevision { get; }

    internal PreparedStatement InsertPage { get; }

    internal PreparedStatement UpdatePage { get; }

    internal PreparedStatement MovePage { get; }

    internal PreparedStatement DeleteLinks { get; }

    internal PreparedStatement InsertLink { get; }

    internal PreparedStatement RecordedEdit { get; }

    private PreparedStatement Tips { get; }

    /// <summary>Takes the counters from the database, which another process may have moved on. Call it first in each transaction.</summary>
    /// <returns>Number of the newest revision.</returns>
    internal long Synchronise()
    {
        (_revision, _page, _proposal) = Tips.First(row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)));
        return _revision;
    }

    internal long NextRevision() => ++_revision;

    internal long NextPage() => ++_page;

    internal long? RevisionOf(string page, string id) => _revisionOf.First(row => (long?)row.GetInt64(0), id, page);

    internal long SavedEdits(string author, int round) => _saved.First(row => row.GetInt64(0), author, round);

    internal long? Parent(long revision) => _parent.First(row => row.NumberOrNull(0), revision);

    internal long Propose(EditRequest request, long? start, string text, string reason, long now)
    {
        string kind = request.Edit.Kind == EditKind.Append ? "append" : "replace";
        _insertProposal.Execute(++_proposal, request.Edit.Page, start, kind, text, request.Author, request.Round, request.Episode, request.Edit.Comment, reason, now);
        return _proposal;
    }

    internal void RecordEdit(EditRequest request, EditResult result, EditTrace trace)
    {
        (string outcome, string? reason) = result switch
        {
            EditResult.Saved saved => (saved.Merged ? "merged" : "saved", null),
            EditResult.Unchanged => ("unchanged", null),
            // A conflict without an attempt to merge is told from one with it by its reason.
            EditResult.Conflict conflict => ("conflict", conflict.Attempt is null ? "no merge was asked for" : null),
            EditResult.Proposed proposed => ("proposed", proposed.Reason),
            EditResult.Rejected rejected => ("rejected", (string?)rejected.Reason),
            _ => throw new InvalidOperationException(),
        };
        _insertEdit.Execute(request.Key, request.Edit.Page, request.Author, request.Round, request.Episode, outcome, trace.Revision, trace.Base, trace.Theirs, trace.Mine, trace.Proposal, reason);
    }

    public void Dispose()
    {
        foreach (PreparedStatement statement in (PreparedStatement[])[InsertRevision, InsertPage, UpdatePage, MovePage, DeleteLinks, InsertLink, RecordedEdit, Tips, _insertEdit, _insertProposal, _revisionOf, _parent, _saved])
            statement.Dispose();
    }
}
