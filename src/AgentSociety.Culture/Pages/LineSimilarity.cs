using System.Text;
using AgentSociety.Core.Text;

namespace AgentSociety.Culture;

/// <summary>Tells whether two lines of notes say the same in almost the same words.</summary>
/// <remarks>
/// Lines are brought to one form (Unicode NFC, lower case, single spaces, without list marks, quotes and closing punctuation) and
/// compared whole; lines of <see cref="ShortestForShingles"/> characters or more also by the Jaccard similarity of their shingles of
/// three characters (Broder, "On the resemblance and containment of documents", 1997). What makes all the difference in few
/// characters must agree exactly: numbers, single letters, other words with digits in them, and negations in their order.
/// </remarks>
public static class LineSimilarity
{
    /// <summary>Characters of the shortest form that is compared by its shingles.</summary>
    internal const int ShortestForShingles = 12;

    private const int Shingle = 3;

    // The form has lost its apostrophes: don't is dont.
    private static readonly HashSet<string> Negations = ["dont", "doesnt", "isnt", "arent", "wasnt", "cant", "wont", "didnt", "shouldnt", "mustnt", "no", "not", "never", "none", "nothing", "cannot", "without", "unless", "except", "false", "wrong"];

    /// <summary>The one form of a line; empty for headings, fences, and lines without a letter or digit, which say nothing.</summary>
    public static string Form(string line)
    {
        string text = CanonicalComposition.Compose(line).ToLowerInvariant().Trim();
        if (text.StartsWith('#') || text.StartsWith("```", StringComparison.Ordinal) || !text.Any(char.IsLetterOrDigit)) return "";
        text = text.TrimStart('-', '*', '+', '>', ' ', '\t');
        StringBuilder form = new(text.Length);
        foreach (char character in text)
        {
            if (character is '"' or '\'' or '`' or '*' or '_' or '\u2019' or '\u201c' or '\u201d') continue;
            if (!char.IsWhiteSpace(character)) form.Append(character);
            else if (form.Length > 0 && form[^1] != ' ') form.Append(' ');
        }

        return form.ToString().TrimEnd('.', ',', ';', ':', '!', ' ');
    }

    /// <summary>True where two lines in one form say the same.</summary>
    public static bool SayTheSame(string form, string other, double similarity)
    {
        if (form.Length == 0 || other.Length == 0) return false;
        if (form == other) return true;
        if (Math.Min(form.Length, other.Length) < ShortestForShingles) return false;
        return Telling(form) == Telling(other) && Jaccard(form, other) >= similarity;
    }

    /// <summary>Shared shingles over all shingles of two texts, 0 to 1.</summary>
    public static double Jaccard(string one, string other) => Jaccard(Shingles(one), Shingles(other));

    internal static double Jaccard(HashSet<ulong> one, HashSet<ulong> other)
    {
        int shared = one.Count(other.Contains);
        return (double)shared / Math.Max(1, one.Count + other.Count - shared);
    }

    /// <summary>A text's shingles: three characters packed into a number each; fewer where the text has fewer.</summary>
    internal static HashSet<ulong> Shingles(string text)
    {
        HashSet<ulong> shingles = [];
        for (int start = 0; start == 0 || start + Shingle <= text.Length; start++)
        {
            ulong shingle = 0;
            foreach (char character in text.AsSpan(start, Math.Min(Shingle, text.Length - start))) shingle = (shingle << 16) | character;
            shingles.Add(shingle);
        }

        return shingles;
    }

    /// <summary>The words of a form that must agree, in their order.</summary>
    internal static string Telling(string form) =>
        string.Join(' ', Words(form).Where(word => word.Length == 1 || word.Any(char.IsDigit) || Negations.Contains(word)));

    private static IEnumerable<string> Words(string form) => form.Split([' ', ',', ';', ':', '(', ')', '/', '.', '!', '?', '=', '<', '>'], StringSplitOptions.RemoveEmptyEntries);
}
