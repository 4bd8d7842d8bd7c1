using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// A world of hidden facts. They can only be had by experiment, and kept only in notes; the skill to walk from fact to fact can only be kept in
/// weights. What the facts are and how a problem walks through them is the law's; looking up, trying, noting and judging are the same for all.
/// </summary>
/// <remarks>The verdict's steps tell a guess from a walk.</remarks>
public sealed class LawEnvironment : IEnvironment, IDemonstrator, IFactSource, IEpisodeReader, IReviewed
{
    private readonly ILaw _law;
    private readonly string[] _world;
    private readonly LawDemonstrations _demonstrations;

    internal LawEnvironment(ILaw law, double demonstrateKnown, double demonstrateExperiments, ulong seed)
    {
        if (demonstrateKnown + demonstrateExperiments > 1)
        {
            throw new SocietyException($"{law.Name}: demonstrateKnown + demonstrateExperiments is {demonstrateKnown + demonstrateExperiments}; the two shares may add up to 1 at most");
        }

        _law = law;
        _world = law.Draw(part => KeyedRandom.For(seed, $"{law.Name}/world", part));
        _demonstrations = new(law, demonstrateKnown, demonstrateExperiments);
        Alphabet = LawText.Alphabet(law);
        Facts =
        [
            .. Enumerable.Range(0, law.Questions).GroupBy(law.Page).Select(page => new FactPage(page.Key, [.. page.Select(question => LawText.Fact(law, question, _world[question]))])),
        ];
    }

    /// <inheritdoc />
    public string Name => _law.Name;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty => _law.MaximumDifficulty;

    /// <inheritdoc />
    public IReadOnlyList<FactPage> Facts { get; }

    /// <summary>What this world replies to a question such as <c>c4</c>. For measuring notes against the truth; agents must experiment.</summary>
    /// <exception cref="ArgumentException">The text is no question of this world.</exception>
    public string Reply(string question) => _law.IndexOf(question) is >= 0 and int index ? _world[index] : throw new ArgumentException($"'{question}' is no question of {Name}", nameof(question));

    /// <inheritdoc />
    public FactTruth Judge(string line) => LawText.FactIn(_law, line, out ReadOnlySpan<char> reply) switch
    {
        < 0 => FactTruth.NoFact,
        int question => reply.SequenceEqual(_world[question]) ? FactTruth.True : FactTruth.False,
    };

    /// <inheritdoc />
    public IEnumerable<(string Page, string Line)> Found(IReadOnlyList<ToolCall> calls, bool claims)
    {
        foreach (ToolCall call in calls)
        {
            string? said = LawText.CallEndingAt(_law, call.Request, call.Request.Length) switch
            {
                { Marker: LawText.Experiment } when _law.Says(call.Reply) => call.Reply,
                { Marker: LawText.Note } when claims => call.Request[^(_law.ReplyLength + 1)..^1],
                _ => null,
            };
            if (said is null) continue;
            int question = LawText.CallEndingAt(_law, call.Request, call.Request.Length)!.Value.Question;
            yield return (_law.Page(question), LawText.Fact(_law, question, said));
        }
    }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        return _law.Generate(difficulty, random);
    }

    /// <inheritdoc />
    public Proposal Parse(string text) => _law.Parse(text);

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => LawText.ProposerPrompt(frontier, MaximumDifficulty);

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => _law.Prompt(problem.Text);

    /// <inheritdoc />
    public IToolSession OpenTools(Problem problem, ToolAccess access) => new LawTools(_law, _world, problem.Text, access);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => LawVerifier.Verify(_law, problem.Text, _world, transcript);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random) => _demonstrations.Solution(difficulty, random);

    /// <inheritdoc />
    public string ReviewPrompt(IReadOnlyList<Segment> transcript) => LawReviews.Prompt(transcript);

    /// <inheritdoc />
    public int ReviewLength(Problem problem, IReadOnlyList<Segment> transcript) => LawReviews.Of(_law, problem.Text, _world, transcript).Length;

    /// <inheritdoc />
    public IReadOnlyList<bool>? ReadReview(string text, int steps) => LawReviews.Read(text, steps);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateReview(int difficulty, KeyedRandom random) => _demonstrations.Review(difficulty, random);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => _demonstrations.Proposal(difficulty, random);
}
