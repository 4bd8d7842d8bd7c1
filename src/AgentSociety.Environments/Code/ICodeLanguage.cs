using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>How code problems are written: all of JavaScript for large models, or a grammar that a small character model can manage.</summary>
/// <remarks>Both come down to the same <see cref="CodeTask"/>, which is judged by running it. Implementations are immutable.</remarks>
interface ICodeLanguage
{
    /// <summary>Every character of problems, prompts and answers.</summary>
    string Alphabet { get; }

    /// <summary>What a problem of this language looks like, for the reason of a malformed one.</summary>
    string Form { get; }

    /// <summary>What a proposer is told before anything else; empty where nothing.</summary>
    string ProposerStart { get; }

    /// <summary>What stands behind each earlier problem that a proposer is shown.</summary>
    string EarlierEnd { get; }

    /// <summary>What stands between a proposer's frontier and its proposal.</summary>
    string ProposerEnd { get; }

    /// <summary>Reads a problem; null where the text is none.</summary>
    CodeTask? Read(string text);

    /// <summary>Writes a problem.</summary>
    string Write(CodeTask task);

    /// <summary>What the solver sees, given the outputs.</summary>
    string Prompt(CodeTask task, IReadOnlyList<string> outputs);

    /// <summary>The program that an answer to induction stands for; null where the text is none.</summary>
    string? Program(string answer);

    /// <summary>How a program is written as an answer.</summary>
    string Answer(string program);

    /// <summary>Draws a program of whole numbers with this many operations.</summary>
    string Draw(int operations, KeyedRandom random);

    /// <summary>True where <see cref="SeedPrograms"/> are programs of this language.</summary>
    bool HasSeeds { get; }
}

/// <summary>A code problem: the kind of task, a JavaScript program that defines <c>f</c>, and JSON inputs.</summary>
/// <param name="Kind">What the solver has to find.</param>
/// <param name="Program">The program.</param>
/// <param name="Inputs">One input, or for induction two to ten of which the solver sees the first half (<see cref="TrivialPrograms.Untold"/> says which are too like one another).</param>
sealed record CodeTask(CodeKind Kind, string Program, IReadOnlyList<string> Inputs)
{
    public int Shown => (Inputs.Count + 1) / 2;
}

/// <summary>The three tasks that a triple of program, input and output makes (Zhao et al. 2025, "Absolute Zero", section 3.2).</summary>
enum CodeKind
{
    /// <summary>Deduction: predict the output.</summary>
    Deduce,

    /// <summary>Abduction: find an input.</summary>
    Abduce,

    /// <summary>Induction: write the program.</summary>
    Induce,
}
