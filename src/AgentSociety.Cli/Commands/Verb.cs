using System.CommandLine;

namespace AgentSociety.Cli.Commands;

/// <summary>A command that can show how it is used.</summary>
internal sealed class Verb : Command
{
    /// <summary>Creates the command.</summary>
    /// <param name="name">What is typed.</param>
    /// <param name="group">Heading under which the overview lists it.</param>
    /// <param name="sentence">What it does, in a sentence.</param>
    /// <param name="examples">Command lines that work, the plainest first.</param>
    public Verb(string name, string group, string sentence, params Example[] examples)
        : base(name, sentence)
    {
        Group = group;
        Examples = examples;
    }

    /// <summary>Heading under which the overview lists it.</summary>
    public string Group { get; }

    /// <summary>Command lines that work.</summary>
    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Further paragraphs of its help page.</summary>
    public string More { get; init; } = "";
}

/// <summary>A command line that works.</summary>
/// <param name="Line">What to type after <c>agentsociety</c>.</param>
/// <param name="Purpose">What it does.</param>
internal sealed record Example(string Line, string Purpose);
