using AgentSociety.Core.Play;

namespace AgentSociety.Learning;

/// <summary>One text as the loss sees it. What a field says of a token counts where <see cref="Mask"/> is true.</summary>
public sealed record TrainingSequence
{
    /// <summary>Token ids of the whole text.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>True for tokens that are learned: what the model wrote or is to write. As long as <see cref="Tokens"/>; the first is never predicted.</summary>
    public required bool[] Mask { get; init; }

    /// <summary>Whose text it is.</summary>
    public required Role Role { get; init; }

    /// <summary>Id of the episode that it is; null for base material.</summary>
    public string? Episode { get; init; }

    /// <summary>Position of each token; null for 0, 1, 2, ...</summary>
    public int[]? Positions { get; init; }

    /// <summary>Log-probability of each token as it was sampled; null for a text that is learned by imitation.</summary>
    public float[]? Recorded { get; init; }

    /// <summary>Log-probability of each token under the reference model; null where nothing holds to a reference.</summary>
    public float[]? Reference { get; init; }

    /// <summary>Advantage of the whole text.</summary>
    public double Advantage { get; init; }

    /// <summary>Added to the advantage token by token; null for none.</summary>
    public float[]? TokenAdvantages { get; init; }

    /// <summary>Factor on each token's loss; null for 1.</summary>
    public float[]? TokenWeights { get; init; }

    /// <summary>Label smoothing where the text is learned by imitation.</summary>
    public double Smoothing { get; init; }

    /// <summary>How many tokens are learned.</summary>
    public int Learned
    {
        get
        {
            int learned = 0;
            for (int token = 1; token < Tokens.Length; token++) learned += Mask[token] ? 1 : 0;
            return learned;
        }
    }
}
