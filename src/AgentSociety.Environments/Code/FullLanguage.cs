using System.Text;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>All of the JavaScript that the sandbox runs.</summary>
/// <remarks><c>deduce</c>, <c>abduce</c> or <c>induce</c> on the first line; the program; then <c>in: </c> and a JSON value for each input.</remarks>
sealed class FullLanguage : ICodeLanguage
{
    private const string Input = "in: ";
    private static readonly string[] Kinds = ["deduce", "abduce", "induce"];

    public string Alphabet { get; } = "\n" + string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code));

    public string Form => "not of the form: deduce, abduce or induce; a program; lines 'in: ' with one JSON value each";

    public bool HasSeeds => true;

    public string ProposerEnd => ":\n";

    public CodeTask? Read(string text)
    {
        // Tabs are white space to the language and no characters of the alphabet.
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\t", "  ", StringComparison.Ordinal).Split('\n');
        int program = Array.FindIndex(lines, line => line.StartsWith(Input, StringComparison.Ordinal)), kind = Array.IndexOf(Kinds, lines[0]);
        if (program < 2 || kind < 0) return null;
        string[] inputs = lines[program..];
        if (!Array.TrueForAll(inputs, line => line.StartsWith(Input, StringComparison.Ordinal))) return null;
        if (kind == (int)CodeKind.Induce ? inputs.Length is < 2 or > 10 : inputs.Length != 1) return null;
        return new((CodeKind)kind, string.Join('\n', lines[1..program]).Trim(), [.. inputs.Select(line => line[Input.Length..].Trim())]);
    }

    public string Write(CodeTask task) => new StringBuilder().Append(Kinds[(int)task.Kind]).Append('\n').Append(task.Program).Append('\n').AppendJoin('\n', task.Inputs.Select(input => Input + input)).ToString();

    public string Prompt(CodeTask task, IReadOnlyList<string> outputs) => task.Kind switch
    {
        CodeKind.Deduce => $"{task.Program}\nin: {task.Inputs[0]}\nout: ",
        CodeKind.Abduce => $"{task.Program}\nout: {outputs[0]}\nin: ",
        _ => $"{string.Concat(task.Inputs.Take(task.Shown).Zip(outputs, (input, output) => $"in: {input}\nout: {output}\n"))}f: ",
    };

    public string Program(string answer) => answer;

    public string Answer(string program) => program;

    public string Draw(int operations, KeyedRandom random)
    {
        string body = "x";
        for (int step = 0; step < operations; step++)
        {
            string operation = random.Choose(["+", "-", "*", "%"]);
            body = $"({body}{operation}{random.Next(operation == "%" ? 5 : 1, 9)})";
        }

        return $"function f(x){{return {body}}}";
    }
}
