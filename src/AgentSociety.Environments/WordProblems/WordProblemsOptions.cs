using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.WordProblems;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>word-problems</c>.</summary>
public sealed record WordProblemsOptions
{
    /// <summary>What may happen: some of <c>+</c> (gets), <c>-</c> (gives away), <c>*</c> (has times as many) and <c>/</c> (keeps a share). Without shares every number is whole.</summary>
    [RegularExpression(@"^[+*/-]{1,4}$")]
    public string Operations { get; init; } = "+-*/";

    /// <summary>
    /// True where solvers see a letter before each thing that happens, <c>(c) Ada gets 5 more.</c>, and write it before its line, <c>c: 12 + 5 = 17</c>: what comes next is then found by its letter, not by counting
    /// sentences, in stories of any length (index hints, Zhou et al. 2023, "What algorithms can transformers learn?").
    /// </summary>
    public bool Labels { get; init; }

    /// <summary>Most things that happen in a story.</summary>
    [Range(1, 20)]
    public int MaximumDifficulty { get; init; } = 6;

    /// <summary>The greatest number that a story may name.</summary>
    [Range(2, 999_999)]
    public int LargestNumber { get; init; } = 20;
}
