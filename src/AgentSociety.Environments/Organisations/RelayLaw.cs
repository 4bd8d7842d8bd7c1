using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Laws;

namespace AgentSociety.Environments.Organisations;

/// <summary>
/// Jobs too long for one: job KA is worked in legs, <c>KA1=</c>, <c>KA2=</c> and on, and each leg is a chain of hidden operators of one specialist,
/// applied to the result of the leg before. A solver sees its own leg only, <c>KA2:bbba=</c>, looks up what leg 1 handed on, <c>KA1?</c>, and must
/// itself hand on, <c>KA27;</c>, before it answers. Difficulty is the leg.
/// </summary>
/// <remarks>
/// The jigsaw: only specialist b can experiment on the operators <c>ba</c>, <c>bb</c>, and no one on what a leg hands on. A leg that is the first, or
/// follows one that is reserved for tests and so is never played, is given its digit: <c>KA1:abaa4=</c>.
/// </remarks>
sealed class RelayLaw : ILaw
{
    public const string LawName = "relay";
    private readonly RelayOptions _options;
    private readonly int _operators;
    private readonly Leg[] _legs;

    public RelayLaw(RelayOptions options, ulong seed)
    {
        (_options, _operators) = (options, options.Specialists * options.OperatorsPerSpecialist);
        _legs = [.. Enumerable.Range(0, options.Jobs * options.Legs).Select(index => Drawn(index, KeyedRandom.For(seed, "relay/leg", index)))];
    }

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(26)}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    public int MaximumDifficulty => _options.Legs;

    public int Questions => _operators * 10 + _legs.Length;

    public int QuestionLength => 3;

    public int ReplyLength => 1;

    public string AnswerForm => "one digit";

    public int IndexOf(ReadOnlySpan<char> question)
    {
        if (question.Length != 3 || !LawText.IsDigit(question[2])) return -1;
        if (LawText.IsLetter(question[0], _options.Specialists) && LawText.IsLetter(question[1], _options.OperatorsPerSpecialist)) return Operator(question[0], question[1], question[2]);
        int leg = LegOf(question);
        return leg < 0 ? -1 : _operators * 10 + leg;
    }

    public string Question(int index)
    {
        if (index >= _operators * 10) return Text(index - _operators * 10);
        (int specialist, int own) = Math.DivRem(index / 10, _options.OperatorsPerSpecialist);
        return $"{(char)('a' + specialist)}{(char)('a' + own)}{index % 10}";
    }

    public string Page(int index) => index < _operators * 10 ? $"notes/operator-{Question(index).AsSpan(0, 2)}" : $"notes/job-{Question(index)[..2].ToLowerInvariant()}";

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 1 && LawText.IsDigit(reply[0]);

    public bool Answers(ReadOnlySpan<char> answer) => Says(answer);

    public string[] Draw(Func<int, KeyedRandom> part)
    {
        List<string> world = [.. Enumerable.Range(0, _operators).SelectMany(index => part(index).Permutation(10)).Select(digit => digit.ToString())];
        for (int leg = 0; leg < _legs.Length; leg++)
        {
            string digit = _legs[leg].Given ?? world[_operators * 10 + leg - 1];
            for (int at = _legs[leg].Chain.Length - 2; at >= 0; at -= 2) digit = world[Operator(_legs[leg].Chain[at], _legs[leg].Chain[at + 1], digit[0])];
            world.Add(digit);
        }

        return [.. world];
    }

    public Proposal Parse(string text)
    {
        int leg = text is [.. string part, LawText.Ask] ? LegOf(part) : -1;
        return leg < 0 ? Proposal.Malformed($"not a job from AA to {Text(_legs.Length - 1).AsSpan(0, 2)}, a leg from 1 to {_options.Legs} and '='") : Proposal.Valid(Problem(leg));
    }

    public Problem Generate(int difficulty, KeyedRandom random) => Problem(random.Next(_options.Jobs) * _options.Legs + difficulty - 1);

    public string Prompt(string problem)
    {
        Leg leg = _legs[LegOf(problem.AsSpan(0, 3))];
        return $"{problem.AsSpan(0, 3)}:{leg.Chain}{leg.Given}{LawText.Ask}";
    }

    public bool Testable(string problem, int question) => question < _operators * 10 && question / 10 / _options.OperatorsPerSpecialist == _legs[LegOf(problem.AsSpan(0, 3))].Specialist;

    public ILawWalk Begin(string problem) => new Walk(this, LegOf(problem.AsSpan(0, 3)));

    /// <summary>The job that a problem belongs to, leg by leg.</summary>
    public IReadOnlyList<WorkPart> Plan(string problem)
    {
        int first = LegOf(problem.AsSpan(0, 3)) / _options.Legs * _options.Legs;
        return
        [
            .. Enumerable.Range(first, _options.Legs).Select(leg => new WorkPart
            {
                Problem = Problem(leg),
                Role = Role(_legs[leg].Specialist),
                Needs = _legs[leg].Given is null ? $"{Text(leg - 1)}{LawText.Ask}" : null,
                Page = Page(_operators * 10 + leg),
                Fact = $"{Text(leg)}{LawText.Ask}",
            }),
        ];
    }

    public static string Role(int specialist) => $"specialist-{(char)('a' + specialist)}";

    private Leg Drawn(int index, KeyedRandom random)
    {
        int specialist = random.Next(_options.Specialists);
        string chain = string.Concat(Enumerable.Range(0, _options.OperatorsPerLeg).Select(_ => $"{(char)('a' + specialist)}{(char)('a' + random.Next(_options.OperatorsPerSpecialist))}"));
        bool given = index % _options.Legs == 0 || Reservation.Holds(LawName, $"{Text(index - 1)}{LawText.Ask}");
        return new(specialist, chain, given ? random.Next(10).ToString() : null);
    }

    private Problem Problem(int leg) => new() { Text = $"{Text(leg)}{LawText.Ask}", Difficulty = 1 + leg % _options.Legs, CanonicalForm = $"{Text(leg)}{LawText.Ask}" };

    private string Text(int leg)
    {
        (int job, int place) = Math.DivRem(leg, _options.Legs);
        return $"{(char)('A' + job / 26)}{(char)('A' + job % 26)}{place + 1}";
    }

    private int LegOf(ReadOnlySpan<char> text)
    {
        if (text.Length != 3 || text[0] is < 'A' or > 'Z' || text[1] is < 'A' or > 'Z' || text[2] < '1' || text[2] > '0' + _options.Legs) return -1;
        int job = (text[0] - 'A') * 26 + text[1] - 'A';
        return job < _options.Jobs ? job * _options.Legs + text[2] - '1' : -1;
    }

    private int Operator(char specialist, char own, char digit) => ((specialist - 'a') * _options.OperatorsPerSpecialist + own - 'a') * 10 + digit - '0';

    /// <summary>One leg of a job.</summary>
    /// <param name="Specialist">Whose operators it applies.</param>
    /// <param name="Chain">Two letters an operator, the one applied first last.</param>
    /// <param name="Given">The digit it begins with; null where the leg before hands it on.</param>
    private sealed record Leg(int Specialist, string Chain, string? Given);

    private sealed class Walk(RelayLaw law, int leg) : ILawWalk
    {
        private readonly string _chain = law._legs[leg].Chain;
        private char _digit = law._legs[leg].Given is [char given] ? given : LawText.Unknown;
        private int _next = law._legs[leg].Chain.Length - 2;

        public int Due => _digit == LawText.Unknown ? law._operators * 10 + leg - 1 : _next < 0 ? -1 : law.Operator(_chain[_next], _chain[_next + 1], _digit);

        public string Answer => _digit.ToString();

        public int HandsOn => law._operators * 10 + leg;

        public void Take(ReadOnlySpan<char> reply)
        {
            if (_digit != LawText.Unknown) _next -= 2;
            _digit = reply[0];
        }

        public string Guess(KeyedRandom random) => random.Next(10).ToString();
    }
}
