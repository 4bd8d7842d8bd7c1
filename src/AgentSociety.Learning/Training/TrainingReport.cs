using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Learning;

/// <summary>What one call of the trainer did.</summary>
public sealed record TrainingReport
{
    /// <summary>The round whose episodes were trained on.</summary>
    public required int Round { get; init; }

    /// <summary>Gradient steps taken; 0 where no episode carried a signal.</summary>
    public required int Steps { get; init; }

    /// <summary>Episodes that were given.</summary>
    public required int Episodes { get; init; }

    /// <summary>Episodes that carried a signal and were trained on, once an epoch.</summary>
    public required int Used { get; init; }

    /// <summary>Tokens that went through the model in training, prompts and base material included, padding not.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean loss of the steps; NaN where none was taken.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean of -log p over tokens of base material (and of imitated episodes), without smoothing; NaN where there were none.</summary>
    public required double ImitationLoss { get; init; }

    /// <summary>Share of sampled tokens whose gradient was cut by the clip.</summary>
    public required double ClipFraction { get; init; }

    /// <summary>Mean over sampled tokens of the k3 estimate of the divergence of the weights being trained from those that sampled.</summary>
    public required double Divergence { get; init; }

    /// <summary>Share of pairs that the weights order as they should, relative to those at the round's beginning, as each step found them; null where there were none.</summary>
    public double? PairsInOrder { get; init; }

    /// <summary>Mean norm of the gradient before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Mean entropy in nats of the predictions of sampled tokens, by role.</summary>
    public required IReadOnlyDictionary<Role, double> Entropy { get; init; }

    /// <summary>What each step learned from, in order.</summary>
    public IReadOnlyList<TrainingBatchRecord> Batches { get; init; } = [];

    /// <summary>Time it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Tokens per second.</summary>
    public double TokensPerSecond => Elapsed > TimeSpan.Zero ? Tokens / Elapsed.TotalSeconds : 0;
}
