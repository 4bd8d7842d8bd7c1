namespace AgentSociety.Culture;

/// <summary>A number with its 95 % interval.</summary>
/// <param name="Value">The point estimate.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Observations that it rests on.</param>
public sealed record Estimate(double Value, double Low, double High, long Count)
{
    private const double Z = 1.959964;

    /// <summary>A share of independent observations (Wilson's score interval, JASA 1927); null where there are none.</summary>
    public static Estimate? Share(long hits, long count)
    {
        if (count == 0) return null;
        double share = (double)hits / count, spread = Z * Z / count, centre = (share + (spread / 2)) / (1 + spread);
        double half = Z / (1 + spread) * Math.Sqrt((share * (1 - share) / count) + (spread / 4 / count));
        return new Estimate(share, Math.Max(0, centre - half), Math.Min(1, centre + half), count);
    }

    /// <summary>A mean with its normal interval; null for fewer than two observations, which tell nothing of their spread.</summary>
    public static Estimate? Mean(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2) return null;
        double mean = values.Average(), half = Z * Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) / values.Count);
        return new Estimate(mean, mean - half, mean + half, values.Count);
    }

    /// <summary>The difference of two shares (normal interval); null where either has no observations.</summary>
    public static Estimate? Difference(long hits, long count, long otherHits, long otherCount)
    {
        if (count == 0 || otherCount == 0) return null;
        double one = (double)hits / count, other = (double)otherHits / otherCount;
        double half = Z * Math.Sqrt((one * (1 - one) / count) + (other * (1 - other) / otherCount));
        return new Estimate(one - other, one - other - half, one - other + half, count + otherCount);
    }

    /// <summary>The Hill number of order 1 of some kinds: how many equally common kinds would be as diverse (Hill, Ecology 1973).</summary>
    /// <remarks>exp of the Shannon entropy H; the interval is exp(H +- 1.96 s) with s^2 = (sum p ln^2 p - H^2) / n by the delta method.</remarks>
    public static Estimate? Diversity(IReadOnlyCollection<long> kinds)
    {
        double count = kinds.Sum();
        if (count == 0) return null;
        double entropy = 0, square = 0;
        foreach (double share in kinds.Where(kind => kind > 0).Select(kind => kind / count))
        {
            double log = Math.Log(share);
            entropy -= share * log;
            square += share * log * log;
        }

        double half = Z * Math.Sqrt(Math.Max(0, square - (entropy * entropy)) / count);
        return new Estimate(Math.Exp(entropy), Math.Exp(entropy - half), Math.Exp(entropy + half), (long)count);
    }

    /// <summary>Gini's coefficient: 0 where all have as much, near 1 where one has everything; the interval is a jackknife's.</summary>
    public static Estimate? Gini(IReadOnlyCollection<long> amounts)
    {
        if (amounts.Count == 0 || amounts.Sum() == 0) return null;
        double[] sorted = [.. amounts.Order().Select(amount => (double)amount)];
        int n = sorted.Length;
        double total = sorted.Sum(), ranked = Ranked(sorted), value = Of(ranked, total, n);
        if (n < 3) return new Estimate(value, 0, 1, n);
        // Without the i-th, everybody above it is one rank lower: each leave-one-out coefficient costs one step.
        double above = total, mean = 0, squares = 0;
        for (int i = 0; i < n; i++)
        {
            above -= sorted[i];
            double left = total - sorted[i], without = left == 0 ? 0 : Of(ranked - ((i + 1) * sorted[i]) - above, left, n - 1), delta = without - mean;
            mean += delta / (i + 1);
            squares += delta * (without - mean);
        }

        double half = Z * Math.Sqrt((n - 1d) / n * squares);
        return new Estimate(value, Math.Max(0, value - half), Math.Min(1, value + half), n);
    }

    private static double Ranked(double[] sorted) => sorted.Select((amount, index) => (index + 1) * amount).Sum();

    private static double Of(double ranked, double total, int n) => (2 * ranked / (n * total)) - ((n + 1d) / n);
}
