using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.WordProblems;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>word-problems</c>.</summary>
public sealed record WordProblemsOptions
{
    /// <summary>What may happen: some of <c>+</c> (gets), <c>-</c> (gives away), <c>*</c> (has times as many) and <c>/</c> (keeps a share). Without shares every number is whole.</summary>
    [RegularExpression(@"^[+*/-]{1,4}$")]
    public string Operations { get; init; } = "+-*/";

    /// <summary>Most things that happen in a story.</summary>
    [Range(1, 20)]
    public int MaximumDifficulty { get; init; } = 6;

    /// <summary>The greatest number that a story may name.</summary>
    [Range(2, 999_999)]
    public int LargestNumber { get; init; } = 20;
}
