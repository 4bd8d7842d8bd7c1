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

    /// <summary>Most operations of a problem.</summary>
    [Range(1, 32)]
    public int MaximumDifficulty { get; init; } = 8;
}
