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
    private readonly PreparedStatement _stood;
    private readonly PreparedStatement _made;
    private readonly PreparedStatement _begun;
    private readonly PreparedStatement _cite;
    private readonly PreparedStatement _alike;
    private long _revision;
    private long _page;
    private long _proposal;

    internal ScratchpadStatements(SqliteConnection connection)
    {
        InsertRevision = new(connection, "INSERT INTO revision (number, id, page, parent, merged, kind, author, round, episode, comment, time, size, depth, prefix, suffix, text) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, @15, @16)");
        InsertPage = new(connection, "INSERT INTO page (id, name, head, body, deleted) VALUES (@1, @2, @3, @4, @5)");
        UpdatePage = new(connection, "UPDATE page SET head = @2, body = @3 WHERE id = @1");
        EndOrRevivePage = new(connection, "UPDATE page SET head = @2, body = @3, deleted = @4 WHERE id = @1");
        MovePage = new(connection, "UPDATE page SET head = @2 WHERE id = @1");
        DeleteLinks = new(connection, "DELETE FROM link WHERE page = @1");
        InsertLink = new(connection, "INSERT OR IGNORE INTO link (page, target) VALUES (@1, @2)");
        RecordedEdit = new(connection, "SELECT e.outcome, r.id, e.base, e.theirs, e.mine, e.proposal, e.reason, e.rule, e.asked FROM edit e LEFT JOIN revision r ON r.number = e.revision WHERE e.key = @1");
        Tips = new(connection, "SELECT (SELECT coalesce(max(number), 0) FROM revision), (SELECT coalesce(max(id), 0) FROM page), (SELECT coalesce(max(number), 0) FROM proposal)");
        _insertEdit = new(connection, "INSERT INTO edit (key, page, author, round, episode, outcome, revision, base, theirs, mine, proposal, reason, rule, asked) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14)");
        _insertProposal = new(connection, "INSERT INTO proposal (number, page, base, kind, text, author, round, episode, comment, reason, time, section, waits_for) VALUES (@1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13)");
        _revisionOf = new(connection, "SELECT number, depth FROM revision WHERE id = @1 AND page = @2");
        _made = new(connection, "SELECT count(*) FROM edit WHERE author = @1 AND round = @2 AND outcome IN ('saved', 'merged', 'proposed') AND key NOT GLOB 'proposal/*'");
        _begun = new(connection, "SELECT count(*) FROM revision WHERE author = @1 AND parent IS NULL AND kind = 'edit'");
        _cite = new(connection, "INSERT INTO citation (target, agent, round, revision) VALUES (@1, @2, @3, @4)");
        _alike = new(connection, """
            SELECT p.name, p.body FROM page_text JOIN page p ON p.id = page_text.rowid
            WHERE page_text MATCH @1 AND substr(p.name, 1, length(@2)) = @2 ORDER BY bm25(page_text) LIMIT 20
            """);
        _parent = new(connection, "SELECT parent FROM revision WHERE number = @1");
        _stood = new(connection, "SELECT kind <> 'delete' FROM revision WHERE page = @1 AND round < @2 AND kind <> 'side' ORDER BY number DESC LIMIT 1");
    }

    internal PreparedStatement InsertRevision { get; }

    internal PreparedStatement InsertPage { get; }

    internal PreparedStatement UpdatePage { get; }

    internal PreparedStatement EndOrRevivePage { get; }

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

    internal (long Number, int Depth)? RevisionOf(long page, string id) => _revisionOf.First(row => ((long, int)?)(row.GetInt64(0), row.GetInt32(1)), id, page);

    /// <summary>Edits that an author made in a round, those that wait too; one that was accepted counts in the round in which it was asked for.</summary>
    internal long EditsMade(string author, int round) => _made.First(row => row.GetInt64(0), author, round);

    /// <summary>Pages that an author began.</summary>
    internal long BegunPages(string author) => _begun.First(row => row.GetInt64(0), author);

    /// <summary>The stored pages under a prefix that are most like a text, by a full-text query for any of its words.</summary>
    internal List<(string Page, string Body)> Alike(string match, string prefix) => _alike.All(row => (row.GetString(0), row.GetString(1)), match, prefix);

    internal void Cite(string target, string author, int round, long revision) => _cite.Execute(target, author, round, revision);

    /// <summary>True for a page that stood when a round began.</summary>
    internal bool StoodBefore(long page, int round) => _stood.First(row => row.GetInt64(0) != 0, page, round);

    internal long? Parent(long revision) => _parent.First(row => row.NumberOrNull(0), revision);

    internal long Propose(EditRequest request, long? start, string text, string reason, long now, bool rollouts = false)
    {
        // A section edit is a replacement that names its heading.
        string kind = request.Edit.Kind == EditKind.Append ? "append" : "replace";
        _insertProposal.Execute(++_proposal, request.Edit.Page, start, kind, text, request.Author, request.Round, request.Episode, request.Edit.Comment, reason, now, request.Edit.Section, rollouts ? "rollouts" : "review");
        return _proposal;
    }

    internal void RecordEdit(EditRequest request, byte[] asked, EditResult result, EditTrace trace)
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
        _insertEdit.Execute(request.Key, request.Edit.Page, request.Author, request.Round, request.Episode, outcome, trace.Revision, trace.Base, trace.Theirs, trace.Mine, trace.Proposal, reason, (result as EditResult.Rejected)?.Rule.ToString().ToLowerInvariant(), asked);
    }

    public void Dispose()
    {
        foreach (PreparedStatement statement in (PreparedStatement[])[InsertRevision, InsertPage, UpdatePage, EndOrRevivePage, MovePage, DeleteLinks, InsertLink, RecordedEdit, Tips, _insertEdit, _insertProposal, _revisionOf, _parent, _made, _begun, _cite, _alike, _stood])
            statement.Dispose();
    }
}
