using System.Text;
using AgentSociety.Core.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Full-text search over the pages as they are now, in bounded time.</summary>
/// <remarks>
/// Ranked by BM25 (FTS5; a match in the name counts four times one in the body). A word that stands on half of all pages or more
/// has an inverse document frequency near zero, so that in a small scratchpad most scores tie, to a hundredth. BM25 counts the pages of every word, so that a word on more than <see cref="CommonFrom"/> pages
/// is looked for and not scored; of equal scores pages that are called as all of the query's words come first, then those of the highest worth, then the youngest. Where a word of the query is rare, every
/// page that matches is ranked; where none is, the <see cref="Candidates"/> youngest, as many that are called as the query, and of the
/// <see cref="Worthy"/> that were measured to be worth most those that match. The last word may be the beginning of one; it stands for
/// the first <see cref="Completions"/> words that begin so, and pages found by these follow those that hold the word itself.
/// </remarks>
public static class PageSearch
{
    /// <summary>Matching pages that are ranked where no word of the query is rare.</summary>
    public const int Candidates = 256;

    /// <summary>Pages of the highest worth that are looked through where no word of the query is rare.</summary>
    public const int Worthy = 32;

    /// <summary>Words that the beginning of one stands for.</summary>
    public const int Completions = 8;

    /// <summary>Pages beyond which a word tells them too little apart to be scored.</summary>
    public const int CommonFrom = 1_000;

    /// <summary>Pages that hold every word of the query; the last word may be the beginning of one.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">Plain words in any form; operators have no meaning, so that any text of an agent or a person can be searched for.</param>
    /// <param name="limit">Most hits, at most <see cref="Candidates"/>.</param>
    /// <param name="prefix">Only pages whose names begin so, such as <c>notes/</c>.</param>
    public static IReadOnlyList<SearchHit> Search(this SocietyDatabase database, string query, int limit = 20, string prefix = "")
    {
        query = CanonicalComposition.Compose(query);
        string[] words = [.. Words(query)];
        if (words.Length == 0) return [];
        bool open = char.IsLetterOrDigit(query[^1]);
        List<SearchHit> found = database.Read(connection =>
        {
            string[] wanted = [.. words.Distinct(StringComparer.OrdinalIgnoreCase).Select(Quoted)];
            string[] rare = [.. wanted.Where(word => IsRare(connection, word))];
            List<SearchHit> hits = Find(connection, wanted, rare, prefix, limit, []);
            if (hits.Count >= limit || !open || Ends(connection, words[^1]) is not { Count: > 0 } ends) return hits;
            string last = Quoted(words[^1]), any = $"({string.Join(" OR ", ends)})";
            hits.AddRange(Find(connection, [.. wanted.Where(word => word != last), any], [.. rare.Where(word => word != last), .. IsRare(connection, any) ? [any] : (string[])[]], prefix, limit - hits.Count, [.. hits.Select(hit => hit.Page)]));
            return hits;
        });
        // The rows bring the bodies: what is shown of them is cut out here.
        return [.. found.Select(hit => hit with { Snippet = Snippet.Of(hit.Snippet, words, open) })];
    }

    /// <summary>A query for pages that hold any of a text's longest words.</summary>
    internal static string MatchAny(string text, int words) =>
        string.Join(" OR ", Words(text).Distinct(StringComparer.Ordinal).OrderByDescending(word => word.Length).ThenBy(word => word, StringComparer.Ordinal).Take(words).Select(Quoted));

    /// <summary>The best of the pages that hold all of the wanted, ranked by those of them that are rare.</summary>
    private static List<SearchHit> Find(SqliteConnection connection, string[] wanted, string[] rare, string prefix, int limit, HashSet<string> known)
    {
        // Whole words of the prefix are words of the name: the index then skips the other namespaces.
        IEnumerable<string> within = prefix.Length > 0 && char.IsLetterOrDigit(prefix[^1]) ? Words(prefix).SkipLast(1) : Words(prefix);
        string match = string.Join(" AND ", [.. wanted, .. within.Select(word => $"name : {Quoted(word)}")]);
        Dictionary<long, Candidate> rows = Matching(connection, "page_name", string.Join(" AND ", wanted), prefix, Candidates).ToDictionary(page => page.Page);
        HashSet<long> named = [.. rows.Keys];
        Dictionary<long, double> scores = [];
        if (rare.Length > 0)
        {
            scores = Scored(connection, match, rare);
            foreach (long page in named) scores.TryAdd(page, 0);
        }
        else
        {
            foreach (Candidate page in Matching(connection, "page_text", match, prefix, Candidates)) rows[page.Page] = page;
            foreach (Candidate page in OfWorth(connection, match, prefix, [.. rows.Keys])) rows[page.Page] = page;
            foreach (long page in rows.Keys) scores[page] = 0;
        }

        Candidate[] best = Best(connection, scores, rows, named, page => page.Name.StartsWith(prefix, StringComparison.Ordinal) && !known.Contains(page.Name), limit);
        if (best.Length == 0) return [];
        Dictionary<long, (string Revision, string Body)> bodies = connection.Query<(long Page, string Revision, string Body)>(
            "SELECT p.id, r.id, p.body FROM page p JOIN revision r ON r.number = p.head WHERE p.id IN (SELECT value FROM json_each(@pages))", new { pages = Listed(best.Select(page => page.Page)) }).ToDictionary(row => row.Page, row => (row.Revision, row.Body));
        return [.. best.Select(page => new SearchHit { Page = page.Name, Revision = bodies[page.Page].Revision, Score = scores.GetValueOrDefault(page.Page), Snippet = bodies[page.Page].Body })];
    }

    /// <summary>Every page that matches, with the score of the words that are rare: at most <see cref="CommonFrom"/>, since a rare word is among those that match.</summary>
    private static Dictionary<long, double> Scored(SqliteConnection connection, string match, string[] rare)
    {
        string scored = string.Join(" AND ", rare);
        // Where every word is rare, what is scored is what matches.
        HashSet<long>? matching = scored == match ? null : [.. connection.Query<long>("SELECT rowid FROM page_text WHERE page_text MATCH @match", new { match })];
        if (matching is { Count: 0 }) return [];
        return connection.Query<(long Page, double Score)>(
            "SELECT rowid, -bm25(page_text, 4, 1) FROM page_text WHERE page_text MATCH @scored AND rowid BETWEEN @oldest AND @youngest",
            new { scored, oldest = matching?.Min() ?? 0, youngest = matching?.Max() ?? long.MaxValue }).Where(row => matching?.Contains(row.Page) ?? true).ToDictionary(row => row.Page, row => row.Score);
    }

    /// <summary>The best in their order. Rows hold whole bodies, and in a large scratchpad each lies on a page of its own: no more of them are read than those whose scores reach that far.</summary>
    private static Candidate[] Best(SqliteConnection connection, Dictionary<long, double> scores, Dictionary<long, Candidate> rows, HashSet<long> named, Func<Candidate, bool> wanted, int limit)
    {
        List<Candidate> best = [];
        foreach (IGrouping<double, long> equal in scores.Keys.GroupBy(page => Math.Round(scores[page], 2)).OrderByDescending(group => group.Key))
        {
            if (best.Count >= limit) break;
            long[] unread = [.. equal.Where(page => !rows.ContainsKey(page))];
            IEnumerable<Candidate> read = unread.Length == 0 ? [] : connection.Query<Candidate>(
                "SELECT id AS Page, name AS Name, head AS Head, worth AS Worth FROM page WHERE id IN (SELECT value FROM json_each(@pages)) AND deleted = 0", new { pages = Listed(unread) });
            best.AddRange(equal.Where(rows.ContainsKey).Select(page => rows[page]).Concat(read).Where(wanted)
                .OrderByDescending(page => named.Contains(page.Page)).ThenByDescending(page => page.Worth).ThenByDescending(page => page.Head));
        }

        return [.. best.Take(limit)];
    }

    // One text of SQL whatever is asked: a new one costs the mapper the making of a new reader, more than the search itself.
    private static string Listed(IEnumerable<long> pages) => $"[{string.Join(',', pages)}]";

    /// <summary>The youngest pages that an index finds.</summary>
    private static IEnumerable<Candidate> Matching(SqliteConnection connection, string index, string match, string prefix, int limit) => connection.Query<Candidate>($"""
        SELECT p.id AS Page, p.name AS Name, p.head AS Head, p.worth AS Worth FROM {index} CROSS JOIN page p ON p.id = {index}.rowid
        WHERE {index} MATCH @match AND substr(p.name, 1, length(@prefix)) = @prefix AND p.deleted = 0 ORDER BY {index}.rowid DESC LIMIT @limit
        """, new { match, prefix, limit });

    /// <summary>Those of the pages of the highest worth that match and are not known yet: one look into the index each, so that there are none in a society that measures no worth.</summary>
    private static IEnumerable<Candidate> OfWorth(SqliteConnection connection, string match, string prefix, HashSet<long> known)
    {
        foreach (Candidate page in connection.Query<Candidate>("SELECT id AS Page, name AS Name, head AS Head, worth AS Worth FROM page WHERE worth > 0 AND deleted = 0 ORDER BY worth DESC LIMIT @limit", new { limit = Worthy }).AsList())
            if (!known.Contains(page.Page) && page.Name.StartsWith(prefix, StringComparison.Ordinal)
                && connection.ExecuteScalar<long>("SELECT count(*) FROM page_text WHERE page_text MATCH @match AND rowid = @page", new { match, page = page.Page }) > 0)
                yield return page;
    }

    private sealed record Candidate
    {
        public required long Page { get; init; }

        public required string Name { get; init; }

        public required long Head { get; init; }

        public required double Worth { get; init; }
    }

    private static bool IsRare(SqliteConnection connection, string match) =>
        connection.ExecuteScalar<long>($"SELECT count(*) FROM (SELECT 1 FROM page_text WHERE page_text MATCH @match LIMIT {CommonFrom + 1})", new { match }) <= CommonFrom;

    /// <summary>The first words that begin with one and are longer.</summary>
    private static List<string> Ends(SqliteConnection connection, string word)
    {
        List<string> ends = [];
        string folded = Snippet.Fold(word), last = folded;
        // One look a word: the vocabulary's next row may be one of a hundred thousand places of the same word.
        while (ends.Count < Completions && connection.QueryFirstOrDefault<string?>("SELECT term FROM page_word WHERE term >= @last || char(1) LIMIT 1", new { last }) is { } next && next.StartsWith(folded, StringComparison.Ordinal))
        {
            ends.Add(Quoted(next));
            last = next;
        }

        return ends;
    }

    // Every word becomes a quoted string: FTS5 then sees no operator, column filter or unbalanced quote.
    private static string Quoted(string word) => $"\"{word}\"";

    private static IEnumerable<string> Words(string query)
    {
        StringBuilder word = new();
        foreach (Rune rune in query.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune)) word.Append(rune.ToString());
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0) yield return word.ToString();
    }
}
