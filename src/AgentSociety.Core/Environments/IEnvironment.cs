using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Environments;

/// <summary>A family of tasks: rules only. It knows neither models nor agents, and no algorithm knows which environment it plays in.</summary>
/// <remarks>Implementations are immutable and safe to call from any thread.</remarks>
public interface IEnvironment
{
    /// <summary>The name that scenarios use.</summary>
    string Name { get; }

    /// <summary>Every character that prompts, answers and tool replies may hold, in a fixed order: the alphabet of a home-grown tokenizer.</summary>
    string Alphabet { get; }

    /// <summary>The greatest difficulty that <see cref="Generate"/> and <see cref="Parse"/> accept; the least is 1.</summary>
    int MaximumDifficulty { get; }

    /// <summary>A problem of exactly this difficulty. Used for held-out tests and as the fixed distribution where self-play is off, never as a proposer.</summary>
    Problem Generate(int difficulty, KeyedRandom random);

    /// <summary>Reads and validates what a proposer wrote.</summary>
    Proposal Parse(string text);

    /// <summary>A problem that was accepted before, with its seat and its kind, which records do not hold; null where its text is not read as one any more. What <see cref="Parse"/> runs or works out to validate it need not hold again.</summary>
    Problem? Recall(Problem stored) => Parse(stored.Text).Problem is { } read ? stored with { Seat = read.Seat, Kind = read.Kind } : null;

    /// <summary>What problems share that belong on one side of a split into training and test, such as the program of triples: who was trained on one of them has seen a part of the others. They are reserved for tests together, too (<see cref="Reservation"/>). A problem's canonical form where it stands alone.</summary>
    string SplitKey(Problem problem) => problem.CanonicalForm;

    /// <summary>What a proposer sees before it writes a problem.</summary>
    string ProposerPrompt(Frontier frontier, KeyedRandom random);

    /// <summary>What a solver sees before it writes its attempt.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="random">For environments whose presentation varies, such as the first place letter of an addition.</param>
    string SolverPrompt(Problem problem, KeyedRandom random);

    /// <summary>The tools of one attempt, or null where the environment has none.</summary>
    IToolSession? OpenTools(Problem problem, ToolAccess access);

    /// <summary>Judges an attempt. <paramref name="transcript"/> begins with the prompt; the end-of-text token is not part of it.</summary>
    Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript);
}

/// <summary>How solvers fare on what has been proposed lately: what a proposer may know of the state of the society.</summary>
/// <param name="SolveRates">Smoothed solve rate by difficulty; index 0 is difficulty 1; null where nothing of that difficulty was played.</param>
public sealed record Frontier(IReadOnlyList<double?> SolveRates);

/// <summary>An environment that can show how its problems are posed and solved: the material of a base model.</summary>
public interface IDemonstrator
{
    /// <summary>A worked solution of a problem of this difficulty, in a world made up for this demonstration: it holds skill and no fact of the environment's own world.</summary>
    IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random);

    /// <summary>A proposal of this difficulty, prompt first.</summary>
    IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random);
}

/// <summary>An entry of the catalogue of environments.</summary>
/// <param name="Name">The name that scenarios use.</param>
/// <param name="Summary">One line for a listing.</param>
/// <param name="OptionsType">A record whose public properties are the keys under <c>environment.options</c>.</param>
/// <param name="Create">Makes the environment from its options and the run's seed.</param>
public sealed record EnvironmentEntry(string Name, string Summary, Type OptionsType, Func<object, ulong, IEnvironment> Create);
