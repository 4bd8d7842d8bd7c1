using System.Globalization;
using System.Text;

namespace AgentSociety.Core.Text;

/// <summary>Unicode's normalization form C.</summary>
/// <remarks>
/// Unicode Standard Annex 15. The framework's own needs ICU, and without it, as in this program's invariant mode, returns text unchanged;
/// Qwen's tokenizers, names of pages and search count on it. The table beside this file holds the standard's data.
/// </remarks>
public static class CanonicalComposition
{
    private const int HangulSyllables = 0xAC00, Leading = 0x1100, Vowels = 0x1161, Trailing = 0x11A7, VowelCount = 21, TrailingCount = 28, SyllableCount = 11_172;

    private static readonly Lazy<Table> Data = new(Read);

    /// <summary>The text with letters and their marks in one character wherever there is one.</summary>
    public static string Compose(string text)
    {
        // Nothing below U+0300 decomposes into something that composes to anything else.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0) return text;
        List<int> points = [];
        foreach (Rune rune in Runes(text)) Decompose(rune.Value, points);
        Reorder(points);
        Recompose(points);
        StringBuilder composed = new(text.Length);
        foreach (int point in points) composed.Append(new Rune(point).ToString());
        return composed.ToString();
    }

    /// <summary>The letter that a character is without its marks; the character itself where it carries none.</summary>
    public static Rune WithoutMarks(Rune character)
    {
        int point = character.Value;
        // A mark beside a letter is the second part; what stands for one other character has one part.
        while (Data.Value.Parts.TryGetValue(point, out int[]? parts) && (parts.Length == 1 || Class(parts[1]) > 0)) point = parts[0];
        return new Rune(point);
    }

    private static IEnumerable<Rune> Runes(string text)
    {
        foreach (Rune rune in text.EnumerateRunes()) yield return rune;
    }

    private static void Decompose(int point, List<int> target)
    {
        int syllable = point - HangulSyllables;
        if (syllable is >= 0 and < SyllableCount)
        {
            target.Add(Leading + syllable / (VowelCount * TrailingCount));
            target.Add(Vowels + syllable % (VowelCount * TrailingCount) / TrailingCount);
            if (syllable % TrailingCount > 0) target.Add(Trailing + syllable % TrailingCount);
        }
        else if (Data.Value.Parts.TryGetValue(point, out int[]? parts))
        {
            foreach (int part in parts) Decompose(part, target);
        }
        else
        {
            target.Add(point);
        }
    }

    /// <summary>Marks that follow one letter in order of their classes; equal ones keep theirs.</summary>
    private static void Reorder(List<int> points)
    {
        for (int index = 1; index < points.Count; index++)
        {
            int mark = Class(points[index]);
            for (int place = index; mark > 0 && place > 0 && Class(points[place - 1]) > mark; place--) (points[place - 1], points[place]) = (points[place], points[place - 1]);
        }
    }

    private static void Recompose(List<int> points)
    {
        int kept = 0, starter = -1, last = -1;
        foreach (int point in points.ToArray())
        {
            int mark = Class(point);
            if (starter >= 0 && last < mark && Pair(points[starter], point) is { } composed)
            {
                points[starter] = composed;
                continue;
            }

            if (starter >= 0 && kept == starter + 1 && mark == 0 && Pair(points[starter], point) is { } whole)
            {
                points[starter] = whole;
                continue;
            }

            if (mark == 0) (starter, last) = (kept, -1);
            else last = mark;
            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= Leading and < Leading + 19 && second is >= Vowels and < Vowels + VowelCount) return HangulSyllables + ((first - Leading) * VowelCount + second - Vowels) * TrailingCount;
        int syllable = first - HangulSyllables;
        if (syllable is >= 0 and < SyllableCount && syllable % TrailingCount == 0 && second is > Trailing and < Trailing + TrailingCount) return first + second - Trailing;
        return Data.Value.Pairs.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static int Class(int point) => Data.Value.Classes.GetValueOrDefault(point);

    private static Table Read()
    {
        Table table = new([], [], []);
        using StreamReader reader = new(typeof(CanonicalComposition).Assembly.GetManifestResourceStream("canonical-composition.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#') continue;
            string[] fields = line.Split(' ');
            int[] numbers = [.. fields.Skip(1).Take(fields[0] == "M" ? 2 : 3).Select(field => int.Parse(field, NumberStyles.HexNumber))];
            if (fields[0] == "M")
            {
                for (int point = numbers[0]; point <= numbers[1]; point++) table.Classes[point] = byte.Parse(fields[3]);
                continue;
            }

            table.Parts[numbers[0]] = numbers[1..];
            if (fields[0] == "C") table.Pairs[(numbers[1], numbers[2])] = numbers[0];
        }

        return table;
    }

    private sealed record Table(Dictionary<int, int[]> Parts, Dictionary<(int, int), int> Pairs, Dictionary<int, byte> Classes);
}
