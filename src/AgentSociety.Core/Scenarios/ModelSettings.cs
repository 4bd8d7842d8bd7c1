using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>The model that all agents share.</summary>
public sealed record ModelSettings
{
    /// <summary>Folder of a trained checkpoint, relative to the scenario file; without it the run begins with <c>pretrain</c>.</summary>
    public string? Base { get; init; }

    /// <summary>Shape of a model that is trained from scratch.</summary>
    public ArchitectureSettings Architecture { get; init; } = new();
}

/// <summary>Shape of a decoder of the Llama family.</summary>
public sealed record ArchitectureSettings
{
    /// <summary>Width of the residual stream.</summary>
    [Range(8, 16_384)]
    public int Width { get; init; } = 96;

    /// <summary>Decoder layers.</summary>
    [Range(1, 256)]
    public int Layers { get; init; } = 3;

    /// <summary>Query heads; they divide the width.</summary>
    [Range(1, 256)]
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads; they divide the query heads.</summary>
    [Range(1, 256)]
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Width of the feed-forward layer.</summary>
    [Range(8, 65_536)]
    public int FeedForward { get; init; } = 256;

    /// <summary>Greatest length of an episode in tokens, prompt and tool replies included.</summary>
    [Range(16, 131_072)]
    public int Context { get; init; } = 192;

    /// <summary>Base of the rotary frequencies.</summary>
    [Range(1, 1e9)]
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>True to use the embedding matrix as the output head.</summary>
    public bool TiedHead { get; init; } = true;
}

/// <summary>Supervised training of the base model on the environment's demonstrations.</summary>
public sealed record PretrainSettings
{
    /// <summary>Greatest difficulty of the material, solutions and proposals alike.</summary>
    [Range(1, 1000)]
    public int MaximumDifficulty { get; init; } = 4;

    /// <summary>Gradient steps.</summary>
    [Range(1, 10_000_000)]
    public int Steps { get; init; } = 600;

    /// <summary>Demonstrations in a step.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 128;

    /// <summary>Peak learning rate; warmed up, then lowered along a cosine to a tenth.</summary>
    [Range(0, 1)]
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Steps of warm-up.</summary>
    [Range(0, 1_000_000)]
    public int WarmupSteps { get; init; } = 50;

    /// <summary>AdamW's weight decay.</summary>
    [Range(0, 10)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Share of demonstrations that show proposing rather than solving.</summary>
    [Range(0, 1)]
    public double ProposalShare { get; init; } = 0.25;

    /// <summary>Share of the other demonstrations that show reviewing an attempt rather than solving a problem, where the environment can show it.</summary>
    [Range(0, 1)]
    public double ReviewShare { get; init; }

    /// <summary>Label smoothing on proposals: the probability spread over all other tokens, so that the unseen stays possible.</summary>
    [Range(0, 0.5)]
    public double ProposalSmoothing { get; init; } = 0.05;

    /// <summary>Label smoothing on solutions.</summary>
    [Range(0, 0.5)]
    public double SolutionSmoothing { get; init; }

    /// <summary>Positions that may be skipped at random in training, so that lengths beyond the material are not foreign; 0 for none.</summary>
    [Range(0, 100_000)]
    public int PositionSlack { get; init; }

    /// <summary>
    /// The most positions that are skipped at one random place of a text, beside <c>positionSlack</c>, which takes what room the context has first; 0 for none. Without slack all distances on
    /// either side of that place stay as they are, which copying from a fixed distance needs, while those across it become those of longer texts.
    /// </summary>
    [Range(0, 100_000)]
    public int PositionJump { get; init; }
}
