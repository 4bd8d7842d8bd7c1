namespace AgentSociety.Learning.Statistics;

/// <summary>Whether culture accumulates over generations: a ratchet rises and does not slip back (Tomasello 1999; Tennie, Call and Tomasello 2009).</summary>
public sealed record Ratchet
{
    /// <summary>Change of the score from one generation to the next: the slope of the least-squares line.</summary>
    public required double Slope { get; init; }

    /// <summary>95 % interval of the slope (t with n - 2 degrees of freedom).</summary>
    public required Interval Interval { get; init; }

    /// <summary>Share of generations after the first that do not fall more than the tolerance below the best before them.</summary>
    public required double WithoutLoss { get; init; }

    /// <summary>Measures a line of generations.</summary>
    /// <param name="scores">Newborns' first-attempt score of each generation, oldest first; three or more.</param>
    /// <param name="tolerance">A fall that does not count, such as half the width of the score's own interval.</param>
    public static Ratchet Of(IReadOnlyList<double> scores, double tolerance = 0.02)
    {
        int count = scores.Count;
        if (count < 3) throw new ArgumentException("a slope with an interval needs three generations or more", nameof(scores));
        double middle = (count - 1) / 2.0, mean = scores.Average();
        double spread = Enumerable.Range(0, count).Sum(generation => (generation - middle) * (generation - middle));
        double slope = scores.Select((score, generation) => (generation - middle) * (score - mean)).Sum() / spread;
        double residual = scores.Select((score, generation) => score - mean - slope * (generation - middle)).Sum(error => error * error);
        double half = Distributions.StudentTQuantile(0.975, count - 2) * Math.Sqrt(residual / (count - 2) / spread);
        double best = scores[0];
        int kept = 0;
        foreach (double score in scores.Skip(1))
        {
            if (score >= best - tolerance) kept++;
            best = Math.Max(best, score);
        }

        return new Ratchet { Slope = slope, Interval = new Interval(slope - half, slope + half), WithoutLoss = (double)kept / (count - 1) };
    }
}
