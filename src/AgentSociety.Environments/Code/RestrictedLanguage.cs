using System.Buffers;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>One expression of x, whole numbers, <c>+ - * %</c>, <c>&lt;</c>, <c>? :</c> and parentheses: few characters, real programs.</summary>
/// <remarks>
/// A problem is a letter, the expression and its inputs: <c>d(x+3)*2,9=</c> asks for the output, <c>a(x+3)*2,9=</c> for an input with that output, and
/// <c>i(x+3)*2,1,4,7,9=</c> for an expression. Solvers see <c>(x+3)*2,9=</c>, <c>(x+3)*2=24,</c> and <c>1=8,4=14,</c>. The expression is JavaScript, run and judged as such.
/// </remarks>
sealed class RestrictedLanguage(bool trace) : ICodeLanguage
{
    private const int LongestBody = 120;
    private const string Letters = "dai";
    private static readonly SearchValues<char> Body = SearchValues.Create("x0123456789+-*%<?:()");
    private const string Before = "function f(x){return ";
    private const string After = "}";

    public string Alphabet { get; } = $"x0123456789+-*%<?:(),=daifletrusNE@{(trace ? $"{TracedAnswers.End}" : "")}";

    public string Form => "not of the form: d, a or i; an expression of x, numbers, + - * % < ? : and parentheses; a comma and a whole number for each input; '='";

    public bool HasSeeds => false;

    public string ProposerStart => "";

    public string ProposerEnd => ":";

    public CodeTask? Read(string text)
    {
        if (text.Length < 4 || text.Length > LongestBody + 64 || text[^1] != '=') return null;
        int kind = Letters.IndexOf(text[0], StringComparison.Ordinal);
        string[] parts = text[1..^1].Split(',');
        if (kind < 0 || Program(parts[0]) is not { } program || !Array.TrueForAll(parts[1..], IsInput)) return null;
        if (kind == (int)CodeKind.Induce ? parts.Length is < 3 or > 11 : parts.Length != 2) return null;
        return new((CodeKind)kind, program, parts[1..]);
    }

    public string Write(CodeTask task) => $"{Letters[(int)task.Kind]}{Answer(task.Program)},{string.Join(',', task.Inputs)}=";

    public string Prompt(CodeTask task, IReadOnlyList<string> outputs) => task.Kind switch
    {
        CodeKind.Deduce => $"{Answer(task.Program)},{task.Inputs[0]}=",
        CodeKind.Abduce => $"{Answer(task.Program)}={outputs[0]},",
        _ => string.Concat(task.Inputs.Take(task.Shown).Zip(outputs, (input, output) => $"{input}={output},")),
    };

    public string? Program(string answer) => answer.Length is >= 1 and <= LongestBody && !answer.AsSpan().ContainsAnyExcept(Body) ? $"{Before}{answer}{After}" : null;

    public string Answer(string program) => program[Before.Length..^After.Length];

    public string Draw(int operations, KeyedRandom random)
    {
        string body = "x";
        for (int left = operations; left > 0;)
        {
            // A decision is two operations: the comparison and the choice.
            bool decides = left > 1 && random.Next(4) == 0;
            string operation = random.Choose(["+", "-", "*", "%"]);
            int number = random.Next(operation == "%" ? 2 : 1, 9);
            body = decides ? $"x<{random.Next(1, 9)}?{body}:{number}" : $"{(body.Length > 1 ? $"({body})" : body)}{operation}{number}";
            left -= decides ? 2 : 1;
        }

        return $"{Before}{body}{After}";
    }

    private static bool IsInput(string text)
    {
        ReadOnlySpan<char> digits = text.StartsWith('-') ? text.AsSpan(1) : text;
        return digits.Length is >= 1 and <= 4 && !digits.ContainsAnyExceptInRange('0', '9') && (digits[0] != '0' || text.Length == 1);
    }
}
