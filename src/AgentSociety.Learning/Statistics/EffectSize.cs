namespace AgentSociety.Learning.Statistics;

/// <summary>How large a difference is, whatever the number of societies.</summary>
public static class EffectSize
{
    /// <summary>
    /// Difference of means in pooled standard deviations, corrected for small samples (Hedges 1981, equation 6e's approximation 1 - 3 / (4 df - 1)).
    /// Infinite where nothing varies and the means differ; 0 where they do not.
    /// </summary>
    public static double HedgesG(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        int degrees = first.Count + second.Count - 2;
        if (degrees < 1) throw new ArgumentException("an effect size needs three values or more", nameof(first));
        double difference = first.Average() - second.Average();
        double deviation = Math.Sqrt((SumOfSquares(first) + SumOfSquares(second)) / degrees);
        return difference == 0 ? 0 : difference / deviation * (1 - 3.0 / (4 * degrees - 1));
    }

    /// <summary>Share of pairs in which the first is greater, minus the share in which the second is (Cliff 1993): -1 to 1, blind to outliers.</summary>
    public static double CliffsDelta(IReadOnlyList<double> first, IReadOnlyList<double> second) =>
        first.Sum(a => second.Sum(b => (double)Math.Sign(a - b))) / (first.Count * second.Count);

    /// <summary>Difference of two shares on the arcsine scale (Cohen 1988, section 6.2).</summary>
    public static double CohensH(double first, double second) => 2 * Math.Asin(Math.Sqrt(first)) - 2 * Math.Asin(Math.Sqrt(second));

    /// <summary>Sum of squared distances from the mean.</summary>
    internal static double SumOfSquares(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }
}
