using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.WordProblems;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>word-problems</c>.</summary>
public sealed record WordProblemsOptions
{
    /// <summary>Most things that happen in a story.</summary>
    [Range(1, 20)]
    public int MaximumDifficulty { get; init; } = 6;

    /// <summary>The greatest number that a story may name.</summary>
    [Range(2, 999_999)]
    public int LargestNumber { get; init; } = 20;
}
