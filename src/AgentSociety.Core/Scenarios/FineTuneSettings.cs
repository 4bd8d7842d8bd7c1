using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>Training on logs of runs that are over.</summary>
public sealed record FineTuneSettings
{
    /// <summary>How the log becomes a gradient.</summary>
    public FineTuneMethod Method { get; init; } = FineTuneMethod.RejectionSampling;

    /// <summary>Passes over the log.</summary>
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Episodes (pairs, for preferences) in a gradient step.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 64;

    /// <summary>True to put several short texts into one row of a batch where they are imitated: less padding, wider attention, and the same loss and gradient.</summary>
    public bool Packing { get; init; }

    /// <summary>Peak learning rate; warmed up, then lowered along a cosine to a tenth.</summary>
    [Range(0, 1)]
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Steps of warm-up.</summary>
    [Range(0, 1_000_000)]
    public int WarmupSteps { get; init; } = 10;

    /// <summary>AdamW's weight decay.</summary>
    [Range(0, 10)]
    public double WeightDecay { get; init; }

    /// <summary>Greatest norm of the gradient.</summary>
    [Range(0, 1e6)]
    public double GradientNorm { get; init; } = 1;

    /// <summary>How strongly preferences hold the policy to where it began (DPO's beta, SPIN's lambda).</summary>
    [Range(0.0001, 100)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Most pairs that one group of attempts gives to preferences.</summary>
    [Range(1, 1000)]
    public int PairsPerGroup { get; init; } = 4;

    /// <summary>True to count an answer as right only where every step is valid.</summary>
    public bool Sound { get; init; } = true;

    /// <summary>The temperature that the log was sampled at: recorded log-probabilities are those of logits divided by it. Without it that of the runs, which must be one; 1 where they do not say.</summary>
    [Range(0.01, 10)]
    public double? Temperature { get; init; }

    /// <summary>What is trained.</summary>
    public TrainedWeights Weights { get; init; } = TrainedWeights.Full;

    /// <summary>The adapter, where <c>weights</c> is <c>lora</c>.</summary>
    public LoraSettings Lora { get; init; } = new();

    /// <summary>Baseline, bounds and credit of the policy gradient, and what bounds memory for every method; its batch, rates, epochs and weights are those above, and its replay is none: setting those here is refused.</summary>
    public LearningSettings Policy { get; init; } = new();

    /// <summary>Lessons, steps and replay of distillation; its batch, rates and bound of the gradient are those above, and setting those here is refused.</summary>
    public ConsolidationSettings Consolidation { get; init; } = new();
}

/// <summary>How a log becomes a gradient.</summary>
public enum FineTuneMethod
{
    /// <summary>Imitation of every episode of the log (SFT).</summary>
    Imitation,

    /// <summary>Imitation of the verified episodes (rejection sampling, RFT; Yuan et al. 2023).</summary>
    RejectionSampling,

    /// <summary>Clipped policy gradient on the log's groups, with importance ratios to the recorded log-probabilities.</summary>
    PolicyGradient,

    /// <summary>Preferences for right answers over wrong ones to the same problem (DPO; Rafailov et al. 2023).</summary>
    Dpo,

    /// <summary>Preferences for verified answers over the model's own earlier ones, whatever these were worth (SPIN; Chen et al. 2024).</summary>
    Spin,

    /// <summary>Context distillation of a run's notes: what the model does with the scratchpad at hand it learns to do without it (Snell, Klein and Zhong 2022).</summary>
    Distillation,
}
