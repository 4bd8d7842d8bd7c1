using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Arithmetic;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>arithmetic</c>.</summary>
public sealed record ArithmeticOptions
{
    /// <summary>The operations that may be posed: some of <c>+</c>, <c>-</c> and <c>*</c>.</summary>
    [RegularExpression(@"^[+*-]{1,3}$")]
    public string Operations { get; init; } = "+";

    /// <summary>Most digits of the longer operand.</summary>
    [Range(1, 24)]
    public int MaximumDifficulty { get; init; } = 12;
}
