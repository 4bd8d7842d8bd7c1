using System.Text;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>Full-text search over the pages as they are now.</summary>
/// <remarks>
/// Ranked by BM25 (FTS5; a match in the name counts four times one in the body). A word that stands on half of all pages or more
/// has an inverse document frequency near zero, so that in a small scratchpad most scores tie: ties, to a hundredth, are broken
/// by the page's worth, then by recency.
/// </remarks>
public static class PageSearch
{
    /// <summary>Pages that hold every word of the query; the last word may be the beginning of one.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">Plain words in any form; operators have no meaning, so that any text of an agent or a person can be searched for.</param>
    /// <param name="limit">Most hits.</param>
    /// <param name="prefix">Only pages whose names begin so, such as <c>notes/</c>.</param>
    public static IReadOnlyList<SearchHit> Search(this SocietyDatabase database, string query, int limit = 20, string prefix = "")
    {
        string match = Match(query);
        return match.Length == 0 ? [] : database.Read(connection => connection.Query<SearchHit>("""
            SELECT p.name AS Page, r.id AS Revision, snippet(page_text, 1, char(2), char(3), '…', 16) AS Snippet, -bm25(page_text, 4, 1) AS Score
            FROM page_text JOIN page p ON p.id = page_text.rowid JOIN revision r ON r.number = p.head
            WHERE page_text MATCH @match AND substr(p.name, 1, length(@prefix)) = @prefix
            ORDER BY round(bm25(page_text, 4, 1), 2), p.worth DESC, p.head DESC LIMIT @limit
            """, new { match, prefix, limit }).AsList());
    }

    // Every word becomes a quoted string: FTS5 then sees no operator, column filter or unbalanced quote.
    private static string Match(string query)
    {
        StringBuilder match = new();
        foreach (string word in Words(query)) match.Append(match.Length == 0 ? "" : " ").Append('"').Append(word).Append('"');
        if (match.Length > 0 && query.Length > 0 && char.IsLetterOrDigit(query[^1])) match.Append('*');
        return match.ToString();
    }

    /// <summary>A query for pages that hold any of a text's longest words.</summary>
    internal static string MatchAny(string text, int words) =>
        string.Join(" OR ", Words(text).Distinct(StringComparer.Ordinal).OrderByDescending(word => word.Length).ThenBy(word => word, StringComparer.Ordinal).Take(words).Select(word => $"\"{word}\""));

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
