using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>The sleep phase: what notes taught is distilled into weights.</summary>
public sealed record ConsolidationSettings
{
    /// <summary>Rounds between two sleeps; 0 for none.</summary>
    [Range(0, 1_000_000)]
    public int EveryRounds { get; init; }

    /// <summary>Most transcripts that one sleep draws on (of one adapter, where there are several); the latest of those that read notes and were sound, each text once.</summary>
    [Range(1, 1_000_000)]
    public int Lessons { get; init; } = 2048;

    /// <summary>Problems of each difficulty in the tests before and after a sleep.</summary>
    [Range(1, 100_000)]
    public int ProblemsPerDifficulty { get; init; } = 64;

    /// <summary>Gradient steps.</summary>
    [Range(1, 1_000_000)]
    public int Steps { get; init; } = 200;

    /// <summary>Texts in a step, lessons and base material together.</summary>
    [Range(1, 100_000)]
    public int Batch { get; init; } = 64;

    /// <summary>Peak learning rate; warmed up, then lowered along a cosine to a tenth.</summary>
    [Range(0, 1)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps of warm-up.</summary>
    [Range(0, 1_000_000)]
    public int WarmupSteps { get; init; } = 10;

    /// <summary>Greatest norm of the gradient.</summary>
    [Range(0, 1e6)]
    public double GradientNorm { get; init; } = 1;

    /// <summary>Share of each batch that is base material, against forgetting.</summary>
    [Range(0, 0.95)]
    public double ReplayShare { get; init; } = 0.5;

    /// <summary>Weight of the supervised loss on base material.</summary>
    [Range(0, 100)]
    public double ReplayWeight { get; init; } = 1;
}
