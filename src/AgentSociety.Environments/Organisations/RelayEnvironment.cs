using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Laws;

namespace AgentSociety.Environments.Organisations;

/// <summary>Jobs that specialists work on leg by leg: long computations split up, and a jigsaw of facts that none of them can find alone.</summary>
/// <remarks>An episode is one leg. It is played as any problem is; what it hands on is a note, which later episodes look up.</remarks>
public sealed class RelayEnvironment : IEnvironment, IDemonstrator, IFactSource, IEpisodeReader, IReviewed, IOrganisation
{
    private readonly RelayLaw _law;
    private readonly LawEnvironment _world;

    /// <summary>Creates the jobs of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public RelayEnvironment(RelayOptions options, ulong seed)
    {
        OptionChecks.Require(RelayLaw.LawName, options);
        _law = new(options, seed);
        _world = new(_law, options.DemonstrateKnown, options.DemonstrateExperiments, seed);
        Roles = [.. Enumerable.Range(0, options.Specialists).Select(RelayLaw.Role)];
    }

    /// <inheritdoc />
    public string Name => _world.Name;

    /// <inheritdoc />
    public string Alphabet => _world.Alphabet;

    /// <inheritdoc />
    public int MaximumDifficulty => _world.MaximumDifficulty;

    /// <inheritdoc />
    public IReadOnlyList<FactPage> Facts => _world.Facts;

    /// <inheritdoc />
    public IReadOnlyList<string> Roles { get; }

    /// <inheritdoc />
    public IReadOnlyList<WorkPart> Plan(Problem problem) => _law.Plan(problem.Text);

    /// <inheritdoc />
    public FactTruth Judge(string line) => _world.Judge(line);

    /// <inheritdoc />
    public IEnumerable<(string Page, string Line)> Found(IReadOnlyList<ToolCall> calls, bool claims) => _world.Found(calls, claims);

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random) => _world.Generate(difficulty, random);

    /// <inheritdoc />
    public Proposal Parse(string text) => _world.Parse(text);

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => _world.ProposerPrompt(frontier, random);

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => _world.SolverPrompt(problem, random);

    /// <inheritdoc />
    public IToolSession OpenTools(Problem problem, ToolAccess access) => _world.OpenTools(problem, access);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => _world.Verify(problem, transcript);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random) => _world.DemonstrateSolution(difficulty, random);

    /// <inheritdoc />
    public string ReviewPrompt(IReadOnlyList<Segment> transcript) => _world.ReviewPrompt(transcript);

    /// <inheritdoc />
    public int ReviewLength(Problem problem, IReadOnlyList<Segment> transcript) => _world.ReviewLength(problem, transcript);

    /// <inheritdoc />
    public IReadOnlyList<bool>? ReadReview(string text, int steps) => _world.ReadReview(text, steps);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateReview(int difficulty, KeyedRandom random) => _world.DemonstrateReview(difficulty, random);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => _world.DemonstrateProposal(difficulty, random);
}
