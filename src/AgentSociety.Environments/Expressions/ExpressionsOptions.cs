using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Expressions;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>expressions</c>.</summary>
public sealed record ExpressionsOptions
{
    /// <summary>The operations that may be posed: some of <c>+</c>, <c>-</c>, <c>*</c>, <c>/</c> and <c>%</c>.</summary>
    [RegularExpression(@"^[+*/%-]{1,5}$")]
    public string Operations { get; init; } = "+-*/%";

    /// <summary>Most digits of a number in a problem.</summary>
    [Range(1, 6)]
    public int Digits { get; init; } = 1;

    /// <summary>The largest number of a problem, so that a small model has fewer sums to know by heart; 0 for what <see cref="Digits"/> allows.</summary>
    [Range(0, 999_999)]
    public int LargestNumber { get; init; }

    /// <summary>
    /// True where solvers see each number behind a letter, <c>a6-b2-c3=</c>, and may write it so: <c>a4-c3=a1#</c>. Which number comes next is then a matter of finding its letter, not of counting places: index
    /// hints (Zhou et al. 2023, "What algorithms can transformers learn?").
    /// </summary>
    public bool Labels { get; init; }

    /// <summary>Most operations of a problem.</summary>
    [Range(1, 32)]
    public int MaximumDifficulty { get; init; } = 8;
}
