using System.Collections.Immutable;

namespace AgentSociety.Culture;

/// <summary>A run of lines that differs between two texts.</summary>
/// <param name="OldStart">First line in the old text, from 0.</param>
/// <param name="OldCount">Lines that went.</param>
/// <param name="NewStart">First line in the new text, from 0.</param>
/// <param name="NewCount">Lines that came.</param>
public readonly record struct Hunk(int OldStart, int OldCount, int NewStart, int NewCount)
{
    /// <summary>The line after the last that went.</summary>
    public int OldEnd => OldStart + OldCount;

    /// <summary>The line after the last that came.</summary>
    public int NewEnd => NewStart + NewCount;
}

/// <summary>An edit between two texts, by lines: the shortest, unless that is far to seek.</summary>
/// <remarks>
/// Myers, "An O(ND) difference algorithm and its variations" (Algorithmica 1986), the linear-space refinement of section 4b.
/// Equal starts and ends are cut off, so that small edits of long pages cost little, and lines that stand in one text only are left out
/// of the search. Where more than <see cref="MostEdits"/> edits lie between the ends of a stretch, the search goes on from the point
/// that it got furthest to: the edit is still one from the one text to the other, perhaps not the shortest, and takes
/// time in proportion to the lines.
/// </remarks>
public static class LineDiff
{
    /// <summary>Edits, of lines that stand in both texts, up to which the shortest edit is found.</summary>
    public const int MostEdits = 512;

    /// <summary>The hunks that turn <paramref name="before"/> into <paramref name="after"/>, in order; empty where they are equal.</summary>
    public static ImmutableArray<Hunk> Between(string before, string after) => Between(Lines(before), Lines(after));

    /// <summary>The lines of a text, each with its line break.</summary>
    public static string[] Lines(string text)
    {
        List<string> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return [.. lines];
    }

    internal static ImmutableArray<Hunk> Between(string[] before, string[] after)
    {
        // Lines become numbers, equal lines the same one: comparisons inside the search cost nothing.
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        int[] Number(string[] lines) => [.. lines.Select(line => numbers.TryGetValue(line, out int number) ? number : numbers[line] = numbers.Count)];
        int[] a = Number(before), b = Number(after);
        bool[] inA = new bool[numbers.Count], inB = new bool[numbers.Count];
        foreach (int line in a) inA[line] = true;
        foreach (int line in b) inB[line] = true;
        // A line without a counterpart is in no common sequence.
        int[] sharedA = [.. Enumerable.Range(0, a.Length).Where(place => inB[a[place]])], sharedB = [.. Enumerable.Range(0, b.Length).Where(place => inA[b[place]])];
        Search search = new([.. sharedA.Select(place => a[place])], [.. sharedB.Select(place => b[place])]);
        search.Compare(0, sharedA.Length, 0, sharedB.Length);
        return Hunks(Kept(a.Length, sharedA, search.Gone), Kept(b.Length, sharedB, search.Come));
    }

    private static bool[] Kept(int lines, int[] shared, bool[] changed)
    {
        bool[] kept = new bool[lines];
        for (int line = 0; line < shared.Length; line++) kept[shared[line]] = !changed[line];
        return kept;
    }

    private static ImmutableArray<Hunk> Hunks(bool[] stays, bool[] stood)
    {
        ImmutableArray<Hunk>.Builder hunks = ImmutableArray.CreateBuilder<Hunk>();
        for (int i = 0, j = 0; i < stays.Length || j < stood.Length;)
        {
            if (i < stays.Length && j < stood.Length && stays[i] && stood[j])
            {
                (i, j) = (i + 1, j + 1);
                continue;
            }

            int startI = i, startJ = j;
            while (i < stays.Length && !stays[i]) i++;
            while (j < stood.Length && !stood[j]) j++;
            hunks.Add(new Hunk(startI, i - startI, startJ, j - startJ));
        }

        return hunks.ToImmutable();
    }

    private sealed class Search(int[] a, int[] b)
    {
        private readonly int[] _forward = new int[2 * (a.Length + b.Length) + 3];
        private readonly int[] _backward = new int[2 * (a.Length + b.Length) + 3];

        internal bool[] Gone { get; } = new bool[a.Length];

        internal bool[] Come { get; } = new bool[b.Length];

        internal void Compare(int aLow, int aHigh, int bLow, int bHigh)
        {
            while (true)
            {
                while (aLow < aHigh && bLow < bHigh && a[aLow] == b[bLow]) (aLow, bLow) = (aLow + 1, bLow + 1);
                while (aLow < aHigh && bLow < bHigh && a[aHigh - 1] == b[bHigh - 1]) (aHigh, bHigh) = (aHigh - 1, bHigh - 1);
                if (aLow == aHigh || bLow == bHigh) break;
                (int x, int y) = Middle(aLow, aHigh, bLow, bHigh);
                // Into the smaller part by a call, into the larger one by the loop: calls stay few however the parts come out.
                if (x - aLow + y - bLow < aHigh - x + bHigh - y)
                {
                    Compare(aLow, x, bLow, y);
                    (aLow, bLow) = (x, y);
                }
                else
                {
                    Compare(x, aHigh, y, bHigh);
                    (aHigh, bHigh) = (x, y);
                }
            }

            Array.Fill(Gone, true, aLow, aHigh - aLow);
            Array.Fill(Come, true, bLow, bHigh - bLow);
        }

        /// <summary>A point in the middle of a shortest path: where the searches from both ends meet; beyond <see cref="MostEdits"/> the point that one of them got furthest to.</summary>
        private (int X, int Y) Middle(int aLow, int aHigh, int bLow, int bHigh)
        {
            int n = aHigh - aLow, m = bHigh - bLow, delta = n - m, origin = a.Length + b.Length + 1;
            bool odd = (delta & 1) != 0;
            _forward[origin + 1] = 0;
            _backward[origin + 1] = 0;
            for (int d = 0; ; d++)
            {
                // Diagonals outside the rectangle are left out. Both ends were cut to differ, so the paths meet inside it, never at a corner.
                int low = -(d - (2 * Math.Max(0, d - m))), high = d - (2 * Math.Max(0, d - n));
                for (int k = low; k <= high; k += 2)
                {
                    int x = Start(_forward, origin, k, d), y = x - k;
                    while (x < n && y < m && a[aLow + x] == b[bLow + y]) (x, y) = (x + 1, y + 1);
                    _forward[origin + k] = x;
                    if (odd && Math.Abs(delta - k) < d && x + _backward[origin + delta - k] >= n) return (aLow + x, bLow + y);
                }

                for (int k = low; k <= high; k += 2)
                {
                    int x = Start(_backward, origin, k, d), y = x - k;
                    while (x < n && y < m && a[aHigh - 1 - x] == b[bHigh - 1 - y]) (x, y) = (x + 1, y + 1);
                    _backward[origin + k] = x;
                    if (!odd && Math.Abs(delta - k) <= d && x + _forward[origin + delta - k] >= n) return (aHigh - x, bHigh - y);
                }

                if (d < MostEdits / 2) continue;
                (int X, int Y) ahead = Furthest(_forward, origin, low, high, n, m), back = Furthest(_backward, origin, low, high, n, m);
                return ahead.X + ahead.Y >= back.X + back.Y ? (aLow + ahead.X, bLow + ahead.Y) : (aHigh - back.X, bHigh - back.Y);
            }
        }

        /// <summary>The point inside the rectangle that a search got furthest to; where it got to none, the end of the old lines: all of them go, and all new ones come.</summary>
        private static (int X, int Y) Furthest(int[] reached, int origin, int low, int high, int n, int m)
        {
            (int X, int Y) best = (0, 0);
            for (int k = low; k <= high; k += 2)
                if (reached[origin + k] is var x && x <= n && x - k <= m && x + x - k is var way && way > best.X + best.Y && way < n + m) best = (x, x - k);
            return best == (0, 0) ? (n, 0) : best;
        }

        /// <summary>The furthest point on diagonal k that d edits reach from its neighbours, before the snake.</summary>
        private static int Start(int[] reached, int origin, int k, int d) =>
            k == -d || (k != d && reached[origin + k - 1] < reached[origin + k + 1]) ? reached[origin + k + 1] : reached[origin + k - 1] + 1;
    }
}
