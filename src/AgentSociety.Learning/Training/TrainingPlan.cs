using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>What a trainer must know of its run.</summary>
public sealed record TrainingPlan
{
    /// <summary>The name of a model's own weights where an adapter's name is asked for.</summary>
    public const string Base = "base";

    /// <summary>The scenario's <c>learning</c>.</summary>
    public required LearningSettings Learning { get; init; }

    /// <summary>The scenario's <c>pretrain</c>: what base material is drawn.</summary>
    public required PretrainSettings Pretrain { get; init; }

    /// <summary>The sampling temperature of play: recorded log-probabilities are those of logits divided by it.</summary>
    public required double Temperature { get; init; }

    /// <summary>The most tokens of an attempt, by which sums over tokens are divided under <c>aggregation: constant</c>; null for the model's context.</summary>
    public int? MaximumTokens { get; init; }

    /// <summary>The run's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Rounds of the whole run, where the learning rate depends on them.</summary>
    public int Rounds { get; init; }

    /// <summary>True where what is trained on was written before the training and not between its calls: what it is held against then are the weights that it began with.</summary>
    public bool IsLog { get; init; }

    /// <summary>Who lives in the society, and whose weights each trains.</summary>
    public required IReadOnlyList<Agent> Population { get; init; }
}
