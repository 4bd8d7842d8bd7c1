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
    /// True where solvers see each number behind a letter, <c>a6-b2-c3=</c>, and write each operation by itself, its numbers by their letters: <c>a6-b2=4,a4-c3=1#</c>. What comes of two numbers has the
    /// first one's letter. What comes next is then found by its letter, not by counting places, and nothing is copied that is not worked on: index hints (Zhou et al. 2023, "What algorithms can transformers learn?").
    /// </summary>
    public bool Labels { get; init; }

    /// <summary>False where no parentheses are posed: of sums and differences the work then goes from left to right.</summary>
    public bool Parentheses { get; init; } = true;

    /// <summary>Most operations of a problem.</summary>
    [Range(1, 32)]
    public int MaximumDifficulty { get; init; } = 8;
}
