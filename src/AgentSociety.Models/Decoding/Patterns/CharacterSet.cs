namespace AgentSociety.Models.Patterns;

/// <summary>Sets of code points as ranges in order.</summary>
internal static class CharacterSet
{
    public const int Last = 0x10FFFF;

    public static readonly IReadOnlyList<(int First, int Last)> Digits = [('0', '9')];

    public static readonly IReadOnlyList<(int First, int Last)> Word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

    public static readonly IReadOnlyList<(int First, int Last)> Space = [('\t', '\r'), (' ', ' ')];

    /// <summary>The same set with ranges in order that neither overlap nor touch.</summary>
    public static IReadOnlyList<(int First, int Last)> Ordered(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> ordered = [];
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (ordered.Count > 0 && first <= ordered[^1].Last + 1) ordered[^1] = (ordered[^1].First, Math.Max(last, ordered[^1].Last));
            else ordered.Add((first, last));
        }

        return ordered;
    }

    /// <summary>All other code points.</summary>
    public static IReadOnlyList<(int First, int Last)> Complement(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> others = [];
        int next = 0;
        foreach ((int first, int last) in Ordered(ranges))
        {
            if (first > next) others.Add((next, first - 1));
            next = last + 1;
        }

        if (next <= Last) others.Add((next, Last));
        return others;
    }

    /// <summary>The UTF-8 of a range of code points as sequences of ranges of bytes; surrogates have none.</summary>
    /// <remarks>A range is cut until its first and last character differ in trailing bytes that run through all their values only (Thompson's automata for UTF-8).</remarks>
    public static IEnumerable<(byte First, byte Last)[]> Bytes(int first, int last)
    {
        if (first > last) return [];
        if (first <= 0xDFFF && last >= 0xD800) return [.. Bytes(first, 0xD7FF), .. Bytes(0xE000, last)];
        foreach (int longest in (int[])[0x7F, 0x7FF, 0xFFFF])
        {
            if (first <= longest && longest < last) return [.. Bytes(first, longest), .. Bytes(longest + 1, last)];
        }

        if (last <= 0x7F) return [[((byte)first, (byte)last)]];
        for (int trailing = 1; trailing < 4; trailing++)
        {
            int mask = (1 << (6 * trailing)) - 1;
            if ((first & ~mask) == (last & ~mask)) continue;
            if ((first & mask) != 0) return [.. Bytes(first, first | mask), .. Bytes((first | mask) + 1, last)];
            if ((last & mask) != mask) return [.. Bytes(first, (last & ~mask) - 1), .. Bytes(last & ~mask, last)];
        }

        Span<byte> low = stackalloc byte[4], high = stackalloc byte[4];
        int length = new System.Text.Rune(first).EncodeToUtf8(low);
        new System.Text.Rune(last).EncodeToUtf8(high);
        (byte, byte)[] bytes = new (byte, byte)[length];
        for (int index = 0; index < length; index++) bytes[index] = (low[index], high[index]);
        return [bytes];
    }
}
