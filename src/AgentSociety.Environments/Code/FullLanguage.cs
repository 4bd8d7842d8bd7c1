using System.Text;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>All of the JavaScript that the sandbox runs.</summary>
/// <remarks><c>deduce</c>, <c>abduce</c> or <c>induce</c> on the first line; the program; then <c>in: </c> and a JSON value for each input.</remarks>
sealed class FullLanguage(bool explained) : ICodeLanguage
{
    // What a model that follows instructions is told before each kind of task.
    private static readonly string[] Explanations =
    [
        "A JavaScript function and an input. Write what the function returns, as one JSON value and nothing else.\n\n",
        "A JavaScript function and an output. Write an input for which the function returns it, as one JSON value and nothing else.\n\n",
        "Inputs and outputs of a JavaScript function f of one argument. Write the function and nothing else; it is tried on other inputs too.\n\n",
    ];

    private const string Input = "in: ";
    private static readonly string[] Kinds = ["deduce", "abduce", "induce"];

    public string Alphabet { get; } = "\n" + string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code));

    public string Form => "not of the form: deduce, abduce or induce; a program; lines 'in: ' with one JSON value each";

    public bool HasSeeds => true;

    public string ProposerStart => !explained ? "" : "Write one task about a JavaScript function f of one argument and nothing else: 'deduce', 'abduce' or 'induce' on the first line; then the function, without comments, clock or random numbers; "
        + "then a line 'in: ' with an input as a JSON value, or two to ten such lines where it is 'induce'. Make it another one than those that may stand here, and so hard that half of the attempts at it succeed. "
        + "The digits after '@' are tenths of the tasks with 1, 2, 3 and more operations that are solved, '-' where nobody knows.\n\n";

    // Nothing that a model which writes on in the same way would put behind its input.
    public string EarlierEnd => "\n\n";

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

    public string Prompt(CodeTask task, IReadOnlyList<string> outputs) => (explained ? Explanations[(int)task.Kind] : "") + (task.Kind switch
    {
        CodeKind.Deduce => $"{task.Program}\nin: {task.Inputs[0]}\nout: ",
        CodeKind.Abduce => $"{task.Program}\nout: {outputs[0]}\nin: ",
        _ => $"{string.Concat(task.Inputs.Take(task.Shown).Zip(outputs, (input, output) => $"in: {input}\nout: {output}\n"))}f: ",
    });

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
