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

    /// <summary>How an episode's reward becomes a gradient.</summary>
    public LearningMethod Method { get; init; } = LearningMethod.PolicyGradient;

    /// <summary>How strongly the preferences of <c>dpo</c> and <c>spin</c> hold the weights to those at the round's beginning (DPO's beta, SPIN's lambda).</summary>
    [Range(0.0001, 100)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Most pairs that one problem's attempts give to <c>dpo</c> and <c>spin</c>.</summary>
    [Range(1, 1000)]
    public int PairsPerGroup { get; init; } = 4;

    /// <summary>What a solver's reward is measured against.</summary>
    public AdvantageEstimator Advantage { get; init; } = AdvantageEstimator.Group;

    /// <summary>What a proposer's reward is measured against; proposals have no group, so only <c>role</c>, <c>batch</c> and <c>task</c> apply.</summary>
    public AdvantageEstimator ProposerAdvantage { get; init; } = AdvantageEstimator.Task;

    /// <summary>How token losses become one loss.</summary>
    public LossAggregation Aggregation { get; init; } = LossAggregation.Token;

    /// <summary>AdamW's learning rate.</summary>
    [Range(0, 1)]
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Share of the rounds, at the end, over which the learning rate falls in a straight line to a tenth, so that what was learned settles; 0 for a constant rate.</summary>
    [Range(0, 1)]
    public double DecayShare { get; init; }

    /// <summary>AdamW's weight decay.</summary>
    [Range(0, 10)]
    public double WeightDecay { get; init; }

    /// <summary>Episodes in a gradient step.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 128;

    /// <summary>
    /// Gradient steps in a pass over a round, however many episodes carry a signal: arms of an experiment then cost the same. Each takes
    /// <c>batch</c> x <c>replayShare</c> texts of base material. 0 for as many steps as <c>batch</c> asks for.
    /// </summary>
    [Range(0, 100_000)]
    public int StepsPerRound { get; init; }

    /// <summary>Passes over a round's episodes.</summary>
    [Range(1, 100)]
    public int Epochs { get; init; } = 1;

    /// <summary>The probability ratio is clipped below 1 minus this (PPO's epsilon; DAPO's epsilon-low).</summary>
    [Range(0, 1)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The probability ratio is clipped above 1 plus this (DAPO's clip-higher).</summary>
    [Range(0, 10)]
    public double ClipHigh { get; init; } = 0.28;

    /// <summary>Tokens with a negative advantage count at most this often their advantage (dual-clip PPO, Ye et al. 2020, "Mastering complex control in MOBA games"); 0 for no such bound.</summary>
    [Range(0, 1000)]
    public double DualClip { get; init; }

    /// <summary>
    /// Greatest factor by which a token counts more or less because the weights that were decoded with gave it another probability than the trainer does; the ratio is
    /// then taken against the trainer's own probability before the round (truncated importance sampling, Yao et al. 2025, "Your efficient RL framework
    /// secretly brings you off-policy RL training"). For quantised or remote decoding; 0 takes the recorded probabilities as they are.
    /// </summary>
    [Range(0, 1000)]
    public double DecodingCorrection { get; init; }

    /// <summary>Factor on negative advantages: below 1, wrong attempts push less than right ones pull.</summary>
    [Range(0, 100)]
    public double NegativeWeight { get; init; } = 1;

    /// <summary>Factor on the loss of proposers' tokens, against solvers' much longer and many more texts.</summary>
    [Range(0, 1000)]
    public double ProposerWeight { get; init; } = 1;

    /// <summary>Weight of the divergence from the base model; 0 keeps no reference copy.</summary>
    [Range(0, 100)]
    public double KlWeight { get; init; }

    /// <summary>How that divergence is estimated from sampled tokens.</summary>
    public KlEstimator KlEstimator { get; init; } = KlEstimator.K3;

    /// <summary>Greatest norm of the gradient.</summary>
    [Range(0, 1e6)]
    public double GradientNorm { get; init; } = 1;

    /// <summary>Weight of the entropy bonus on solvers' tokens; <c>rejection-sampling</c> has none above <c>entropyFloor</c>.</summary>
    [Range(0, 10)]
    public double SolverEntropy { get; init; }

    /// <summary>Weight of the entropy bonus on proposers' tokens; <c>rejection-sampling</c> has none above <c>entropyFloor</c>.</summary>
    [Range(0, 10)]
    public double ProposerEntropy { get; init; } = 0.01;

    /// <summary>Mean token entropy in nats below which a role's entropy bonus is ten times the larger of its weight and 0.001 until it recovers, under <c>rejection-sampling</c> too; 0 for no floor.</summary>
    [Range(0, 10)]
    public double EntropyFloor { get; init; }

    /// <summary>What a solver's attempt is rewarded for.</summary>
    public SolverReward Reward { get; init; } = SolverReward.Sound;

    /// <summary>Weight of the environment's verdict on each step, less the mean over what <c>advantage</c> measures against, added to the advantage of the step's own tokens; 0 for outcome only.</summary>
    [Range(0, 100)]
    public double StepCredit { get; init; }

    /// <summary>
    /// Weight of the agent's own marks on the steps of its finished attempt, added as those of <c>stepCredit</c> are, times how far the marks of the round
    /// agree with the verifier's; each attempt is then reviewed by who made it. 0 for no reviews.
    /// </summary>
    [Range(0, 100)]
    public double RetrospectiveCredit { get; init; }

    /// <summary>Share of each batch that is base material (demonstrations), against forgetting.</summary>
    [Range(0, 0.95)]
    public double ReplayShare { get; init; } = 0.5;

    /// <summary>Weight of the supervised loss on base material.</summary>
    [Range(0, 100)]
    public double ReplayWeight { get; init; } = 1;

    /// <summary>Share of the replay that is the society's own: solutions of earlier rounds, every difficulty alike, against forgetting what was learned in play.</summary>
    [Range(0, 1)]
    public double RememberedShare { get; init; } = 0.5;

    /// <summary>Newest solutions of each difficulty that are kept for replay.</summary>
    [Range(1, 100_000)]
    public int RememberedSolutions { get; init; } = 128;

    /// <summary>Which attempts are solutions that are kept: <c>correct</c> takes the answer's word for it, and keeps lucky ones too.</summary>
    public SolverReward Remember { get; init; } = SolverReward.Sound;

    /// <summary>Tokens (padding included) that pass through the model at once; a gradient step larger than that is accumulated. Bounds memory.</summary>
    [Range(64, 100_000_000)]
    public int MicroBatchTokens { get; init; } = 16_384;

    /// <summary>The numbers in which matrices are multiplied in training; weights, sums and losses stay float32. On a CPU without units for it bfloat16 is slower.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>True to keep the inputs of layers alone in a forward pass and compute the rest again for the gradient: the memory of a layer in place of all, for a third more time.</summary>
    public bool RecomputeLayers { get; init; }

    /// <summary>
    /// Positions that may be skipped at random in what is replayed, base material and own solutions, as in <c>pretrain.positionSlack</c>: weights then know positions that the next
    /// difficulty needs before anybody has written so far. Rollouts keep the positions that they were sampled with.
    /// </summary>
    [Range(0, 100_000)]
    public int PositionSlack { get; init; }

    /// <summary>
    /// The most positions that are skipped at one place of what is replayed, base material and own solutions, beside <c>positionSlack</c>, as in <c>pretrain.positionJump</c>; 0 for none. Rollouts keep
    /// the positions that they were sampled with.
    /// </summary>
    [Range(0, 100_000)]
    public int PositionJump { get; init; }
}

/// <summary>How an episode's reward becomes a gradient.</summary>
public enum LearningMethod
{
    /// <summary>Clipped policy gradient on advantages (PPO's objective without a critic, as in GRPO).</summary>
    PolicyGradient,

    /// <summary>Supervised training on the rewarded episodes alone (expert iteration, STaR, RFT).</summary>
    RejectionSampling,

    /// <summary>Supervised training on every episode, whatever it earned (SFT).</summary>
    Imitation,

    /// <summary>Preferences of solvers for rewarded answers over others to the same problem, held to the weights at the round's beginning (DPO, Rafailov et al. 2023, round after round). Proposals teach nothing.</summary>
    Dpo,

    /// <summary>Preferences of solvers for rewarded answers over the round's own draws, whatever these earned (SPIN, Chen et al. 2024, whose opponent is the iteration before). Proposals teach nothing.</summary>
    Spin,
}

/// <summary>What a reward is measured against.</summary>
public enum AdvantageEstimator
{
    /// <summary>The mean of its group (Dr. GRPO, Liu et al. 2025).</summary>
    Group,

    /// <summary>The mean of its group, divided by the group's standard deviation (GRPO, Shao et al. 2024, section 4.1.2).</summary>
    GroupNormalised,

    /// <summary>The mean of the others of its group (RLOO, Ahmadian et al. 2024, section 3.2).</summary>
    LeaveOneOut,

    /// <summary>Mean and standard deviation of all episodes of the round with its role (REINFORCE++, Hu 2025).</summary>
    Batch,

    /// <summary>Mean and standard deviation of all episodes of the round with its role, kind of task and difficulty (task-relative REINFORCE++, Absolute Zero, Zhao et al. 2025, eq. 8).</summary>
    Task,

    /// <summary>A running mean of its role's rewards (role-conditioned advantage estimation, SPIRAL, Liu et al. 2025).</summary>
    Role,
}

/// <summary>How token losses become one loss.</summary>
public enum LossAggregation
{
    /// <summary>The mean over all tokens: long episodes weigh more (DAPO, Yu et al. 2025, section 3.3).</summary>
    Token,

    /// <summary>The mean over episodes of their mean over tokens: every episode weighs the same (GRPO).</summary>
    Episode,

    /// <summary>The sum over tokens, divided by episodes times <c>selfPlay.maximumTokens</c>, the same for all: no bias by length (Dr. GRPO, with the most tokens of a completion as the constant).</summary>
    Constant,
}

/// <summary>An estimator of a divergence from sampled tokens; r is the reference's probability over the policy's (Schulman 2020, "Approximating KL divergence").</summary>
public enum KlEstimator
{
    /// <summary>-log r: unbiased and noisy, and for measuring alone: as a loss its expected gradient is zero, so that it is refused with a weight.</summary>
    K1,

    /// <summary>(log r)^2 / 2: biased, low variance.</summary>
    K2,

    /// <summary>r - 1 - log r: unbiased, low variance, never negative.</summary>
    K3,
}

/// <summary>Numbers in which matrices are multiplied.</summary>
public enum Precision
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>Half as many bits, with the range of single precision: mixed precision without loss scaling.</summary>
    Bfloat16,
}

/// <summary>What is trained.</summary>
public enum TrainedWeights
{
    /// <summary>All weights of the shared model.</summary>
    Full,

    /// <summary>Low-rank adapters over a frozen base.</summary>
    Lora,
}

/// <summary>What counts as success of a solver's attempt.</summary>
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

    /// <summary>The matrices of a layer, all of which can be adapted.</summary>
    public static IReadOnlyList<string> Matrices { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>The matrices that are adapted, by their Hugging Face names.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Targets { get; init; } = Matrices;

    /// <summary>True where adapters of both have the same weights and scale; targets have no order.</summary>
    public bool IsLike(LoraSettings other) => Rank == other.Rank && Alpha == other.Alpha && RankStabilised == other.RankStabilised && Targets.ToHashSet().SetEquals(other.Targets);
}
