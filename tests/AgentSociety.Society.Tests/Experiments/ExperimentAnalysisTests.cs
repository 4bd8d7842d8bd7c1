using AgentSociety.Core.Randomness;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Society.Tests;

public sealed class ExperimentAnalysisTests
{
    private static readonly ExperimentSettings Crossed = new() { Name = "synthetic", Base = "none.yaml", Factors = [new() { Name = "culture" }, new() { Name = "self-play" }], Effect = 0.2 };

    private static readonly ExperimentSettings Named = Crossed with { Factors = [] };

    [Fact]
    public void What_both_factors_do_together_is_an_interaction()
    {
        ExperimentAnalysis analysis = Analyse(Crossed, 8, 0.03, ("neither", 0.1), ("culture", 0.15), ("self-play", 0.15), ("both", 0.9));
        Assert.InRange(analysis.Effects!.Interaction.Estimate, 0.6, 0.8);
        Assert.True(analysis.Effects.Interaction.Probability < 0.001);
        Assert.True(analysis.Effects.Interaction.Interval.Low > 0.5);
        Assert.InRange(analysis.Deviation, 0.015, 0.05);
        Assert.InRange(analysis.Arms[3].Mean, 0.85, 0.95);
        Assert.Equal(Power.SocietiesNeeded(0.2, analysis.Deviation, Contrast.Interaction), analysis.SocietiesNeeded);
        Assert.Equal([("culture", "neither"), ("self-play", "neither"), ("both", "neither"), ("both", "culture"), ("both", "self-play")], analysis.Comparisons.Select(pair => (pair.First, pair.Second)));
    }

    [Fact]
    public void Arms_that_are_alike_show_nothing_in_nineteen_of_twenty_experiments()
    {
        const int Experiments = 40;
        int alarms = Enumerable.Range(0, Experiments).Count(index => Analyse(Named, 6, 0.05, (ulong)index, ("control", 0.5), ("other", 0.5)).Comparisons[0].Probability < 0.05);
        Assert.InRange(alarms, 0, 6);
    }

    [Fact]
    public void A_difference_of_named_arms_is_held_against_the_first()
    {
        ExperimentAnalysis analysis = Analyse(Named, 8, 0.05, ("control", 0.3), ("better", 0.8), ("worse", 0.1));
        Assert.Null(analysis.Effects);
        Assert.All(analysis.Comparisons, pair => Assert.Equal("control", pair.Second));
        Assert.Equal(2.0 / 12_870, analysis.Comparisons[0].Probability, 1e-9);
        Assert.Equal(1, analysis.Comparisons[0].CliffsDelta);
        Assert.Equal(-1, analysis.Comparisons[1].CliffsDelta);
        Assert.True(analysis.Comparisons[0].HedgesG > 3);
    }

    [Fact]
    public void Societies_that_agree_by_chance_do_not_promise_power()
    {
        (string, IReadOnlyList<double>)[] alike = [("a", [0.5, 0.5, 0.5]), ("b", [0.5, 0.5, 0.5])];
        Assert.Equal(Power.SocietiesNeeded(0.05, 0.05, Contrast.Difference), ExperimentAnalysis.Of(Named with { Effect = 0.05 }, alike, leastDeviation: 0.05).SocietiesNeeded);
        Assert.Equal(0, ExperimentAnalysis.Of(Named, alike).Deviation);
    }

    [Fact]
    public void The_same_scores_give_the_same_numbers() =>
        Assert.Equal(Analyse(Crossed, 5, 0.1, ("a", 0.1), ("b", 0.2), ("c", 0.3), ("d", 0.9)).Effects, Analyse(Crossed, 5, 0.1, ("a", 0.1), ("b", 0.2), ("c", 0.3), ("d", 0.9)).Effects);

    private static ExperimentAnalysis Analyse(ExperimentSettings settings, int societies, double deviation, params (string Name, double Mean)[] arms) => Analyse(settings, societies, deviation, 1, arms);

    private static ExperimentAnalysis Analyse(ExperimentSettings settings, int societies, double deviation, ulong seed, params (string Name, double Mean)[] arms)
    {
        KeyedRandom random = KeyedRandom.For(seed, "synthetic societies");
        return ExperimentAnalysis.Of(settings, [.. arms.Select(arm => (arm.Name, (IReadOnlyList<double>)[.. Enumerable.Range(0, societies).Select(_ => arm.Mean + deviation * random.NextGaussian())]))]);
    }
}
