using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning.Statistics;

/// <summary>Scores of the societies of a 2 x 2 experiment, by arm; one score a society.</summary>
/// <param name="Neither">Both factors off.</param>
/// <param name="FirstOnly">The first factor on.</param>
/// <param name="SecondOnly">The second factor on.</param>
/// <param name="Both">Both on.</param>
public sealed record TwoByTwo(IReadOnlyList<double> Neither, IReadOnlyList<double> FirstOnly, IReadOnlyList<double> SecondOnly, IReadOnlyList<double> Both)
{
    private IReadOnlyList<IReadOnlyList<double>> Arms => [Neither, FirstOnly, SecondOnly, Both];

    /// <summary>Main effects, interaction and their tests. The society is the unit of replication.</summary>
    /// <remarks>
    /// Intervals are percentile bootstraps within arms. Main effects are tested by exchanging the labels of the factor within the levels of the
    /// other; the interaction by permuting the residuals of the additive model (ter Braak 1992; Anderson and ter Braak 2003), since no
    /// relabelling leaves main effects in place and removes the interaction.
    /// </remarks>
    /// <param name="seed">Of the random draws.</param>
    public TwoByTwoEffects Analyse(ulong seed = 0)
    {
        if (Arms.Any(arm => arm.Count < 2)) throw new ArgumentException("each arm needs two societies or more");
        return new TwoByTwoEffects
        {
            First = Contrast("first", [-0.5, 0.5, -0.5, 0.5], seed, random => Exchanged(random, [(0, 1), (2, 3)])),
            Second = Contrast("second", [-0.5, -0.5, 0.5, 0.5], seed, random => Exchanged(random, [(0, 2), (1, 3)])),
            Interaction = Contrast("interaction", [1, -1, -1, 1], seed, Additive()),
            Deviation = Deviation,
        };
    }

    /// <summary>The standard deviation between societies of one arm, pooled over arms.</summary>
    public double Deviation => Math.Sqrt(Arms.Sum(EffectSize.SumOfSquares) / (Arms.Sum(arm => arm.Count) - 4));

    private Effect Contrast(string name, double[] weights, ulong seed, Func<KeyedRandom, IReadOnlyList<IReadOnlyList<double>>> rearrange)
    {
        double Value(IReadOnlyList<IReadOnlyList<double>> arms) => arms.Select((arm, index) => weights[index] * arm.Average()).Sum();
        double estimate = Value(Arms);
        KeyedRandom permutation = KeyedRandom.For(seed, $"permutation/{name}");
        return new Effect
        {
            Estimate = estimate,
            Interval = Interval.Bootstrap(Arms, Value, KeyedRandom.For(seed, $"bootstrap/{name}")),
            Probability = PermutationTest.Share(Math.Abs(estimate), () => Math.Abs(Value(rearrange(permutation)))),
            Standardised = estimate == 0 ? 0 : estimate / Deviation,
        };
    }

    private double[][] Exchanged(KeyedRandom random, (int Off, int On)[] pairs)
    {
        double[][] arms = new double[4][];
        foreach ((int off, int on) in pairs)
        {
            double[] together = [.. Arms[off], .. Arms[on]];
            random.Shuffle(together.AsSpan());
            (arms[off], arms[on]) = (together[..Arms[off].Count], together[Arms[off].Count..]);
        }

        return arms;
    }

    /// <summary>Residuals of the additive model dealt anew; the additive fit itself has no interaction and need not be added back.</summary>
    private Func<KeyedRandom, IReadOnlyList<IReadOnlyList<double>>> Additive()
    {
        double[] means = [.. Arms.Select(arm => arm.Average())];
        double excess = (means[0] - means[1] - means[2] + means[3]) / 4;
        double[] signs = [1, -1, -1, 1];
        double[] residuals = [.. Arms.SelectMany((arm, index) => arm.Select(value => value - (means[index] - signs[index] * excess)))];
        return random =>
        {
            double[] dealt = [.. residuals];
            random.Shuffle(dealt.AsSpan());
            double[][] arms = new double[4][];
            int next = 0;
            for (int index = 0; index < 4; index++) arms[index] = dealt[next..(next += Arms[index].Count)];
            return arms;
        };
    }
}

/// <summary>What a 2 x 2 experiment says.</summary>
public sealed record TwoByTwoEffects
{
    /// <summary>What the first factor adds, averaged over the levels of the second.</summary>
    public required Effect First { get; init; }

    /// <summary>What the second factor adds, averaged over the levels of the first.</summary>
    public required Effect Second { get; init; }

    /// <summary>How much more the two together add than each alone: (both - first only) - (second only - neither).</summary>
    public required Effect Interaction { get; init; }

    /// <summary>The standard deviation between societies of one arm.</summary>
    public required double Deviation { get; init; }
}

/// <summary>An effect with its uncertainty.</summary>
public sealed record Effect
{
    /// <summary>The estimate, in the unit of the scores.</summary>
    public required double Estimate { get; init; }

    /// <summary>95 % bootstrap interval.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Two-sided p of a permutation test.</summary>
    public required double Probability { get; init; }

    /// <summary>The estimate in standard deviations between societies.</summary>
    public required double Standardised { get; init; }
}
