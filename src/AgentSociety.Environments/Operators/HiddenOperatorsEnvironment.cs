using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Operators;

/// <summary>
/// A world of operators, each an unknown permutation of the ten digits. A problem is a chain of them applied to a digit, from
/// right to left: <c>bac4=</c> asks for b(a(c(4))). Its facts can only be had by experiment, and kept only in notes; the skill to
/// walk a long chain can only be kept in weights.
/// </summary>
/// <remarks>A guess is right one time in ten; the verdict's steps tell a guess from a walk.</remarks>
public sealed class HiddenOperatorsEnvironment : IEnvironment, IDemonstrator
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "hidden-operators";

    private readonly OperatorWorld _world;
    private readonly OperatorDemonstrations _demonstrations;

    /// <summary>Creates the world of one run.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public HiddenOperatorsEnvironment(HiddenOperatorsOptions options, ulong seed)
    {
        OptionChecks.Require(EnvironmentName, options);
        if (options.DemonstrateKnown + options.DemonstrateExperiments > 1)
        {
            throw new SocietyException($"{EnvironmentName}: demonstrateKnown + demonstrateExperiments is {options.DemonstrateKnown + options.DemonstrateExperiments}; the two shares may add up to 1 at most");
        }

        Operators = options.Operators;
        MaximumDifficulty = options.MaximumDifficulty;
        Alphabet = OperatorText.Alphabet(options.Operators);
        _world = OperatorWorld.OfRun(options.Operators, seed);
        _demonstrations = new(options, this);
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <summary>How many operators the world has.</summary>
    public int Operators { get; }

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty { get; }

    /// <summary>What this world's <paramref name="name"/> makes of <paramref name="digit"/>. For measuring notes against the truth; agents must experiment.</summary>
    public int Apply(char name, int digit) => _world.Apply(name, digit);

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        Span<char> chain = stackalloc char[difficulty];
        foreach (ref char name in chain) name = OperatorText.Operator(random.Next(Operators));
        return OperatorText.Problem(chain, OperatorText.Digit(random.Next(10)));
    }

    /// <inheritdoc />
    public Proposal Parse(string text) => OperatorText.Parse(text, Operators, MaximumDifficulty);

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => OperatorText.ProposerPrompt(frontier, MaximumDifficulty);

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => problem.Text;

    /// <inheritdoc />
    public IToolSession OpenTools(Problem problem, ToolAccess access) => new OperatorTools(_world, access);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) =>
        OperatorVerifier.Verify(problem.Text, _world, transcript);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random) => _demonstrations.Solution(difficulty, random);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => _demonstrations.Proposal(difficulty, random);
}
