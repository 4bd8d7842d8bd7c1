using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Society;

namespace AgentSociety.Cli.Tests;

/// <summary>What a name of a method sets, held against its paper.</summary>
public sealed class NamedMethodTests
{
    [Theory]
    [InlineData("grpo", AdvantageEstimator.GroupNormalised, LossAggregation.Episode, 0.2)]
    [InlineData("dr-grpo", AdvantageEstimator.Group, LossAggregation.Constant, 0.2)]
    [InlineData("dapo", AdvantageEstimator.GroupNormalised, LossAggregation.Token, 0.28)]
    [InlineData("rloo", AdvantageEstimator.LeaveOneOut, LossAggregation.Constant, 0.28)]
    [InlineData("reinforce++", AdvantageEstimator.Batch, LossAggregation.Token, 0.28)]
    [InlineData("task-reinforce++", AdvantageEstimator.Task, LossAggregation.Token, 0.28)]
    public void A_gradient_is_its_baseline_its_aggregation_and_its_clip(string name, AdvantageEstimator advantage, LossAggregation aggregation, double clipHigh)
    {
        FineTuneSettings settings = Of(name);
        Assert.Equal(FineTuneMethod.PolicyGradient, settings.Method);
        Assert.Equal((advantage, aggregation, 0.2, clipHigh), (settings.Policy.Advantage, settings.Policy.Aggregation, settings.Policy.ClipLow, settings.Policy.ClipHigh));
        // What papers tune beside it is left to the user.
        Assert.Equal(new LearningSettings { Advantage = advantage, Aggregation = aggregation, ClipHigh = clipHigh }, settings.Policy);
        Assert.Equal(new FineTuneSettings { Method = FineTuneMethod.PolicyGradient, Policy = settings.Policy }, settings);
    }

    [Theory]
    [InlineData("sft", FineTuneMethod.Imitation)]
    [InlineData("imitation", FineTuneMethod.Imitation)]
    [InlineData("rejection-sampling", FineTuneMethod.RejectionSampling)]
    [InlineData("policy-gradient", FineTuneMethod.PolicyGradient)]
    [InlineData("dpo", FineTuneMethod.Dpo)]
    [InlineData("spin", FineTuneMethod.Spin)]
    public void Other_names_are_the_method_with_its_defaults(string name, FineTuneMethod method) => Assert.Equal(new FineTuneSettings { Method = method }, Of(name));

    [Fact]
    public void Distillation_has_the_defaults_of_a_sleep()
    {
        FineTuneSettings settings = Of("distillation");
        Assert.Equal(FineTuneMethod.Distillation, settings.Method);
        ConsolidationSettings sleep = new();
        Assert.Equal((sleep.Batch, sleep.LearningRate, sleep.WarmupSteps, sleep.GradientNorm), (settings.Batch, settings.LearningRate, settings.WarmupSteps, settings.GradientNorm));
        Assert.Equal(sleep, settings.Consolidation);
    }

    [Fact]
    public void No_name_is_left_out_here() => Assert.Equal(
        ["dapo", "distillation", "dpo", "dr-grpo", "grpo", "imitation", "policy-gradient", "reinforce++", "rejection-sampling", "rloo", "sft", "spin", "task-reinforce++"], NamedMethod.Names.Order(StringComparer.Ordinal));

    private static FineTuneSettings Of(string name) => ScenarioFile.Settings<FineTuneSettings>(NamedMethod.Changes(name)!);
}
