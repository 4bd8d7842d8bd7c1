using System.Globalization;
using System.Text;
using AgentSociety.Core.Text;

namespace AgentSociety.Culture;

/// <summary>The few words of a page around the first that a query asks for.</summary>
/// <remarks>FTS5 has this too, and runs the query again for each page: of a search of 20 pages it took three quarters.</remarks>
internal static class Snippet
{
    private const int Before = 5, Length = 16;

    /// <summary>Cuts it out.</summary>
    /// <param name="body">The page.</param>
    /// <param name="words">The query's words.</param>
    /// <param name="open">True where the last word may be the beginning of one.</param>
    /// <returns>Matches stand between U+0002 and U+0003; the page's beginning where only its name matches, or the page writes the word with other marks.</returns>
    internal static string Of(string body, string[] words, bool open)
    {
        string[] folded = [.. words.Select(Fold)];
        int first = words.Select((word, index) => First(body, word, open && index == words.Length - 1)).Where(at => at >= 0).DefaultIfEmpty(0).Min();
        int start = first;
        for (int word = 0; word < Before && start > 0; word++) start = WordBefore(body, start);
        StringBuilder snippet = new();
        if (start > 0) snippet.Append('…');
        int at = start;
        for (int word = 0; word < Length && at < body.Length; word++)
        {
            int from = at;
            while (at < body.Length && !IsWord(body[at])) at++;
            snippet.Append(body, from, at - from);
            int end = at;
            while (end < body.Length && IsWord(body[end])) end++;
            string token = body[at..end], plain = Fold(token);
            bool match = token.Length > 0 && folded.Where((wanted, index) => plain == wanted || (open && index == folded.Length - 1 && plain.StartsWith(wanted, StringComparison.Ordinal))).Any();
            snippet.Append(match ? $"\u0002{token}\u0003" : token);
            at = end;
        }

        return snippet.Append(at < body.TrimEnd().Length ? "…" : "").ToString().TrimEnd();
    }

    /// <summary>A word as the index folds it: lower case, Latin letters without their marks. FTS5 leaves the marks of other scripts.</summary>
    internal static string Fold(string word)
    {
        if (Ascii.IsValid(word)) return word.ToLowerInvariant();
        StringBuilder folded = new(word.Length);
        foreach (Rune rune in word.EnumerateRunes())
        {
            Rune lower = Common(Rune.ToLowerInvariant(rune)), letter = Common(CanonicalComposition.WithoutMarks(lower));
            if (Rune.GetUnicodeCategory(lower) != UnicodeCategory.NonSpacingMark) folded.Append((letter.IsAscii ? Rune.ToLowerInvariant(letter) : lower).ToString());
        }

        return folded.ToString();
    }

    /// <summary>The common form of a small letter that has another one, as at the end of a word.</summary>
    private static Rune Common(Rune letter) => "ſςϐϑϕϖϰϱϵ".IndexOf(letter.ToString(), StringComparison.Ordinal) is >= 0 and var place ? new Rune("sσβθφπκρε"[place]) : letter;

    private static int First(string body, string word, bool open)
    {
        for (int at = body.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = body.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
            if ((at == 0 || !IsWord(body[at - 1])) && (open || at + word.Length == body.Length || !IsWord(body[at + word.Length]))) return at;
        return -1;
    }

    private static int WordBefore(string body, int at)
    {
        while (at > 0 && !IsWord(body[at - 1])) at--;
        while (at > 0 && IsWord(body[at - 1])) at--;
        return at;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || char.IsSurrogate(character) || char.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark;
}
