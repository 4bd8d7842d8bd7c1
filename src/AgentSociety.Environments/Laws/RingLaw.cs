using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// Rings of cells and rules that renew every cell from itself and its two neighbours (cellular automata, Wolfram 1983): <c>ba.oo.o=</c> asks what rule b
/// makes of what rule a makes of the ring <c>.oo.o</c>. A fact, <c>a.oo=o</c>: rule a makes o of a cell o between . and o. Difficulty is the rules applied. When rule a is done, what is left
/// may be written down, <c>bo..o.=</c>.
/// </summary>
/// <remarks>
/// Rings that are turns of one another are one problem. Each rule makes every colour of equally many neighbourhoods, as nearly as their number
/// allows, so that no rule paints all cells alike; a guess is right one time in colours to the power of cells at the best.
/// </remarks>
sealed class RingLaw(int rules, int colours, int cells, int maximumDifficulty) : ILaw
{
    public const string LawName = "cellular-rules";
    private const string Colours = ".ox";
    private readonly int _neighbourhoods = colours * colours * colours;

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(rules)}{Colours.AsSpan(0, colours)}0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => rules * _neighbourhoods;

    public int QuestionLength => 4;

    public int ReplyLength => 1;

    public string AnswerForm => $"{cells} cells of '{Colours.AsSpan(0, colours)}'";

    public int IndexOf(ReadOnlySpan<char> question) =>
        question.Length == 4 && LawText.IsLetter(question[0], rules) && AreCells(question[1..]) ? Index(question[0], question[1], question[2], question[3]) : -1;

    public string Question(int index)
    {
        (int rule, int around) = Math.DivRem(index, _neighbourhoods);
        return $"{(char)('a' + rule)}{Colours[around / (colours * colours)]}{Colours[around / colours % colours]}{Colours[around % colours]}";
    }

    public string Page(int index) => $"notes/rule-{(char)('a' + index / _neighbourhoods)}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 1 && AreCells(reply);

    public bool Answers(ReadOnlySpan<char> answer) => answer.Length == cells && AreCells(answer);

    public string[] Draw(Func<int, KeyedRandom> part) =>
        [.. Enumerable.Range(0, rules).SelectMany(rule => part(rule).Permutation(_neighbourhoods)).Select(place => Colours[place % colours].ToString())];

    public Proposal Parse(string text)
    {
        int applied = text.Length - cells - 1;
        if (applied > maximumDifficulty) return Proposal.Malformed($"longer than {maximumDifficulty} rules and {cells} cells");
        if (applied < 1 || text[^1] != LawText.Ask) return Proposal.Malformed($"not rules, {cells} cells and '='");
        if (!AreCells(text.AsSpan(applied, cells))) return Proposal.Malformed($"no {cells} cells of '{Colours.AsSpan(0, colours)}' before '='");
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
        foreach (ref char cell in text[difficulty..^1]) cell = Colours[random.Next(colours)];
        text[^1] = LawText.Ask;
        return Problem(new(text));
    }

    public ILawWalk Begin(string problem) => new Walk(this, problem, cells, colours);

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

    private bool AreCells(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Colours.AsSpan(0, colours));

    private int Index(char rule, char left, char cell, char right) => (((rule - 'a') * colours + Colour(left)) * colours + Colour(cell)) * colours + Colour(right);

    private static int Colour(char cell) => Colours.IndexOf(cell, StringComparison.Ordinal);

    /// <summary>Cell by cell from the left, rule by rule from the right.</summary>
    private sealed class Walk(RingLaw law, string problem, int cells, int colours) : ILawWalk
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

        public string Guess(KeyedRandom random) => string.Concat(Enumerable.Range(0, cells).Select(_ => Colours[random.Next(colours)]));
    }
}
