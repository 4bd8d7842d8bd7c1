using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>How problems are chosen where no proposer poses them.</summary>
public sealed record CurriculumSettings
{
    /// <summary>Share of a round's problems that come back from the archive; the others are new. Where <c>selfPlay.curriculum</c> is <c>archive</c>.</summary>
    [Range(0, 1)]
    public double Replay { get; init; } = 0.5;

    /// <summary>The lower, the more the most learnable problems or difficulties are preferred.</summary>
    [Range(0.01, 100)]
    public double Temperature { get; init; } = 0.3;

    /// <summary>Share of the archive's probability that goes to problems that were not played for long.</summary>
    [Range(0, 1)]
    public double Staleness { get; init; } = 0.1;

    /// <summary>Share of the archive's probability that goes to problems that were played seldom.</summary>
    [Range(0, 1)]
    public double Novelty { get; init; } = 0.1;

    /// <summary>Share of the tutor's problems whose difficulty is drawn at random. Where <c>selfPlay.curriculum</c> is <c>bandit</c>.</summary>
    [Range(0, 1)]
    public double Exploration { get; init; } = 0.1;

    /// <summary>Weight of the past in the solve rates that the tutor keeps of each solver.</summary>
    [Range(0, 0.999)]
    public double Smoothing { get; init; } = 0.8;
}

/// <summary>Where the problems of self-play come from.</summary>
public enum ProblemSource
{
    /// <summary>Proposers write them.</summary>
    Proposer,

    /// <summary>An archive of what was played, by learnability, staleness and novelty, mixed with new problems.</summary>
    Archive,

    /// <summary>A tutor gives each solver problems of the difficulties at which that solver learns most.</summary>
    Bandit,
}
