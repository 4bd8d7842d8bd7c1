using Dapper;

namespace AgentSociety.Culture;

/// <summary>A page in a list.</summary>
public sealed record PageRow
{
    /// <summary>Full name.</summary>
    public required string Name { get; init; }

    /// <summary>Characters.</summary>
    public required int Size { get; init; }

    /// <summary>Revisions.</summary>
    public required int Revisions { get; init; }

    /// <summary>Who wrote the head.</summary>
    public required string Author { get; init; }

    /// <summary>The round of the head.</summary>
    public required int Round { get; init; }

    /// <summary>When the head was saved, Unix milliseconds.</summary>
    public required long Time { get; init; }
}

/// <summary>A proposal with what was decided of it.</summary>
public sealed record ProposalRow
{
    /// <summary>Its number.</summary>
    public required long Number { get; init; }

    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>Id of the revision that it was based on.</summary>
    public string? Base { get; init; }

    /// <summary><c>append</c> or <c>replace</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The lines to add, or the new body. Untrusted text.</summary>
    public required string Text { get; init; }

    /// <summary>The heading of a section edit; null for other edits.</summary>
    public string? Section { get; init; }

    /// <summary>True where matched rollouts decide it.</summary>
    public bool WaitsForRollouts { get; init; }

    /// <summary>Who asks.</summary>
    public required string Author { get; init; }

    /// <summary>The round.</summary>
    public required int Round { get; init; }

    /// <summary>The author's reason.</summary>
    public required string Comment { get; init; }

    /// <summary>Why it waits.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was made, Unix milliseconds.</summary>
    public required long Time { get; init; }

    /// <summary><c>open</c>, <c>accepted</c> or <c>rejected</c>.</summary>
    public required string State { get; init; }

    /// <summary>Who decided.</summary>
    public string? Decider { get; init; }

    /// <summary>Why.</summary>
    public string? Verdict { get; init; }
}

/// <summary>A page in the graph of links.</summary>
public sealed record GraphPage
{
    /// <summary>Full name.</summary>
    public required string Name { get; init; }

    /// <summary>Pages that link to it.</summary>
    public required int Inward { get; init; }

    /// <summary>Pages that it links to.</summary>
    public required int Outward { get; init; }
}

/// <summary>The best linked pages and the links among them.</summary>
/// <param name="Pages">Best linked first.</param>
/// <param name="Links">By the indices of their ends in <paramref name="Pages"/>.</param>
/// <param name="AllPages">How many pages have links in all.</param>
public sealed record LinkGraph(IReadOnlyList<GraphPage> Pages, IReadOnlyList<(int From, int To)> Links, int AllPages);

/// <summary>Pages in lists, as they are now and as they were.</summary>
public static class PageLists
{
    private const string ProposalRows = """
        SELECT q.number AS Number, q.page AS Page, r.id AS Base, q.kind AS Kind, q.text AS Text, q.section AS Section, q.waits_for = 'rollouts' AS WaitsForRollouts, q.author AS Author, q.round AS Round, q.comment AS Comment, q.reason AS Reason,
               q.time AS Time, q.state AS State, q.decider AS Decider, q.verdict AS Verdict
        FROM proposal q LEFT JOIN revision r ON r.number = q.base
        """;

    /// <summary>Pages under a prefix in order of their names.</summary>
    /// <param name="database">The database.</param>
    /// <param name="prefix">Such as <c>notes/</c>; empty for all.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="after">Only names that come later.</param>
    public static IReadOnlyList<PageRow> PageList(this SocietyDatabase database, string prefix = "", int limit = 100, string after = "") => database.Read(connection => connection.Query<PageRow>("""
        SELECT p.name AS Name, length(p.body) AS Size, (SELECT count(*) FROM revision v WHERE v.page = p.id AND v.kind <> 'side') AS Revisions,
               r.author AS Author, r.round AS Round, r.time AS Time
        FROM page p JOIN revision r ON r.number = p.head
        WHERE p.name >= @prefix AND p.name > @after AND p.name < @prefix || char(0x10FFFF) AND p.deleted = 0 ORDER BY p.name LIMIT @limit
        """, new { prefix, after, limit }).AsList());

    /// <summary>How many pages each namespace has.</summary>
    public static IReadOnlyList<(string Namespace, long Pages)> Namespaces(this SocietyDatabase database) => database.Read(connection => connection.Query<(string, long)>(
        "SELECT substr(name, 1, instr(name, '/') - 1), count(*) FROM page WHERE deleted = 0 GROUP BY 1 ORDER BY 1").AsList());

    /// <summary>Pages as they were at the end of a round, in order of their names.</summary>
    public static IReadOnlyList<PageRow> PageListAsOf(this SocietyDatabase database, int round, string prefix = "", int limit = 100, string after = "") => database.Read(connection => connection.Query<PageRow>("""
        SELECT p.name AS Name, r.size AS Size, (SELECT count(*) FROM revision v WHERE v.page = p.id AND v.kind <> 'side' AND v.round <= @round) AS Revisions,
               r.author AS Author, r.round AS Round, r.time AS Time
        FROM page p JOIN revision r ON r.number = (SELECT max(v.number) FROM revision v WHERE v.page = p.id AND v.kind <> 'side' AND v.round <= @round)
        WHERE r.kind <> 'delete' AND p.name >= @prefix AND p.name > @after AND p.name < @prefix || char(0x10FFFF) ORDER BY p.name LIMIT @limit
        """, new { round, prefix, after, limit }).AsList());

    /// <summary>First and last round of any revision; (0, 0) where there is none.</summary>
    public static (int First, int Last) RoundsOfRevisions(this SocietyDatabase database) => database.Read(connection =>
    {
        (long first, long last) = connection.QuerySingle<(long, long)>("SELECT coalesce((SELECT min(round) FROM revision), 0), coalesce((SELECT max(round) FROM revision), 0)");
        return ((int)first, (int)last);
    });

    /// <summary>True where the page was deleted and can be restored.</summary>
    public static bool IsDeleted(this SocietyDatabase database, string page) =>
        database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM page WHERE name = @page AND deleted = 1", new { page }) > 0);

    /// <summary>Id of a page's revision that follows one; null where it is the newest.</summary>
    /// <param name="database">The database.</param>
    /// <param name="page">Full name.</param>
    /// <param name="number">The number of the revision that it follows.</param>
    public static string? NextRevision(this SocietyDatabase database, string page, long number) => database.Read(connection => connection.QueryFirstOrDefault<string?>(
        "SELECT id FROM revision WHERE page = (SELECT id FROM page WHERE name = @page) AND number > @number ORDER BY number LIMIT 1", new { page, number }));

    /// <summary>Proposals in one state, newest first.</summary>
    public static IReadOnlyList<ProposalRow> ProposalList(this SocietyDatabase database, bool open, int limit = 50, long before = long.MaxValue) => database.Read(connection => connection.Query<ProposalRow>($"""
        {ProposalRows} WHERE q.state {(open ? "= 'open'" : "IN ('accepted', 'rejected')")} AND q.number < @before ORDER BY q.number DESC LIMIT @limit
        """, new { limit, before }).AsList());

    /// <summary>One proposal; null where there is none of that number.</summary>
    public static ProposalRow? Proposal(this SocietyDatabase database, long number) => database.Read(connection => connection.QueryFirstOrDefault<ProposalRow>($"{ProposalRows} WHERE q.number = @number", new { number }));

    /// <summary>The graph of links, cut to its best linked pages.</summary>
    public static LinkGraph LinkGraph(this SocietyDatabase database, int pages = 200) => database.Read(connection =>
    {
        // The edges are found once: the degrees, their count and, among the best, the links all come from that walk.
        List<(long Id, string Name, long Inward, long Outward, long All)> best = connection.Query<(long, string, long, long, long)>("""
            WITH edge AS MATERIALIZED (SELECT l.page AS source, t.id AS target FROM link l JOIN page f ON f.id = l.page JOIN page t ON t.name = l.target WHERE f.deleted = 0 AND t.deleted = 0 AND t.id <> f.id),
                 degree AS (SELECT page, sum(inward) AS inward, sum(outward) AS outward FROM (SELECT target AS page, 1 AS inward, 0 AS outward FROM edge UNION ALL SELECT source, 0, 1 FROM edge) GROUP BY page)
            SELECT d.page, p.name, d.inward, d.outward, count(*) OVER () FROM degree d JOIN page p ON p.id = d.page ORDER BY d.inward + d.outward DESC, p.name LIMIT @pages
            """, new { pages }).AsList();
        Dictionary<long, int> places = best.Select((page, place) => (page.Id, place)).ToDictionary(pair => pair.Id, pair => pair.place);
        string among = string.Join(',', places.Keys);
        IEnumerable<(long From, long To)> links = connection.Query<(long, long)>(
            $"SELECT l.page, t.id FROM link l JOIN page t ON t.name = l.target WHERE l.page IN ({among}) AND t.id IN ({among}) AND t.id <> l.page");
        return new LinkGraph(
            [.. best.Select(page => new GraphPage { Name = page.Name, Inward = (int)page.Inward, Outward = (int)page.Outward })],
            [.. links.Select(link => (places[link.From], places[link.To]))],
            best.Count == 0 ? 0 : (int)best[0].All);
    });
}
