using System.Text;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Operators;

/// <summary>Every text that hidden operators are written in, and the only place that knows how.</summary>
/// <remarks>
/// Problem <c>bac4=</c>; look-up <c>c4?</c>, experiment <c>c4!</c>, note <c>c42;</c>, answer <c>#1</c>; reply a digit or
/// <c>-</c>; a fact on a page <c>c4=2</c>; proposer's prompt <c>@95--:</c>.
/// </remarks>
static class OperatorText
{
    public const char Look = '?';
    public const char Experiment = '!';
    public const char Note = ';';
    public const char Answer = '#';
    public const char Unknown = '-';
    public const char Ask = '=';
    public const char Propose = '@';
    public const char ProposeEnd = ':';

    /// <summary>Ends of calls, in the order of <see cref="Look"/>, <see cref="Experiment"/>, <see cref="Note"/>.</summary>
    public const string Markers = "?!;";

    public static string Alphabet(int operators)
    {
        StringBuilder alphabet = new();
        for (int index = 0; index < operators; index++) alphabet.Append(Operator(index));
        for (int digit = 0; digit < 10; digit++) alphabet.Append(Digit(digit));
        return alphabet.Append([Ask, Look, Experiment, Note, Answer, Unknown, Propose, ProposeEnd]).ToString();
    }

    public static char Operator(int index) => (char)('a' + index);

    public static char Digit(int digit) => (char)('0' + digit);

    public static bool IsOperator(char character, int operators) => character >= 'a' && character < 'a' + operators;

    /// <summary>ASCII digits only: <see cref="char.IsDigit(char)"/> lets look-alikes of other scripts pass.</summary>
    public static bool IsDigit(char character) => character is >= '0' and <= '9';

    public static string Page(char name) => $"notes/operator-{name}";

    public static string Fact(char name, char digit, char result) => $"{name}{digit}{Ask}{result}";

    /// <summary>The problem of this chain, leftmost operator first, and start digit.</summary>
    public static Problem Problem(ReadOnlySpan<char> chain, char digit)
    {
        string text = $"{chain}{digit}{Ask}";
        return new() { Text = text, Difficulty = chain.Length, CanonicalForm = text };
    }

    /// <summary>Reads a proposal.</summary>
    public static Proposal Parse(string text, int operators, int maximumDifficulty)
    {
        if (text.Length > maximumDifficulty + 2) return Proposal.Malformed($"longer than a chain of {maximumDifficulty}");
        if (text.Length < 3) return Proposal.Malformed("shorter than one operator, a digit and '='");
        if (text[^1] != Ask) return Proposal.Malformed("does not end with '='");
        if (!IsDigit(text[^2])) return Proposal.Malformed("no digit before '='");
        ReadOnlySpan<char> chain = text.AsSpan(0, text.Length - 2);
        foreach (char name in chain)
        {
            if (!IsOperator(name, operators)) return Proposal.Malformed("a character of the chain is no operator");
        }

        return Proposal.Valid(Problem(chain, text[^2]));
    }

    public static string ProposerPrompt(Frontier frontier, int maximumDifficulty) =>
        $"{Propose}{FrontierText.Digits(frontier, maximumDifficulty)}{ProposeEnd}";

    /// <summary>Reads the call that ends just before <paramref name="end"/>, its marker included. Whatever stands before it is not looked at.</summary>
    /// <returns>The call, or null where these characters are none.</returns>
    public static OperatorCall? CallEndingAt(ReadOnlySpan<char> text, int end, int operators)
    {
        if (end < 1) return null;
        char marker = text[end - 1];
        int length = marker switch
        {
            Look or Experiment => 3,
            Note => 4,
            _ => 0,
        };
        if (length == 0 || end < length) return null;
        ReadOnlySpan<char> call = text.Slice(end - length, length);
        if (!IsOperator(call[0], operators) || !IsDigit(call[1])) return null;
        if (marker == Note && !IsDigit(call[2])) return null;
        return new(marker, call[0], call[1], marker == Note ? call[2] : Unknown, length);
    }

    /// <summary>What a page says of <paramref name="name"/> applied to <paramref name="digit"/>: its last line of exactly that form, else <see cref="Unknown"/>.</summary>
    /// <remarks>Pages are written by models and people: anything else on them is passed over.</remarks>
    public static char Recall(string page, char name, char digit)
    {
        char result = Unknown;
        foreach (ReadOnlySpan<char> raw in page.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim(' ');
            if (line.Length == 4 && line[0] == name && line[1] == digit && line[2] == Ask && IsDigit(line[3])) result = line[3];
        }

        return result;
    }
}

/// <summary>A call that could be read.</summary>
/// <param name="Marker">Which tool it calls.</param>
/// <param name="Name">The operator.</param>
/// <param name="Digit">What the operator is applied to.</param>
/// <param name="Result">What a note says the result is.</param>
/// <param name="Length">Characters of the call.</param>
readonly record struct OperatorCall(char Marker, char Name, char Digit, char Result, int Length);
