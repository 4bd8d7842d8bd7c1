using AgentSociety.Core.Randomness;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Society;

/// <summary>What the scores of an experiment's societies say. The society is the unit of replication, never the task.</summary>
public sealed record ExperimentAnalysis
{
    /// <summary>Seed of the resampling: the same scores give the same numbers.</summary>
    private const ulong Seed = 0;

    /// <summary>The arms in order.</summary>
    public required IReadOnlyList<ArmStatistics> Arms { get; init; }

    /// <summary>Main effects and interaction, where the arms are those of two factors.</summary>
    public TwoByTwoEffects? Effects { get; init; }

    /// <summary>Each arm against the first, and of two factors also both against each alone.</summary>
    public required IReadOnlyList<Comparison> Comparisons { get; init; }

    /// <summary>Standard deviation between societies of one arm, pooled over arms.</summary>
    public required double Deviation { get; init; }

    /// <summary>Societies in each arm that see the declared effect with the declared power at this spread; null where 1,000 do not.</summary>
    public required int? SocietiesNeeded { get; init; }

    /// <summary>The chance that this experiment had to see the declared effect, at the spread that it found.</summary>
    public required double PowerReached { get; init; }

    /// <summary>Analyses scores.</summary>
    /// <param name="settings">What was declared.</param>
    /// <param name="arms">Names and scores, one a society, in the plan's order.</param>
    /// <param name="leastDeviation">
    /// What the spread is at least, for the number of societies that are needed: a few societies can agree by chance, and a test of few problems is noisy.
    /// </param>
    public static ExperimentAnalysis Of(ExperimentSettings settings, IReadOnlyList<(string Name, IReadOnlyList<double> Scores)> arms, double leastDeviation = 0)
    {
        int degrees = arms.Sum(arm => arm.Scores.Count) - arms.Count;
        double deviation = degrees == 0 ? 0 : Math.Sqrt(arms.Sum(arm => SumOfSquares(arm.Scores)) / degrees);
        bool crossed = settings.Factors.Count == 2;
        Contrast contrast = crossed ? Contrast.Interaction : Contrast.Difference;
        double spread = Math.Max(Math.Max(deviation, leastDeviation), 1e-6);
        (int First, int Second)[] pairs = crossed ? [(1, 0), (2, 0), (3, 0), (3, 1), (3, 2)] : [.. Enumerable.Range(1, arms.Count - 1).Select(arm => (arm, 0))];
        return new ExperimentAnalysis
        {
            Arms = [.. arms.Select(arm => new ArmStatistics(arm.Name, arm.Scores.Count, arm.Scores.Average(),
                Interval.BootstrapMean(arm.Scores, KeyedRandom.For(Seed, $"arm/{arm.Name}")), Math.Sqrt(SumOfSquares(arm.Scores) / Math.Max(1, arm.Scores.Count - 1))))],
            Effects = crossed ? new TwoByTwo(arms[0].Scores, arms[1].Scores, arms[2].Scores, arms[3].Scores).Analyse(Seed) : null,
            Comparisons = [.. pairs.Select(pair => Compare(arms[pair.First], arms[pair.Second]))],
            Deviation = deviation,
            SocietiesNeeded = Learning.Statistics.Power.SocietiesNeeded(settings.Effect, spread, contrast, settings.Power, settings.Alpha),
            PowerReached = Learning.Statistics.Power.Of(settings.Effect, spread, arms.Min(arm => arm.Scores.Count), contrast, settings.Alpha),
        };
    }

    private static Comparison Compare((string Name, IReadOnlyList<double> Scores) first, (string Name, IReadOnlyList<double> Scores) second) => new()
    {
        First = first.Name,
        Second = second.Name,
        Difference = first.Scores.Average() - second.Scores.Average(),
        Interval = Interval.Bootstrap([first.Scores, second.Scores], samples => samples[0].Average() - samples[1].Average(), KeyedRandom.For(Seed, $"difference/{first.Name}/{second.Name}")),
        Probability = PermutationTest.TwoSamples(first.Scores, second.Scores, KeyedRandom.For(Seed, $"permutation/{first.Name}/{second.Name}")),
        HedgesG = EffectSize.HedgesG(first.Scores, second.Scores),
        CliffsDelta = EffectSize.CliffsDelta(first.Scores, second.Scores),
    };

    private static double SumOfSquares(IReadOnlyList<double> values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }
}

/// <summary>Scores of one arm.</summary>
/// <param name="Name">The arm.</param>
/// <param name="Societies">How many societies.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Interval">95 % bootstrap interval of the mean.</param>
/// <param name="Deviation">Standard deviation between them.</param>
public sealed record ArmStatistics(string Name, int Societies, double Mean, Interval Interval, double Deviation);

/// <summary>One arm against another.</summary>
public sealed record Comparison
{
    /// <summary>The one.</summary>
    public required string First { get; init; }

    /// <summary>The other.</summary>
    public required string Second { get; init; }

    /// <summary>Mean of the one less that of the other.</summary>
    public required double Difference { get; init; }

    /// <summary>95 % bootstrap interval of it.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Two-sided p of a permutation test; not corrected for the number of comparisons.</summary>
    public required double Probability { get; init; }

    /// <summary>The difference in pooled standard deviations (Hedges 1981).</summary>
    public required double HedgesG { get; init; }

    /// <summary>Share of pairs in which the one is greater, less the share in which the other is (Cliff 1993).</summary>
    public required double CliffsDelta { get; init; }
}
