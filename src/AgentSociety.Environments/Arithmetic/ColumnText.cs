using System.Text;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Arithmetic;

/// <summary>Every text that arithmetic is written in, and the only place that knows how.</summary>
/// <remarks>
/// A problem reads <c>734+58=</c>. Solvers see it in columns, the least place first, each place named by a letter:
/// <c>+d48e35f70g00=</c>. Which letter comes first is drawn anew each time, so that short problems show every letter
/// (index hints: Zhou et al. 2023, "What algorithms can transformers learn?", section 5). A step of + and - repeats its column and adds
/// carry (borrow) and digit, <c>d4812</c>; a step of * names both places and the one it adds to: <c>d4e8e032</c> is 4 x 8 + 0 = 32.
/// The answer is the digit last written at each place, once <c>#</c> ends the work.
/// </remarks>
static class ColumnText
{
    public const char End = '#';
    public const char Ask = '=';

    public static string Alphabet(int places) => $"{IndexLetters.All.AsSpan(0, places)}0123456789+-*=#@:";

    /// <summary>Most places that a problem of this many digits writes to.</summary>
    public static int Places(string operations, int digits) => operations.Contains('*', StringComparison.Ordinal) ? Math.Max(2 * digits, digits + 1) : digits + 1;

    public static char Letter(int index) => IndexLetters.All[index];

    /// <summary>Index of a place letter; -1 where the character is none.</summary>
    public static int IndexOf(char letter) => letter switch
    {
        >= 'a' and <= 'z' => letter - 'a',
        >= 'A' and <= 'Z' => letter - 'A' + 26,
        _ => -1,
    };

    /// <summary>Length of a step's text.</summary>
    public static int StepLength(char operation) => operation == '*' ? 8 : 5;

    public static string ProposerPrompt(Frontier frontier, int maximumDifficulty) => $"@{FrontierText.Digits(frontier, maximumDifficulty)}:";

    public static string SolverPrompt(ColumnWork work, int first)
    {
        StringBuilder text = new();
        text.Append(work.Operation);
        for (int place = 0; place < work.Columns; place++) text.Append(Letter(first + place)).Append(Digit(work.Left(place))).Append(Digit(work.Right(place)));
        return text.Append(Ask).ToString();
    }

    /// <summary>Index of the first place letter that a solver's prompt used; -1 where the text is no such prompt.</summary>
    public static int FirstLetter(string prompt) => prompt.Length > 1 ? IndexOf(prompt[1]) : -1;

    /// <summary>Reads a proposal.</summary>
    public static Proposal Parse(string text, string operations, int maximumDifficulty)
    {
        if (text.Length > 2 * maximumDifficulty + 2) return Proposal.Malformed($"longer than two numbers of {maximumDifficulty} digits");
        if (text.Length < 4 || text[^1] != Ask) return Proposal.Malformed("not of the form 12+34=");
        int sign = text.AsSpan().IndexOfAny('+', '-', '*');
        if (sign < 0 || !operations.Contains(text[sign], StringComparison.Ordinal)) return Proposal.Malformed($"no operation of '{operations}'");
        ReadOnlySpan<char> left = text.AsSpan(0, sign), right = text.AsSpan(sign + 1, text.Length - sign - 2);
        if (!IsNumber(left, maximumDifficulty) || !IsNumber(right, maximumDifficulty)) return Proposal.Malformed($"an operand is no number of 1 to {maximumDifficulty} digits without leading zeros");
        if (text[sign] == '-' && Compare(left, right) < 0) return Proposal.Malformed("the difference would be negative");
        return Proposal.Valid(Problem(left, text[sign], right));
    }

    public static Problem Problem(ReadOnlySpan<char> left, char operation, ReadOnlySpan<char> right)
    {
        bool swap = operation != '-' && Compare(left, right) < 0;
        string text = $"{left}{operation}{right}{Ask}";
        return new() { Text = text, Difficulty = Math.Max(left.Length, right.Length), CanonicalForm = swap ? $"{right}{operation}{left}{Ask}" : text };
    }

    public static char Digit(int digit) => (char)('0' + digit);

    /// <summary>Orders two numbers without leading zeros.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    private static bool IsNumber(ReadOnlySpan<char> text, int maximumDifficulty) =>
        text.Length >= 1 && text.Length <= maximumDifficulty && !text.ContainsAnyExceptInRange('0', '9') && (text[0] != '0' || text.Length == 1);
}
