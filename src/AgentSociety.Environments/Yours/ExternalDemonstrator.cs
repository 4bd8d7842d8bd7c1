using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Yours;

/// <summary>An external environment whose program shows how problems are solved: base models can be trained for it.</summary>
/// <remarks>What is reserved is passed over here, before the program is asked to work it out; proposals are the program's own problems.</remarks>
public sealed class ExternalDemonstrator(ExternalEnvironment program) : IEnvironment, IDemonstrator, IDisposable
{
    /// <inheritdoc />
    public string Name => program.Name;

    /// <inheritdoc />
    public string Alphabet => program.Alphabet;

    /// <inheritdoc />
    public int MaximumDifficulty => program.MaximumDifficulty;

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random) => program.Generate(difficulty, random);

    /// <inheritdoc />
    public Proposal Parse(string text) => program.Parse(text);

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => program.ProposerPrompt(frontier, random);

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => program.SolverPrompt(problem, random);

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => program.OpenTools(problem, access);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => program.Verify(problem, transcript);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random) => Worked(difficulty, random).Solution;

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    /// <summary>A problem that is not reserved, with the program's own solution.</summary>
    public (Problem Problem, IReadOnlyList<Segment> Solution) Worked(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        return (problem, [new(Source.Prompt, SolverPrompt(problem, random)), .. program.Demonstrate(problem, random)]);
    }

    /// <summary>Ends the program.</summary>
    public void Dispose() => program.Dispose();

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(Name, difficulty, random, Generate);
}
