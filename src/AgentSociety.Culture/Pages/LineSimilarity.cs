using System.Text;

namespace AgentSociety.Culture;

/// <summary>Tells whether two lines of notes say the same in almost the same words.</summary>
/// <remarks>
/// Lines are brought to one form (Unicode NFKC, lower case, single spaces, without list marks, quotes and closing punctuation) and
/// compared whole; lines of <see cref="ShortestForShingles"/> characters or more also by the Jaccard similarity of their shingles of
/// three characters (Broder, "On the resemblance and containment of documents", 1997). What makes all the difference in few
/// characters must agree exactly: numbers, single letters, other words with digits in them, and negations in their order.
/// </remarks>
public static class LineSimilarity
{
    private const int Shingle = 3, ShortestForShingles = 12;

    // The form has lost its apostrophes: don't is dont.
    private static readonly HashSet<string> Negations = ["dont", "doesnt", "isnt", "arent", "wasnt", "cant", "wont", "didnt", "shouldnt", "mustnt", "no", "not", "never", "none", "nothing", "cannot", "without", "unless", "except", "false", "wrong"];

    /// <summary>The one form of a line; empty for headings, rules, fences and blank lines, which say nothing.</summary>
    public static string Form(string line)
    {
        string text = line.Normalize(NormalizationForm.FormKC).ToLowerInvariant().Trim();
        if (text.StartsWith('#') || text.StartsWith("```", StringComparison.Ordinal) || text.All(character => "-=*_~ ".Contains(character))) return "";
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
        return Telling(form).SequenceEqual(Telling(other)) && Jaccard(form, other) >= similarity;
    }

    /// <summary>Shared shingles over all shingles of two texts, 0 to 1.</summary>
    public static double Jaccard(string one, string other)
    {
        HashSet<string> shingles = Shingles(one), others = Shingles(other);
        int all = shingles.Count;
        shingles.IntersectWith(others);
        return (double)shingles.Count / Math.Max(1, all + others.Count - shingles.Count);
    }

    private static HashSet<string> Shingles(string text) =>
        text.Length <= Shingle ? [text] : [.. Enumerable.Range(0, text.Length - Shingle + 1).Select(start => text.Substring(start, Shingle))];

    private static IEnumerable<string> Telling(string form) =>
        Words(form).Where(word => word.Length == 1 || word.Any(char.IsDigit) || Negations.Contains(word));


    private static IEnumerable<string> Words(string form) => form.Split([' ', ',', ';', ':', '(', ')', '/', '.', '!', '?', '=', '<', '>'], StringSplitOptions.RemoveEmptyEntries);
}
