using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning.Statistics;

/// <summary>A range that holds the true value with the stated confidence.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>
    /// Score interval of a share (Wilson 1927; recommended for small counts by Brown, Cai and DasGupta 2001): the shares that a
    /// z test at this confidence would not reject. [0, 1] where nothing was counted.
    /// </summary>
    /// <param name="successes">How often it happened.</param>
    /// <param name="count">Of how many.</param>
    /// <param name="confidence">Such as 0.95.</param>
    public static Interval Wilson(int successes, int count, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, count);
        if (count == 0) return new Interval(0, 1);
        double z = Distributions.NormalQuantile((1 + confidence) / 2), share = (double)successes / count, z2 = z * z / count;
        double centre = (share + z2 / 2) / (1 + z2);
        double half = z / (1 + z2) * Math.Sqrt(share * (1 - share) / count + z2 / (4 * count));
        // The ends are 0 and 1 exactly where nothing or everything succeeded; rounding must not say otherwise.
        return new Interval(successes == 0 ? 0 : centre - half, successes == count ? 1 : centre + half);
    }

    /// <summary>
    /// Percentile bootstrap of a statistic of independent samples (Efron 1979; Efron and Tibshirani 1993, chapter 13): each sample is drawn
    /// again with replacement from itself, so that arms keep their sizes. For fewer than about eight values it is too narrow.
    /// </summary>
    /// <param name="samples">One or more samples; the unit of an experiment on societies is the society, never the task.</param>
    /// <param name="statistic">A number of samples of the same sizes.</param>
    /// <param name="random">The stream to draw from.</param>
    /// <param name="confidence">Such as 0.95.</param>
    /// <param name="resamples">How often to draw.</param>
    public static Interval Bootstrap(
        IReadOnlyList<IReadOnlyList<double>> samples,
        Func<IReadOnlyList<IReadOnlyList<double>>, double> statistic,
        KeyedRandom random,
        double confidence = 0.95,
        int resamples = 10_000)
    {
        double[][] drawn = [.. samples.Select(sample => new double[sample.Count])];
        double[] values = new double[resamples];
        for (int resample = 0; resample < resamples; resample++)
        {
            for (int index = 0; index < drawn.Length; index++)
            {
                for (int member = 0; member < drawn[index].Length; member++) drawn[index][member] = random.Choose(samples[index]);
            }

            values[resample] = statistic(drawn);
        }

        Array.Sort(values);
        double tail = (1 - confidence) / 2;
        return new Interval(Quantile(values, tail), Quantile(values, 1 - tail));
    }

    /// <summary>Percentile bootstrap of a mean.</summary>
    public static Interval BootstrapMean(IReadOnlyList<double> values, KeyedRandom random, double confidence = 0.95, int resamples = 10_000) =>
        Bootstrap([values], samples => samples[0].Average(), random, confidence, resamples);

    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        double above = sorted[Math.Min(below + 1, sorted.Length - 1)];
        return sorted[below] + (place - below) * (above - sorted[below]);
    }
}
