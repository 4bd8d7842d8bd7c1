using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// A machine with hidden wiring (Mealy 1955): in a state it is fed a symbol, gives one out and goes to a state. <c>a031=</c> asks what it gives out
/// when it is fed 0, 3, 1 from state a on. A fact, <c>a0=cx</c>: fed 0 in state a, it goes to c and gives out x. Difficulty is the symbols fed.
/// </summary>
/// <remarks>A guess is right one time in outputs to the power of the difficulty.</remarks>
sealed class MachineLaw(int states, int inputs, int outputs, int maximumDifficulty) : ILaw
{
    public const string LawName = "state-machine";
    private const string Outputs = "stuvwxyz";

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(states)}{Outputs.AsSpan(0, outputs)}0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => states * inputs;

    public int QuestionLength => 2;

    public int ReplyLength => 2;

    public string AnswerForm => $"symbols from '{Outputs.AsSpan(0, outputs)}'";

    public int IndexOf(ReadOnlySpan<char> question) =>
        question.Length == 2 && LawText.IsLetter(question[0], states) && IsInput(question[1]) ? Index(question[0], question[1]) : -1;

    public string Question(int index) => $"{(char)('a' + index / inputs)}{index % inputs}";

    public string Page(int index) => $"notes/state-{(char)('a' + index / inputs)}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 2 && LawText.IsLetter(reply[0], states) && Outputs.AsSpan(0, outputs).Contains(reply[1]);

    public bool Answers(ReadOnlySpan<char> answer) => answer.Length >= 1 && answer.Length <= maximumDifficulty && !answer.ContainsAnyExcept(Outputs.AsSpan(0, outputs));

    public string[] Draw(Func<int, KeyedRandom> part) =>
    [
        .. Enumerable.Range(0, states).Select(part).SelectMany(random => Enumerable.Range(0, inputs).Select(_ => $"{(char)('a' + random.Next(states))}{Outputs[random.Next(outputs)]}")),
    ];

    public Proposal Parse(string text)
    {
        if (text.Length > maximumDifficulty + 2) return Proposal.Malformed($"more than {maximumDifficulty} symbols are fed");
        if (text.Length < 3 || text[^1] != LawText.Ask) return Proposal.Malformed("not a state, symbols to feed and '='");
        if (!LawText.IsLetter(text[0], states)) return Proposal.Malformed("does not begin with a state");
        foreach (char input in text.AsSpan(1, text.Length - 2))
        {
            if (!IsInput(input)) return Proposal.Malformed($"a symbol to feed is not from 0 to {inputs - 1}");
        }

        return Proposal.Valid(Problem(text));
    }

    public Problem Generate(int difficulty, KeyedRandom random)
    {
        Span<char> fed = stackalloc char[difficulty];
        foreach (ref char input in fed) input = (char)('0' + random.Next(inputs));
        return Problem($"{(char)('a' + random.Next(states))}{fed}{LawText.Ask}");
    }

    public ILawWalk Begin(string problem) => new Walk(this, problem, outputs);

    private static Problem Problem(string text) => new() { Text = text, Difficulty = text.Length - 2, CanonicalForm = text };

    private bool IsInput(char character) => character >= '0' && character < '0' + inputs;

    private int Index(char state, char input) => (state - 'a') * inputs + input - '0';

    private sealed class Walk(MachineLaw law, string problem, int outputs) : ILawWalk
    {
        private readonly char[] _given = new char[problem.Length - 2];
        private char _state = problem[0];
        private int _fed;

        public int Due => _fed == _given.Length ? -1 : law.Index(_state, problem[_fed + 1]);

        public string Answer => new(_given);

        public void Take(ReadOnlySpan<char> reply)
        {
            _state = reply[0];
            _given[_fed++] = reply[1];
        }

        public string Guess(KeyedRandom random)
        {
            char[] guess = [.. _given];
            foreach (ref char output in guess.AsSpan(_fed)) output = Outputs[random.Next(outputs)];
            return new(guess);
        }
    }
}
