using System.Globalization;
using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>A pattern of a text as the pattern of how JSON writes that text between its quotation marks.</summary>
/// <remarks>
/// The whole text matches, which is less than the search that JSON schemas ask for, so that what matches here matches there. Dialects differ in what
/// <c>.</c>, <c>\W</c> or <c>[^a]</c> hold beyond ASCII (line ends, letters and spaces of Unicode, halves of surrogate pairs): classes that reach to the end of Unicode are cut
/// down to printable ASCII, on which all agree.
/// </remarks>
internal static class StringPattern
{
    private static readonly (int First, int Last)[] Printable = [(' ', '~')];

    /// <summary>The pattern of what stands between the quotation marks.</summary>
    /// <exception cref="SocietyException">It cannot be read.</exception>
    public static string Of(string pattern)
    {
        StringBuilder text = new();
        Write(PatternParser.Parse(pattern), text, pattern);
        return text.ToString();
    }

    private static void Write(PatternNode node, StringBuilder text, string pattern)
    {
        switch (node)
        {
            case PatternNode.Characters characters:
                Write(characters.Ranges, text, pattern);
                break;
            case PatternNode.Sequence sequence:
                text.Append("(?:");
                foreach (PatternNode part in sequence.Parts) Write(part, text, pattern);
                text.Append(')');
                break;
            case PatternNode.Choice choice:
                for (int index = 0; index < choice.Parts.Count; index++)
                {
                    text.Append(index == 0 ? "(?:" : "|");
                    Write(choice.Parts[index], text, pattern);
                }

                text.Append(')');
                break;
            case PatternNode.Repeat repeat:
                text.Append("(?:");
                Write(repeat.Part, text, pattern);
                text.Append(CultureInfo.InvariantCulture, $"){{{repeat.Least},{repeat.Most}}}");
                break;
        }
    }

    /// <summary>One character of a set: those that stand for themselves as a class, each of the others by its escape.</summary>
    private static void Write(IReadOnlyList<(int First, int Last)> ranges, StringBuilder text, string pattern)
    {
        if (ranges[^1].Last == CharacterSet.Last) ranges = Common(ranges, Printable);
        List<string> ways = [];
        IReadOnlyList<(int First, int Last)> plain = Common(ranges, CharacterSet.Complement([(0, 0x1F), ('"', '"'), ('\\', '\\'), (0xD800, 0xDFFF)]));
        if (plain.Count > 0) ways.Add($"[{string.Concat(plain.Select(range => $"{Sign(range.First)}-{Sign(range.Last)}"))}]");
        foreach ((int first, int last) in Common(ranges, [(0, 0x1F), ('"', '"'), ('\\', '\\')]))
        {
            for (int character = first; character <= last; character++) ways.Add(character >= ' ' ? $@"\\\{(char)character}" : $@"\\u00{character >> 4}[{character & 15:x}{character & 15:X}]");
        }

        if (ways.Count == 0) throw new SocietyException($"{PatternParser.Shown(pattern)}: a class holds no printable character");
        text.Append(ways.Count == 1 ? ways[0] : $"(?:{string.Join('|', ways)})");
    }

    private static List<(int First, int Last)> Common(IReadOnlyList<(int First, int Last)> left, IReadOnlyList<(int First, int Last)> right) =>
        [.. from one in left from other in right let first = Math.Max(one.First, other.First) let last = Math.Min(one.Last, other.Last) where first <= last select (first, last)];

    private static string Sign(int character) => character <= 0xFFFF ? $"\\u{character:X4}" : char.ConvertFromUtf32(character);
}
