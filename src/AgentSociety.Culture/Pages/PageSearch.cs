using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Full-text search over the pages as they are now, in bounded time.</summary>
/// <remarks>
/// Ranked by BM25 (FTS5; a match in the name counts four times one in the body). A word that stands on half of all pages or more
/// has an inverse document frequency near zero, so that in a small scratchpad most scores tie: ties, to a hundredth, are broken
/// by the page's worth, then by recency. Of the pages that match, the <see cref="Candidates"/> youngest are ranked: where more
/// match, their words are too common to tell them apart. The last word may be the beginning of one; it stands for the first
/// <see cref="Completions"/> words that begin so, and pages found by these follow those that hold the word itself.
/// </remarks>
public static class PageSearch
{
    /// <summary>Matching pages that are ranked.</summary>
    public const int Candidates = 256;

    /// <summary>Words that the beginning of one stands for.</summary>
    public const int Completions = 8;

    // BM25 walks every posting of every word for its document frequencies; beyond this it is left out, and worth and recency rank alone.
    private const int RankedPostings = 5_000;

    private const string Ranked = "-bm25(page_text, 4, 1)";

    /// <summary>Pages that hold every word of the query; the last word may be the beginning of one.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">Plain words in any form; operators have no meaning, so that any text of an agent or a person can be searched for.</param>
    /// <param name="limit">Most hits, at most <see cref="Candidates"/>.</param>
    /// <param name="prefix">Only pages whose names begin so, such as <c>notes/</c>.</param>
    public static IReadOnlyList<SearchHit> Search(this SocietyDatabase database, string query, int limit = 20, string prefix = "")
    {
        string[] words = [.. Words(query)];
        if (words.Length == 0) return [];
        bool open = char.IsLetterOrDigit(query[^1]);
        List<SearchHit> found = database.Read(connection =>
        {
            List<SearchHit> hits = Find(connection, string.Join(' ', words.Select(Quoted)), Ranked, prefix, limit);
            if (hits.Count >= limit || !open) return hits;
            List<(string Term, long Pages)> ends = Ends(connection, words[^1]);
            if (ends.Count == 0) return hits;
            string match = $"{string.Concat(words[..^1].Select(word => $"{Quoted(word)} AND "))}({string.Join(" OR ", ends.Select(end => Quoted(end.Term)))})";
            HashSet<string> known = [.. hits.Select(hit => hit.Page)];
            hits.AddRange(Find(connection, match, ends.Sum(end => end.Pages) <= RankedPostings ? Ranked : "0.0", prefix, limit).Where(hit => !known.Contains(hit.Page)).Take(limit - hits.Count));
            return hits;
        });
        // The rows bring the bodies: what is shown of them is cut out here.
        return [.. found.Select(hit => hit with { Snippet = Snippet.Of(hit.Snippet, words, open) })];
    }

    /// <summary>A query for pages that hold any of a text's longest words.</summary>
    internal static string MatchAny(string text, int words) =>
        string.Join(" OR ", Words(text).Distinct(StringComparer.Ordinal).OrderByDescending(word => word.Length).ThenBy(word => word, StringComparer.Ordinal).Take(words).Select(Quoted));

    private static List<SearchHit> Find(SqliteConnection connection, string match, string score, string prefix, int limit) => connection.Query<SearchHit>($"""
        WITH candidate AS MATERIALIZED (
               SELECT p.id, p.name, p.head, p.worth, {score} AS score FROM page_text CROSS JOIN page p ON p.id = page_text.rowid
               WHERE page_text MATCH @match AND substr(p.name, 1, length(@prefix)) = @prefix ORDER BY page_text.rowid DESC LIMIT {Candidates}),
             best AS MATERIALIZED (SELECT * FROM candidate ORDER BY round(score, 2) DESC, worth DESC, head DESC LIMIT @limit)
        SELECT b.name AS Page, r.id AS Revision, b.score AS Score, p.body AS Snippet
        FROM best b JOIN revision r ON r.number = b.head JOIN page p ON p.id = b.id ORDER BY round(b.score, 2) DESC, b.worth DESC, b.head DESC
        """, new { match, prefix, limit }).AsList();

    private static List<(string Term, long Pages)> Ends(SqliteConnection connection, string word)
    {
        string folded = Snippet.Fold(word);
        return connection.Query<(string, long)>($"SELECT term, doc FROM page_word WHERE term > @folded AND term < @folded || char(0x10FFFF) LIMIT {Completions}", new { folded }).AsList();
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
