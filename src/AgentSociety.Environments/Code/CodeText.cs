using System.Text;

namespace AgentSociety.Environments.Code;

/// <summary>A code problem as it is written: the kind of task, the program, and inputs one a line.</summary>
/// <remarks>
/// <c>deduce</c>, <c>abduce</c> or <c>induce</c> on the first line; the program; then <c>in: </c> and a JSON value for each input: one, or
/// for induction two to ten, of which the solver sees the first half. (Zhao et al. 2025, "Absolute Zero", section 3.2.)
/// </remarks>
sealed record CodeText(string Kind, string Program, IReadOnlyList<string> Inputs)
{
    public const string Deduce = "deduce";
    public const string Abduce = "abduce";
    public const string Induce = "induce";
    private const string Input = "in: ";

    public int Shown => (Inputs.Count + 1) / 2;

    /// <summary>Reads a problem; null where the text is none.</summary>
    public static CodeText? Read(string text)
    {
        string[] lines = text.Split('\n');
        int program = Array.FindIndex(lines, line => line.StartsWith(Input, StringComparison.Ordinal));
        if (program < 2 || lines[0] is not (Deduce or Abduce or Induce)) return null;
        string[] inputs = lines[program..];
        if (!Array.TrueForAll(inputs, line => line.StartsWith(Input, StringComparison.Ordinal))) return null;
        if (lines[0] == Induce ? inputs.Length is < 2 or > 10 : inputs.Length != 1) return null;
        return new(lines[0], string.Join('\n', lines[1..program]).Trim(), [.. inputs.Select(line => line[Input.Length..].Trim())]);
    }

    public string Write() => new StringBuilder().Append(Kind).Append('\n').Append(Program).Append('\n').AppendJoin('\n', Inputs.Select(input => Input + input)).ToString();

    /// <summary>What the solver sees, given the outputs.</summary>
    public string Prompt(IReadOnlyList<string> outputs) => Kind switch
    {
        Deduce => $"{Program}\nin: {Inputs[0]}\nout: ",
        Abduce => $"{Program}\nout: {outputs[0]}\nin: ",
        _ => $"{string.Concat(Inputs.Take(Shown).Zip(outputs, (input, output) => $"in: {input}\nout: {output}\n"))}f: ",
    };
}
