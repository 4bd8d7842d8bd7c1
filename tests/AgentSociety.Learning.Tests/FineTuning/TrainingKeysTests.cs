using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Tests;

/// <summary>Settings of a training on a log: what the method does not heed is refused by name.</summary>
public sealed class TrainingKeysTests
{
    [Theory]
    [InlineData(FineTuneMethod.PolicyGradient, "policy.batch=8", "set batch")]
    [InlineData(FineTuneMethod.PolicyGradient, "policy.lora.rank=8", "set lora.rank")]
    [InlineData(FineTuneMethod.PolicyGradient, "policy.decayShare=0.5", "has no effect where a log is trained on")]
    [InlineData(FineTuneMethod.PolicyGradient, "policy.replayShare=0.5", "has no effect where a log is trained on")]
    [InlineData(FineTuneMethod.Dpo, "policy.clipHigh=0.3", "belongs to the policy gradient")]
    [InlineData(FineTuneMethod.Dpo, "policy={clipHigh: 0.3}", "one by one")]
    [InlineData(FineTuneMethod.PolicyGradient, "policy.clipHigh=0.3", null)]
    [InlineData(FineTuneMethod.Dpo, "policy.precision=bfloat16", null)]
    [InlineData(FineTuneMethod.Dpo, "batch=8", null)]
    public void A_key_that_has_no_effect_is_refused(FineTuneMethod method, string change, string? says) => Refuses(says, () => PolicyKeys.Require([change], method));

    [Theory]
    [InlineData(FineTuneMethod.Distillation, "consolidation.steps=9", null)]
    [InlineData(FineTuneMethod.Distillation, "batch=8", null)]
    [InlineData(FineTuneMethod.Distillation, "lora.rank=8", null)]
    [InlineData(FineTuneMethod.Distillation, "policy.recomputeLayers=true", null)]
    [InlineData(FineTuneMethod.Distillation, "consolidation.batch=8", "set batch")]
    [InlineData(FineTuneMethod.Distillation, "consolidation.everyRounds=8", "leave it out")]
    [InlineData(FineTuneMethod.Distillation, "consolidation={steps: 8}", "one by one")]
    [InlineData(FineTuneMethod.Distillation, "epochs=8", "set consolidation.steps")]
    [InlineData(FineTuneMethod.Distillation, "beta=0.2", "has no effect where a run's notes are distilled")]
    [InlineData(FineTuneMethod.Dpo, "consolidation.steps=9", "belongs to distillation")]
    [InlineData(FineTuneMethod.Dpo, "beta=0.2", null)]
    public void A_key_that_distillation_does_not_heed_or_alone_heeds_is_refused(FineTuneMethod method, string change, string? says) => Refuses(says, () => ConsolidationKeys.Require([change], method));

    [Theory]
    [InlineData(FineTuneMethod.PolicyGradient, "packing=true", "use imitation or rejection-sampling")]
    [InlineData(FineTuneMethod.Imitation, "beta=1", "use dpo or spin")]
    [InlineData(FineTuneMethod.Imitation, "sound=false", "has no effect on imitation")]
    [InlineData(FineTuneMethod.RejectionSampling, "pairsPerGroup=2", "has no effect on rejection-sampling")]
    [InlineData(FineTuneMethod.Dpo, "temperature=1", "use policy-gradient")]
    [InlineData(FineTuneMethod.PolicyGradient, "temperature=1", null)]
    [InlineData(FineTuneMethod.Spin, "beta=1", null)]
    [InlineData(FineTuneMethod.Dpo, "lora.rank=4", null)]
    public void A_key_of_other_methods_is_refused(FineTuneMethod method, string change, string? says) => Refuses(says, () => MethodKeys.Require([change], method));

    [Fact]
    public void Every_key_is_heeded_by_a_method_or_more()
    {
        // A key that comes to be would be refused everywhere, until somebody says which method heeds it.
        IEnumerable<string> keys = typeof(FineTuneSettings).GetProperties().Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]);
        Assert.DoesNotContain(keys, key => Enum.GetValues<FineTuneMethod>().Where(method => method != FineTuneMethod.Distillation).All(method => Record.Exception(() => MethodKeys.Require([$"{key}=1"], method)) is not null));
    }

    // Null says that nothing is refused.
    private static void Refuses(string? says, Action require)
    {
        Exception? refusal = Record.Exception(require);
        if (says is null) Assert.Null(refusal);
        else Assert.Contains(says, Assert.IsType<SocietyException>(refusal).Message);
    }

    [Fact]
    public void Every_key_of_distillation_is_heeded_or_refused_by_name()
    {
        string[] Refused(Type settings, string prefix) => [.. settings.GetProperties().Select(property => $"{prefix}{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}")
            .Where(key => Record.Exception(() => ConsolidationKeys.Require([$"{key}=1"], FineTuneMethod.Distillation)) is SocietyException)];
        Assert.Equal(["epochs", "packing", "weightDecay", "beta", "pairsPerGroup", "sound", "temperature", "consolidation"], Refused(typeof(FineTuneSettings), ""));
        Assert.Equal(["everyRounds", "batch", "learningRate", "warmupSteps", "gradientNorm"], Refused(typeof(ConsolidationSettings), "consolidation.").Select(key => key["consolidation.".Length..]));
    }

    [Fact]
    public void Every_key_of_the_policy_is_heeded_or_refused_by_name()
    {
        // A key that comes to be would be refused as one without effect, until somebody says what a log makes of it.
        string[] refused = [.. typeof(LearningSettings).GetProperties().Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
            .Where(key => Record.Exception(() => PolicyKeys.Require([$"policy.{key}=1"], FineTuneMethod.PolicyGradient)) is SocietyException { Message: var why } && why.EndsWith("leave it out", StringComparison.Ordinal))];
        Assert.Equal(["enabled", "method", "decayShare", "stepsPerRound", "reward", "replayShare", "replayWeight", "rememberedShare", "rememberedSolutions", "remember", "positionSlack", "positionJump"], refused);
    }
}
