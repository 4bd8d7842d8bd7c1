using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>How transcripts change weights.</summary>
public sealed record LearningSettings
{
    /// <summary>False to play without training.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What is trained.</summary>
    public TrainedWeights Weights { get; init; } = TrainedWeights.Full;

    /// <summary>The adapters, where <c>weights</c> is <c>lora</c>.</summary>
    public LoraSettings Lora { get; init; } = new();

    /// <summary>AdamW's learning rate.</summary>
    [Range(0, 1)]
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>AdamW's weight decay.</summary>
    [Range(0, 10)]
    public double WeightDecay { get; init; }

    /// <summary>Episodes in a gradient step.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 128;

    /// <summary>Passes over a round's episodes.</summary>
    [Range(1, 100)]
    public int Epochs { get; init; } = 1;

    /// <summary>The probability ratio is clipped below 1 minus this (PPO's epsilon; DAPO's epsilon-low).</summary>
    [Range(0, 1)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The probability ratio is clipped above 1 plus this (DAPO's clip-higher).</summary>
    [Range(0, 10)]
    public double ClipHigh { get; init; } = 0.28;

    /// <summary>Greatest norm of the gradient.</summary>
    [Range(0, 1e6)]
    public double GradientNorm { get; init; } = 1;

    /// <summary>Weight of the entropy bonus on solvers' tokens.</summary>
    [Range(0, 10)]
    public double SolverEntropy { get; init; }

    /// <summary>Weight of the entropy bonus on proposers' tokens.</summary>
    [Range(0, 10)]
    public double ProposerEntropy { get; init; } = 0.01;

    /// <summary>Mean token entropy in nats below which the entropy bonus is multiplied by ten until it recovers; 0 for no floor.</summary>
    [Range(0, 10)]
    public double EntropyFloor { get; init; }

    /// <summary>What a solver's attempt is rewarded for.</summary>
    public SolverReward Reward { get; init; } = SolverReward.Sound;

    /// <summary>Weight of the environment's verdict on each step, added to the advantage of the step's own tokens; 0 for outcome only.</summary>
    [Range(0, 100)]
    public double StepCredit { get; init; }

    /// <summary>Share of each batch that is base material (demonstrations), against forgetting.</summary>
    [Range(0, 0.95)]
    public double ReplayShare { get; init; } = 0.25;

    /// <summary>Weight of the supervised loss on base material.</summary>
    [Range(0, 100)]
    public double ReplayWeight { get; init; } = 1;

    /// <summary>Positions that may be skipped at random in training, as in <c>pretrain.positionSlack</c>.</summary>
    [Range(0, 100_000)]
    public int PositionSlack { get; init; }
}

/// <summary>What is trained.</summary>
public enum TrainedWeights
{
    /// <summary>All weights of the shared model.</summary>
    Full,

    /// <summary>Low-rank adapters over a frozen base.</summary>
    Lora,
}

/// <summary>What a solver's attempt is rewarded for.</summary>
public enum SolverReward
{
    /// <summary>A right answer, however it was reached.</summary>
    Correct,

    /// <summary>A right answer with every step valid.</summary>
    Sound,
}

/// <summary>Low-rank adapters (Hu et al. 2021, section 4).</summary>
public sealed record LoraSettings
{
    /// <summary>Rank of the update.</summary>
    [Range(1, 1024)]
    public int Rank { get; init; } = 8;

    /// <summary>The update is scaled by alpha / rank, or alpha / sqrt(rank) with <see cref="RankStabilised"/>.</summary>
    [Range(0, 10_000)]
    public double Alpha { get; init; } = 16;

    /// <summary>Scale by the square root of the rank (rsLoRA, Kalajdzievski 2023).</summary>
    public bool RankStabilised { get; init; }

    /// <summary>The matrices that are adapted, by their Hugging Face names.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
}
