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

/// <summary>The shortest edit between two texts, by lines.</summary>
/// <remarks>
/// Myers, "An O(ND) difference algorithm and its variations" (Algorithmica 1986), the linear-space refinement of section 4b.
/// Equal starts and ends are cut off first, so that small edits of long pages cost little.
/// </remarks>
public static class LineDiff
{
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
        Search search = new(Number(before), Number(after));
        search.Compare(0, before.Length, 0, after.Length);
        return search.Hunks();
    }

    private sealed class Search(int[] a, int[] b)
    {
        private readonly bool[] _gone = new bool[a.Length];
        private readonly bool[] _come = new bool[b.Length];
        private readonly int[] _forward = new int[2 * (a.Length + b.Length) + 3];
        private readonly int[] _backward = new int[2 * (a.Length + b.Length) + 3];

        internal void Compare(int aLow, int aHigh, int bLow, int bHigh)
        {
            while (aLow < aHigh && bLow < bHigh && a[aLow] == b[bLow]) (aLow, bLow) = (aLow + 1, bLow + 1);
            while (aLow < aHigh && bLow < bHigh && a[aHigh - 1] == b[bHigh - 1]) (aHigh, bHigh) = (aHigh - 1, bHigh - 1);
            if (aLow == aHigh)
            {
                Array.Fill(_come, true, bLow, bHigh - bLow);
            }
            else if (bLow == bHigh)
            {
                Array.Fill(_gone, true, aLow, aHigh - aLow);
            }
            else
            {
                (int x, int y) = Middle(aLow, aHigh, bLow, bHigh);
                Compare(aLow, x, bLow, y);
                Compare(x, aHigh, y, bHigh);
            }
        }

        /// <summary>A point in the middle of a shortest path: where the searches from both ends meet.</summary>
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
            }
        }

        /// <summary>The furthest point on diagonal k that d edits reach from its neighbours, before the snake.</summary>
        private static int Start(int[] reached, int origin, int k, int d) =>
            k == -d || (k != d && reached[origin + k - 1] < reached[origin + k + 1]) ? reached[origin + k + 1] : reached[origin + k - 1] + 1;

        internal ImmutableArray<Hunk> Hunks()
        {
            ImmutableArray<Hunk>.Builder hunks = ImmutableArray.CreateBuilder<Hunk>();
            for (int i = 0, j = 0; i < a.Length || j < b.Length;)
            {
                if (i < a.Length && j < b.Length && !_gone[i] && !_come[j])
                {
                    (i, j) = (i + 1, j + 1);
                    continue;
                }

                int startI = i, startJ = j;
                while (i < a.Length && _gone[i]) i++;
                while (j < b.Length && _come[j]) j++;
                hunks.Add(new Hunk(startI, i - startI, startJ, j - startJ));
            }

            return hunks.ToImmutable();
        }
    }
}
