using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// A hidden grammar that rewrites all symbols of a string at once, each by itself and its left neighbour (a 1L system, Lindenmayer 1968):
/// <c>ab2=</c> asks what <c>ab</c> has become after two rewritings. A fact, <c>ab=dc</c>: b after a becomes dc; <c>_a=bb</c>: a at the beginning becomes bb. After the first
/// rewriting what is left may be written down, <c>bbdc1=</c>. Difficulty is the facts that it takes: each rewriting makes a string twice as long, so that n symbols take n of them the first time, then 2n.
/// </summary>
/// <remarks>Every symbol becomes two (a uniform rule, as that of Thue and Morse), so that what became of the n-th stands at the n-th place: where lengths differ, small models lose their place in the string.</remarks>
sealed class GrammarLaw(int symbols, int maximumDifficulty) : ILaw
{
    public const string LawName = "hidden-grammar";
    private const int MostRewritings = 4;
    private const char Nothing = '_';
    private readonly int _neighbours = symbols + 1;

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(symbols)}_0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => symbols * _neighbours;

    public int QuestionLength => 2;

    public int ReplyLength => 2;

    public string AnswerForm => "a string of symbols";

    public int IndexOf(ReadOnlySpan<char> question) =>
        question.Length == 2 && (question[0] == Nothing || LawText.IsLetter(question[0], symbols)) && LawText.IsLetter(question[1], symbols) ? Index(question[0], question[1]) : -1;

    public string Question(int index)
    {
        (int symbol, int neighbour) = Math.DivRem(index, _neighbours);
        return $"{(neighbour == 0 ? Nothing : (char)('a' + neighbour - 1))}{(char)('a' + symbol)}";
    }

    public string Page(int index) => $"notes/symbol-{(char)('a' + index / _neighbours)}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 2 && LawText.IsLetter(reply[0], symbols) && LawText.IsLetter(reply[1], symbols);

    public bool Answers(ReadOnlySpan<char> answer) => answer.Length >= 1 && answer.Length <= 2 * maximumDifficulty && !answer.ContainsAnyExceptInRange('a', (char)('a' + symbols - 1));

    public string[] Draw(Func<int, KeyedRandom> part) => [.. Enumerable.Range(0, symbols).Select(part).SelectMany(random => Enumerable.Range(0, _neighbours).Select(_ => Rewritten(random)))];

    public Proposal Parse(string text)
    {
        if (text.Length < 3 || text[^1] != LawText.Ask) return Proposal.Malformed("not symbols, a number of rewritings and '='");
        if (text[^2] is < '1' or > (char)('0' + MostRewritings)) return Proposal.Malformed($"the rewritings are no digit from 1 to {MostRewritings}");
        foreach (char symbol in text.AsSpan(0, text.Length - 2))
        {
            if (!LawText.IsLetter(symbol, symbols)) return Proposal.Malformed("a character of the string is no symbol");
        }

        Problem problem = Problem(text);
        return problem.Difficulty > maximumDifficulty ? Proposal.Malformed($"it takes more than {maximumDifficulty} facts") : Proposal.Valid(problem);
    }

    public Problem Generate(int difficulty, KeyedRandom random)
    {
        int[] rewritings = [.. Enumerable.Range(1, MostRewritings).Where(count => difficulty % Facts(count) == 0)];
        int times = random.Choose(rewritings);
        Span<char> text = stackalloc char[difficulty / Facts(times)];
        foreach (ref char symbol in text) symbol = (char)('a' + random.Next(symbols));
        return Problem($"{text}{times}{LawText.Ask}");
    }

    public ILawWalk Begin(string problem) => new Walk(this, problem, symbols);

    private static Problem Problem(string text) => new() { Text = text, Difficulty = (text.Length - 2) * Facts(text[^2] - '0'), CanonicalForm = text };

    private string Rewritten(KeyedRandom random) => $"{(char)('a' + random.Next(symbols))}{(char)('a' + random.Next(symbols))}";

    /// <summary>How many facts a string of one symbol takes.</summary>
    private static int Facts(int rewritings) => (1 << rewritings) - 1;

    private int Index(char neighbour, char symbol) => (symbol - 'a') * _neighbours + (neighbour == Nothing ? 0 : neighbour - 'a' + 1);

    /// <summary>Symbol by symbol from the left.</summary>
    private sealed class Walk(GrammarLaw law, string problem, int symbols) : ILawWalk
    {
        private List<char> _text = [.. problem.AsSpan(0, problem.Length - 2)];
        private List<char> _next = [];
        private int _left = problem[^2] - '0';
        private int _at;

        public int Due => _left == 0 ? -1 : law.Index(_at == 0 ? Nothing : _text[_at - 1], _text[_at]);

        public string? Rest => _at == 0 && _left > 0 && _left < problem[^2] - '0' ? $"{Answer}{_left}{LawText.Ask}" : null;

        public string Answer => string.Concat(_text);

        public void Take(ReadOnlySpan<char> reply)
        {
            _next.AddRange(reply);
            if (++_at < _text.Count) return;
            (_text, _next, _at) = (_next, _text, 0);
            _next.Clear();
            _left--;
        }

        public string Guess(KeyedRandom random) => string.Concat(_text.Select(_ => (char)('a' + random.Next(symbols))));
    }
}
