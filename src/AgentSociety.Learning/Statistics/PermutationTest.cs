using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning.Statistics;

/// <summary>Tests that ask how often chance alone gives so large a difference (Fisher 1935; Good 2005), two-sided.</summary>
/// <remarks>Exact where all rearrangements can be tried; else the share among random ones, counting the one at hand, so that p is never 0 (Phipson and Smyth 2010).</remarks>
public static class PermutationTest
{
    private const int Exact = 50_000;
    private const int Drawn = 20_000;

    /// <summary>p of the difference of two means, where labels could have been dealt otherwise.</summary>
    public static double TwoSamples(IReadOnlyList<double> first, IReadOnlyList<double> second, KeyedRandom random)
    {
        double[] all = [.. first, .. second];
        double total = all.Sum();
        double Difference(double sum) => Math.Abs(sum / first.Count - (total - sum) / second.Count);
        double observed = Difference(first.Sum());
        if (Combinations(all.Length, first.Count) <= Exact)
        {
            (int extreme, int count) = (0, 0);
            foreach (double sum in SubsetSums(all, first.Count))
            {
                count++;
                if (AtLeast(Difference(sum), observed)) extreme++;
            }

            return (double)extreme / count;
        }

        return Share(observed, () =>
        {
            random.Shuffle(all.AsSpan());
            double sum = 0;
            for (int index = 0; index < first.Count; index++) sum += all[index];
            return Difference(sum);
        });
    }

    /// <summary>p of the mean of paired differences, where each pair could have been the other way round (sign flips).</summary>
    public static double Paired(IReadOnlyList<double> differences, KeyedRandom random)
    {
        double observed = Math.Abs(differences.Sum());
        if (differences.Count <= 15)
        {
            int extreme = 0, count = 1 << differences.Count;
            for (uint signs = 0; signs < count; signs++)
            {
                double sum = 0;
                for (int index = 0; index < differences.Count; index++) sum += (signs >> index & 1) == 0 ? differences[index] : -differences[index];
                if (AtLeast(Math.Abs(sum), observed)) extreme++;
            }

            return (double)extreme / count;
        }

        return Share(observed, () => Math.Abs(differences.Sum(difference => (random.NextUInt32() & 1) == 0 ? difference : -difference)));
    }

    /// <summary>p of a statistic against its values in random rearrangements.</summary>
    /// <param name="observed">Its size as observed.</param>
    /// <param name="rearranged">Its size in a new random rearrangement.</param>
    public static double Share(double observed, Func<double> rearranged)
    {
        int extreme = 0;
        for (int draw = 0; draw < Drawn; draw++)
        {
            if (AtLeast(rearranged(), observed)) extreme++;
        }

        return (extreme + 1.0) / (Drawn + 1);
    }

    /// <summary>Ties count, also where sums in another order differ in their last bits.</summary>
    private static bool AtLeast(double value, double observed) => value >= observed - 1e-12 * Math.Max(1, observed);

    private static double Combinations(int n, int k)
    {
        double count = 1;
        for (int i = 1; i <= Math.Min(k, n - k); i++) count = count * (n - Math.Min(k, n - k) + i) / i;
        return count;
    }

    private static IEnumerable<double> SubsetSums(double[] values, int size)
    {
        int[] chosen = [.. Enumerable.Range(0, size)];
        while (true)
        {
            yield return chosen.Sum(index => values[index]);
            int place = size - 1;
            while (place >= 0 && chosen[place] == values.Length - size + place) place--;
            if (place < 0) yield break;
            chosen[place]++;
            for (int next = place + 1; next < size; next++) chosen[next] = chosen[next - 1] + 1;
        }
    }
}
