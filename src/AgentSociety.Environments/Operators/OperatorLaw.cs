using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Laws;

namespace AgentSociety.Environments.Operators;

/// <summary>
/// Operators, each an unknown permutation of the ten digits. A problem is a chain of them applied to a digit, from right to left: <c>bac4=</c> asks
/// for b(a(c(4))). Difficulty is the length of the chain.
/// </summary>
/// <remarks>A guess is right one time in ten.</remarks>
sealed class OperatorLaw(int operators, int maximumDifficulty) : ILaw
{
    public const string LawName = "hidden-operators";

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(operators)}0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => operators * 10;

    public int QuestionLength => 2;

    public int ReplyLength => 1;

    public string AnswerForm => "one digit";

    public int IndexOf(ReadOnlySpan<char> question) =>
        question.Length == 2 && LawText.IsLetter(question[0], operators) && LawText.IsDigit(question[1]) ? Index(question[0], question[1]) : -1;

    public string Question(int index) => $"{(char)('a' + index / 10)}{index % 10}";

    public string Page(int index) => $"notes/operator-{(char)('a' + index / 10)}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 1 && LawText.IsDigit(reply[0]);

    public bool Answers(ReadOnlySpan<char> answer) => Says(answer);

    public string[] Draw(Func<int, KeyedRandom> part) => [.. Enumerable.Range(0, operators).SelectMany(index => part(index).Permutation(10)).Select(digit => digit.ToString())];

    public Proposal Parse(string text)
    {
        if (text.Length > maximumDifficulty + 2) return Proposal.Malformed($"longer than a chain of {maximumDifficulty}");
        if (text.Length < 3) return Proposal.Malformed("shorter than one operator, a digit and '='");
        if (text[^1] != LawText.Ask) return Proposal.Malformed("does not end with '='");
        if (!LawText.IsDigit(text[^2])) return Proposal.Malformed("no digit before '='");
        foreach (char name in text.AsSpan(0, text.Length - 2))
        {
            if (!LawText.IsLetter(name, operators)) return Proposal.Malformed("a character of the chain is no operator");
        }

        return Proposal.Valid(Problem(text));
    }

    public Problem Generate(int difficulty, KeyedRandom random)
    {
        Span<char> chain = stackalloc char[difficulty];
        foreach (ref char name in chain) name = (char)('a' + random.Next(operators));
        return Problem($"{chain}{random.Next(10)}{LawText.Ask}");
    }

    public ILawWalk Begin(string problem) => new Walk(problem);

    private static Problem Problem(string text) => new() { Text = text, Difficulty = text.Length - 2, CanonicalForm = text };

    private static int Index(char name, char digit) => (name - 'a') * 10 + digit - '0';

    private sealed class Walk(string problem) : ILawWalk
    {
        private int _next = problem.Length - 3;
        private char _digit = problem[^2];

        public int Due => _next < 0 ? -1 : Index(problem[_next], _digit);

        public string Answer => _digit.ToString();

        public void Take(ReadOnlySpan<char> reply) => (_digit, _next) = (reply[0], _next - 1);

        public string Guess(KeyedRandom random) => random.Next(10).ToString();
    }
}
