using System.Collections.Immutable;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Everything that can be read of a scratchpad and its past. Works on a database that is open for reading only; safe on any thread.</summary>
public sealed class PageArchive(SocietyDatabase database)
{
    internal const string RevisionColumns = """
        r.number AS Number, r.id AS Id, p.name AS Page, parent.id AS Parent, merged.id AS Merged, r.kind AS Kind, r.author AS Author, r.round AS Round,
        r.episode AS Episode, r.comment AS Comment, r.time AS Time, r.size AS Size, r.size - coalesce(parent.size, 0) AS Growth
        """;

    internal const string RevisionTables = """
        revision r JOIN page p ON p.id = r.page LEFT JOIN revision parent ON parent.number = r.parent LEFT JOIN revision merged ON merged.number = r.merged
        """;

    /// <summary>A page as it is now; null where there is none or it is deleted.</summary>
    public NotePage? Read(string page) => database.ReadOne("SELECT r.id, p.body FROM page p JOIN revision r ON r.number = p.head WHERE p.name = @1 AND p.deleted = 0", page,
        row => row.Read() ? new NotePage(page, row.GetString(0), row.GetString(1)) : null);

    /// <summary>A page as it was at the end of a round; null where there was none.</summary>
    public NotePage? ReadAsOf(string page, int round) => database.Read(connection =>
        connection.Query<(long Number, string Kind)>("""
            SELECT r.number, r.kind FROM revision r JOIN page p ON p.id = r.page
            WHERE p.name = @page AND r.round <= @round AND r.kind <> 'side' ORDER BY r.number DESC LIMIT 1
            """, new { page, round })
            .Where(row => row.Kind != "delete").Select(row => RevisionStore.Read(connection, row.Number)).FirstOrDefault());

    /// <summary>A page at one revision.</summary>
    /// <exception cref="SocietyException">There is no such revision.</exception>
    public NotePage ReadRevision(string revision) => database.Read(connection => RevisionStore.Read(connection, Number(connection, revision)));

    /// <summary>Names of the pages under a prefix, in order.</summary>
    public IReadOnlyList<string> List(string prefix = "", int limit = int.MaxValue, string after = "") => database.Read(connection => connection.Query<string>("""
        SELECT name FROM page WHERE name >= @prefix AND name > @after AND name < @prefix || char(0x10FFFF) AND deleted = 0 ORDER BY name LIMIT @limit
        """, new { prefix, after, limit }).AsList());

    /// <summary>One revision without its body.</summary>
    /// <exception cref="SocietyException">There is no such revision.</exception>
    public RevisionInfo Revision(string revision) => database.Read(connection =>
        connection.QueryFirst<RevisionInfo>($"SELECT {RevisionColumns} FROM {RevisionTables} WHERE r.number = @number", new { number = Number(connection, revision) }));

    /// <summary>Revisions of a page, newest first, sides of merges included.</summary>
    /// <param name="page">Full name.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="before">Only revisions with a smaller number: the last row's of the page before.</param>
    public IReadOnlyList<RevisionInfo> History(string page, int limit = 50, long before = long.MaxValue) => database.Read(connection =>
        connection.Query<RevisionInfo>($"""
            SELECT {RevisionColumns} FROM {RevisionTables}
            WHERE r.page = (SELECT id FROM page WHERE name = @page) AND r.number < @before ORDER BY r.number DESC LIMIT @limit
            """, new { page, before, limit }).AsList());

    /// <summary>Revisions of all pages after a cursor, oldest first: what is new since the last look.</summary>
    public IReadOnlyList<RevisionInfo> Changes(long after, int limit = 100) => database.Read(connection =>
        connection.Query<RevisionInfo>($"SELECT {RevisionColumns} FROM {RevisionTables} WHERE r.number > @after AND r.kind <> 'side' ORDER BY r.number LIMIT @limit", new { after, limit }).AsList());

    /// <summary>The newest revisions of all pages, newest first.</summary>
    /// <param name="limit">Most rows.</param>
    /// <param name="before">Only revisions with a smaller number.</param>
    /// <param name="author">Only this author's; null for everybody's.</param>
    public IReadOnlyList<RevisionInfo> RecentChanges(int limit = 50, long before = long.MaxValue, string? author = null) => database.Read(connection =>
        connection.Query<RevisionInfo>($"""
            SELECT {RevisionColumns} FROM {RevisionTables}
            WHERE r.number < @before AND r.kind <> 'side' {(author is null ? "" : "AND r.author = @author")} ORDER BY r.number DESC LIMIT @limit
            """, new { before, limit, author }).AsList());

    /// <summary>What differs between any two revisions, also of different pages.</summary>
    /// <exception cref="SocietyException">One of them does not exist.</exception>
    public (NotePage From, NotePage To, ImmutableArray<Hunk> Hunks) Diff(string from, string to)
    {
        (NotePage before, NotePage after) = database.Read(connection =>
            (RevisionStore.Read(connection, Number(connection, from)), RevisionStore.Read(connection, Number(connection, to))));
        return (before, after, LineDiff.Between(before.Body, after.Body));
    }

    /// <summary>Pages that link to a page, in order.</summary>
    public IReadOnlyList<string> Backlinks(string page) => database.Read(connection => connection.Query<string>(
        "SELECT p.name FROM link l JOIN page p ON p.id = l.page WHERE l.target = @page AND p.deleted = 0 ORDER BY p.name", new { page }).AsList());

    /// <summary>Links between pages, for a graph: every link whose both ends exist.</summary>
    public IReadOnlyList<(string From, string To)> Links(int limit = 10_000) => database.Read(connection => connection.Query<(string, string)>("""
        SELECT f.name, t.name FROM link l JOIN page f ON f.id = l.page JOIN page t ON t.name = l.target
        WHERE f.deleted = 0 AND t.deleted = 0 ORDER BY f.name, t.name LIMIT @limit
        """, new { limit }).AsList());

    internal static long Number(SqliteConnection connection, string revision) =>
        connection.QueryFirstOrDefault<long?>("SELECT number FROM revision WHERE id = @revision", new { revision })
        ?? throw new SocietyException($"there is no revision {revision}; the page's history lists those that exist.") { Missing = true };
}
