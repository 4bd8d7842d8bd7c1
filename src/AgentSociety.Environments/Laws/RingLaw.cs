using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// Rings of cells and rules that renew every cell from itself and its two neighbours (cellular automata, Wolfram 1983): <c>ba.oo.o=</c> asks what rule b
/// makes of what rule a makes of the ring <c>.oo.o</c>. A fact, <c>a.oo=o</c>: rule a makes o of a cell o between . and o. Difficulty is the rules applied. When rule a is done, what is left
/// may be written down, <c>bo..o.=</c>.
/// </summary>
/// <remarks>
/// Rings that are turns of one another are one problem. A guess is right one time in colours to the power of cells at the best.
/// </remarks>
sealed class RingLaw(int rules, int colours, int cells, int maximumDifficulty) : ILaw
{
    public const string LawName = "cellular-rules";
    private readonly CellColours _cells = new(colours, 3);

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(rules)}{CellColours.Named(colours)}0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => rules * _cells.Neighbourhoods;

    public int QuestionLength => 4;

    public int ReplyLength => 1;

    public string AnswerForm => $"{cells} cells of '{_cells.Symbols}'";

    public int IndexOf(ReadOnlySpan<char> question) =>
        question.Length == 4 && LawText.IsLetter(question[0], rules) && _cells.Are(question[1..]) ? Index(question[0], question[1], question[2], question[3]) : -1;

    public string Question(int index)
    {
        (int rule, int around) = Math.DivRem(index, _cells.Neighbourhoods);
        return $"{(char)('a' + rule)}{_cells.Neighbourhood(around)}";
    }

    public string Page(int index) => $"notes/rule-{(char)('a' + index / _cells.Neighbourhoods)}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 1 && _cells.Are(reply);

    public bool Answers(ReadOnlySpan<char> answer) => answer.Length == cells && _cells.Are(answer);

    public string[] Draw(Func<int, KeyedRandom> part) =>
        [.. Enumerable.Range(0, rules).SelectMany(rule => _cells.Table(part(rule)))];

    public Proposal Parse(string text)
    {
        int applied = text.Length - cells - 1;
        if (applied > maximumDifficulty) return Proposal.Malformed($"longer than {maximumDifficulty} rules and {cells} cells");
        if (applied < 1 || text[^1] != LawText.Ask) return Proposal.Malformed($"not rules, {cells} cells and '='");
        if (!_cells.Are(text.AsSpan(applied, cells))) return Proposal.Malformed($"no {cells} cells of '{_cells.Symbols}' before '='");
        foreach (char rule in text.AsSpan(0, applied))
        {
            if (!LawText.IsLetter(rule, rules)) return Proposal.Malformed("a character before the cells is no rule");
        }

        return Proposal.Valid(Problem(text));
    }

    public Problem Generate(int difficulty, KeyedRandom random)
    {
        Span<char> text = stackalloc char[difficulty + cells + 1];
        foreach (ref char rule in text[..difficulty]) rule = (char)('a' + random.Next(rules));
        _cells.Fill(text[difficulty..^1], random);
        text[^1] = LawText.Ask;
        return Problem(new(text));
    }

    public ILawWalk Begin(string problem) => new Walk(this, problem, cells);

    private Problem Problem(string text)
    {
        string ring = text[^(cells + 1)..^1], least = ring;
        for (int turn = 1; turn < cells; turn++)
        {
            string turned = ring[turn..] + ring[..turn];
            if (string.CompareOrdinal(turned, least) < 0) least = turned;
        }

        return new() { Text = text, Difficulty = text.Length - cells - 1, CanonicalForm = $"{text.AsSpan(0, text.Length - cells - 1)}{least}{LawText.Ask}" };
    }

    private int Index(char rule, char left, char cell, char right) => (rule - 'a') * _cells.Neighbourhoods + _cells.Index(left, cell, right);

    /// <summary>Cell by cell from the left, rule by rule from the right.</summary>
    private sealed class Walk(RingLaw law, string problem, int cells) : ILawWalk
    {
        private char[] _ring = problem[^(cells + 1)..^1].ToCharArray();
        private char[] _next = new char[cells];
        private int _rule = problem.Length - cells - 2;
        private int _cell;

        public int Due => _rule < 0 ? -1 : law.Index(problem[_rule], _ring[(_cell + cells - 1) % cells], _ring[_cell], _ring[(_cell + 1) % cells]);

        public string? Rest => _cell == 0 && _rule >= 0 && _rule < problem.Length - cells - 2 ? $"{problem.AsSpan(0, _rule + 1)}{Answer}{LawText.Ask}" : null;

        public string Answer => new(_ring);

        public void Take(ReadOnlySpan<char> reply)
        {
            _next[_cell++] = reply[0];
            if (_cell < cells) return;
            (_ring, _next, _cell) = (_next, _ring, 0);
            _rule--;
        }

        public string Guess(KeyedRandom random)
        {
            char[] guess = new char[cells];
            law._cells.Fill(guess, random);
            return new(guess);
        }
    }
}
