using AgentSociety.Core.Randomness;
using AgentSociety.Learning.Statistics;
using CsCheck;

namespace AgentSociety.Learning.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(8, 10, 0.490162, 0.943318)] // Newcombe 1998's formula, worked by hand
    [InlineData(81, 263, 0.255268, 0.366237)] // Newcombe 1998, table I
    [InlineData(0, 20, 0, 0.161125)]
    [InlineData(20, 20, 0.838875, 1)]
    [InlineData(0, 0, 0, 1)]
    public void The_score_interval_gives_published_values(int successes, int count, double low, double high)
    {
        Interval interval = Interval.Wilson(successes, count);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Theory]
    [InlineData(1.959963985, 0.975)]
    [InlineData(-3, 0.001349898)]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0.691462461)]
    public void The_normal_distribution_gives_tabled_values(double z, double probability)
    {
        Assert.Equal(probability, Distributions.Normal(z), 8);
        Assert.Equal(z, Distributions.NormalQuantile(Distributions.Normal(z)), 8);
    }

    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(10, 2.2281)]
    [InlineData(28, 2.0484)]
    [InlineData(1000, 1.9623)]
    public void Students_t_gives_tabled_values(double degrees, double critical) =>
        Assert.Equal(critical, Distributions.StudentTQuantile(0.975, degrees), 4);

    [Fact]
    public void Log_gamma_gives_factorials() =>
        Assert.All(Enumerable.Range(1, 20), n => Assert.Equal(Math.Log(Enumerable.Range(1, n - 1).Aggregate(1.0, (product, i) => product * i)), Distributions.LogGamma(n), 10));

    [Fact]
    public void The_bootstrap_of_a_mean_is_as_wide_as_its_standard_error_says()
    {
        KeyedRandom random = KeyedRandom.For(1, "values");
        double[] values = [.. Enumerable.Range(0, 200).Select(_ => random.NextGaussian())];
        double error = Math.Sqrt(values.Select(value => value * value).Average() - Math.Pow(values.Average(), 2)) / Math.Sqrt(200);
        Interval interval = Interval.BootstrapMean(values, KeyedRandom.For(1, "bootstrap"));
        Assert.Equal(values.Average() - 1.96 * error, interval.Low, 2);
        Assert.Equal(values.Average() + 1.96 * error, interval.High, 2);
    }

    [Fact]
    public void Exact_permutation_tests_count_the_rearrangements()
    {
        KeyedRandom random = KeyedRandom.For(1, "permutation");
        Assert.Equal(2.0 / 20, PermutationTest.TwoSamples([1, 2, 3], [10, 11, 12], random)); // this split and its mirror of 20
        Assert.Equal(1, PermutationTest.TwoSamples([1, 2], [1, 2], random));
        Assert.Equal(2.0 / 256, PermutationTest.Paired([1, 2, 1, 3, 1, 2, 1, 1], random)); // all signs alike
    }

    [Fact]
    public void Drawn_permutations_agree_with_the_t_test_for_many_values()
    {
        KeyedRandom random = KeyedRandom.For(3, "values");
        double[] first = [.. Enumerable.Range(0, 40).Select(_ => random.NextGaussian() + 0.5)], second = [.. Enumerable.Range(0, 40).Select(_ => random.NextGaussian())];
        double pooled = Math.Sqrt((SumOfSquares(first) + SumOfSquares(second)) / 78), t = (first.Average() - second.Average()) / (pooled * Math.Sqrt(2.0 / 40));
        double expected = 2 * (1 - Distributions.StudentT(Math.Abs(t), 78));
        Assert.Equal(expected, PermutationTest.TwoSamples(first, second, KeyedRandom.For(3, "permutation")), 2);
    }

    [Fact]
    public void Effect_sizes_follow_their_formulas()
    {
        Assert.Equal(3 / Math.Sqrt(2.5) * (1 - 3.0 / 31), EffectSize.HedgesG([4, 5, 6, 7, 8], [1, 2, 3, 4, 5]), 12);
        Assert.Equal(1, EffectSize.CliffsDelta([5, 6], [1, 2]));
        Assert.Equal(0, EffectSize.CliffsDelta([1, 2], [1, 2]));
        Assert.Equal(Math.PI, EffectSize.CohensH(1, 0), 12);
    }

    [Fact]
    public void An_experiment_without_interaction_shows_its_main_effects_alone()
    {
        TwoByTwoEffects effects = Societies(0.2, 0.5, 0.3, 0.6, deviation: 0.03, count: 10).Analyse();
        Assert.Equal(0.3, effects.First.Estimate, 1);
        Assert.Equal(0.1, effects.Second.Estimate, 1);
        Assert.True(effects.First.Probability < 0.001 && effects.Second.Probability < 0.01 && effects.Interaction.Probability > 0.05);
        Assert.InRange(0.0, effects.Interaction.Interval.Low, effects.Interaction.Interval.High);
        Assert.InRange(effects.Deviation, 0.02, 0.04);
    }

    [Fact]
    public void What_only_both_together_do_is_an_interaction()
    {
        TwoByTwoEffects effects = Societies(0.1, 0.1, 0.1, 0.9, deviation: 0.05, count: 8).Analyse();
        Assert.Equal(0.8, effects.Interaction.Estimate, 1);
        Assert.True(effects.Interaction.Probability < 0.001 && effects.Interaction.Interval.Low > 0.6);
    }

    [Fact]
    public void The_interaction_test_raises_false_alarms_at_its_rate_only()
    {
        int alarms = 0;
        for (ulong seed = 0; seed < 60; seed++)
        {
            if (Societies(0.2, 0.5, 0.3, 0.6, 0.05, 6, seed).Analyse(seed).Interaction.Probability < 0.1) alarms++;
        }

        Assert.InRange(alarms, 0, 14); // 6 expected; above 14 has a chance of 1 in 1,000
    }

    [Fact]
    public void Power_agrees_with_simulated_experiments()
    {
        const double effect = 0.1, deviation = 0.08;
        const int societies = 6, runs = 4000;
        double critical = Distributions.StudentTQuantile(0.975, 20);
        KeyedRandom random = KeyedRandom.For(4, "power");
        int found = 0;
        for (int run = 0; run < runs; run++)
        {
            double[][] arms = [.. new[] { 0, 0, 0, effect }.Select(mean => Enumerable.Range(0, societies).Select(_ => mean + deviation * random.NextGaussian()).ToArray())];
            double estimate = arms[0].Average() - arms[1].Average() - arms[2].Average() + arms[3].Average();
            double error = Math.Sqrt(arms.Sum(SumOfSquares) / 20 * 4 / societies);
            if (Math.Abs(estimate / error) > critical) found++;
        }

        Assert.Equal((double)found / runs, Power.Of(effect, deviation, societies, Contrast.Interaction), 0.025);
    }

    [Fact]
    public void Power_of_a_difference_is_that_of_the_two_sample_t_test() =>
        // Cohen (1988), table 2.3.5: d = 0.8, 26 in each group, two-sided 0.05: 80 %.
        Assert.Equal(0.8, Power.Of(0.8, 1, 26, Contrast.Difference), 0.01);

    [Fact]
    public void The_number_of_societies_is_the_least_that_reaches_the_power() => Gen.Double[0.05, 0.3].Select(Gen.Double[0.02, 0.1]).Sample((effect, deviation) =>
    {
        int needed = Power.SocietiesNeeded(effect, deviation, Contrast.Interaction)!.Value;
        Assert.True(Power.Of(effect, deviation, needed, Contrast.Interaction) >= 0.8);
        if (needed > 2) Assert.True(Power.Of(effect, deviation, needed - 1, Contrast.Interaction) < 0.8);
    }, iter: 20);

    [Fact]
    public void A_ratchet_rises_without_slipping_back()
    {
        // Anscombe's first set in the order of x: slope 0.5001, standard error 0.1179.
        Ratchet ratchet = Ratchet.Of([4.26, 5.68, 7.24, 4.82, 6.95, 8.81, 8.04, 8.33, 10.84, 7.58, 9.96], tolerance: 0);
        Assert.Equal(0.5001, ratchet.Slope, 4);
        Assert.Equal(0.5001 - 2.2622 * 0.1179, ratchet.Interval.Low, 3);
        Assert.Equal(0.4, ratchet.WithoutLoss);
        Assert.Equal(1, Ratchet.Of([0.1, 0.5, 0.49, 0.9]).WithoutLoss);
    }

    private static TwoByTwo Societies(double neither, double first, double second, double both, double deviation, int count, ulong seed = 1)
    {
        KeyedRandom random = KeyedRandom.For(seed, "societies");
        double[] Arm(double mean) => [.. Enumerable.Range(0, count).Select(_ => mean + deviation * random.NextGaussian())];
        return new TwoByTwo(Arm(neither), Arm(first), Arm(second), Arm(both));
    }

    private static double SumOfSquares(double[] values) => values.Sum(value => Math.Pow(value - values.Average(), 2));
}
