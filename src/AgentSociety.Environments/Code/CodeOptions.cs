using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Code;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>code</c>.</summary>
public sealed record CodeOptions
{
    /// <summary>What programs are written in.</summary>
    public CodeLanguage Language { get; init; } = CodeLanguage.Full;

    /// <summary>Earlier problems that a proposer is shown, to write something different.</summary>
    [Range(0, 20)]
    public int EarlierShown { get; init; }

    /// <summary>True to say in words what is asked for before each prompt: for models that follow instructions. In the full language.</summary>
    public bool Explained { get; init; }

    /// <summary>True where the work is shown and judged: the operations of the run one by one, then the answer. For the restricted language; induction has no work to show.</summary>
    public bool Trace { get; init; }

    /// <summary>The operations of the restricted language, in problems that are drawn and in proposals: some of <c>+</c>, <c>-</c>, <c>*</c> and <c>%</c>, and <c>&lt;</c> for decisions.</summary>
    [RegularExpression("^<?[-+*%]{1,4}<?$")]
    public string Operators { get; init; } = "+-*%<";

    /// <summary>
    /// The greatest number in a program of the restricted language, in problems that are drawn and in proposals, whose inputs go from 0 to twice as much and one: small models know few numbers, and proposers
    /// run off to greater ones. 0 for no bound, where numbers up to 9 are drawn.
    /// </summary>
    [Range(0, 49)]
    public int LargestNumber { get; init; }

    /// <summary>Most operations (operators, calls, decisions) of a program.</summary>
    [Range(1, 200)]
    public int MaximumDifficulty { get; init; } = 30;

    /// <summary>True to play deduction: predict the output.</summary>
    public bool Deduction { get; init; } = true;

    /// <summary>True to play abduction: find an input.</summary>
    public bool Abduction { get; init; } = true;

    /// <summary>True to play induction: write the program from examples, judged on hidden ones.</summary>
    public bool Induction { get; init; } = true;
}

/// <summary>The languages of the code environment.</summary>
public enum CodeLanguage
{
    /// <summary>All of the JavaScript that the sandbox runs: for large models.</summary>
    Full,

    /// <summary>One expression in few characters: for small character models.</summary>
    Restricted,
}
