using System.Buffers;
using System.Globalization;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>One expression of x, whole numbers, <c>+ - * %</c>, <c>&lt;</c>, <c>? :</c> and parentheses: few characters, real programs.</summary>
/// <remarks>
/// A problem is a letter, the expression and its inputs: <c>d(x+3)*2,9=</c> asks for the output, <c>a(x+3)*2,9=</c> for an input with that output, and
/// <c>i(x+3)*2,1,4,7,9=</c> for an expression. Solvers see <c>(x+3)*2,9=</c>, <c>(x+3)*2=24,</c> and <c>1=8,4=14,</c>. The expression is JavaScript, run and judged as such.
/// </remarks>
sealed class RestrictedLanguage(CodeOptions options) : ICodeLanguage
{
    private readonly string[] _operators = [.. "+-*%".Where(mark => options.Operators.Contains(mark, StringComparison.Ordinal)).Select(mark => $"{mark}")];
    private readonly int _largest = LargestDrawn(options);
    private readonly bool _decides = options.Operators.Contains('<', StringComparison.Ordinal);

    private const int LongestBody = 120;
    private const string Letters = "dai";
    private static readonly SearchValues<char> Body = SearchValues.Create("x0123456789+-*%<?:()");
    private const string Before = "function f(x){return ";
    private const string After = "}";

    public string Alphabet { get; } = $"x0123456789+-*%<?:(),=daifletrusNE@{(options.Trace ? $"{TracedAnswers.End}" : "")}";

    public string Form => "not of the form: d, a or i; an expression of x, numbers, parentheses, + - * % < and ? : as far as the scenario has them; a comma and a whole number for each input; '='";

    public bool HasSeeds => false;

    public string ProposerStart => "";

    public string EarlierEnd => ":";

    public string ProposerEnd => ":";

    public CodeTask? Read(string text)
    {
        if (text.Length < 4 || text.Length > LongestBody + 64 || text[^1] != '=') return null;
        int kind = Letters.IndexOf(text[0], StringComparison.Ordinal);
        string[] parts = text[1..^1].Split(',');
        if (parts[0].Any(mark => "+-*%<?".Contains(mark, StringComparison.Ordinal) && !options.Operators.Contains(mark == '?' ? '<' : mark, StringComparison.Ordinal))) return null;
        if (kind < 0 || Program(parts[0]) is not { } program || !Array.TrueForAll(parts[1..], IsInput)) return null;
        if (options.LargestNumber > 0 && !Bounded(parts)) return null;
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
            bool decides = _decides && left > 1 && random.Next(4) == 0;
            string operation = random.Choose(_operators);
            int number = random.Next(operation == "%" ? 2 : 1, _largest);
            body = decides ? $"x<{random.Next(1, _largest)}?{body}:{number}" : $"{(body.Length > 1 ? $"({body})" : body)}{operation}{number}";
            left -= decides ? 2 : 1;
        }

        return $"{Before}{body}{After}";
    }

    /// <summary>The greatest number of a program that is drawn; inputs go from 0 to twice as much and one.</summary>
    public static int LargestDrawn(CodeOptions options) => options.LargestNumber > 0 ? Math.Max(options.LargestNumber, 2) : 9;

    private bool Bounded(string[] parts) =>
        parts[0].Split([.. "x+-*%<?:()"], StringSplitOptions.RemoveEmptyEntries).All(number => number.Length <= 3 && int.Parse(number, CultureInfo.InvariantCulture) <= _largest)
        && parts[1..].All(input => input.Length is >= 1 and <= 3 && !input.AsSpan().ContainsAnyExceptInRange('0', '9') && int.Parse(input, CultureInfo.InvariantCulture) <= 2 * _largest + 1);

    private static bool IsInput(string text)
    {
        ReadOnlySpan<char> digits = text.StartsWith('-') ? text.AsSpan(1) : text;
        return digits.Length is >= 1 and <= 4 && !digits.ContainsAnyExceptInRange('0', '9') && (digits[0] != '0' || text.Length == 1);
    }
}
