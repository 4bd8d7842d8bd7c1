using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Arithmetic;

/// <summary>Sums, differences and products of long numbers, worked out column by column. Difficulty is the digits of the longer operand.</summary>
/// <remarks>Differences are never negative. The seed plays no part: arithmetic is the same in every world.</remarks>
public sealed class ArithmeticEnvironment : IEnvironment, IDemonstrator
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "arithmetic";

    private readonly string _operations;
    private readonly int _places;

    /// <summary>Creates the environment.</summary>
    /// <exception cref="SocietyException">An option is out of range, or products would need more places than there are letters.</exception>
    public ArithmeticEnvironment(ArithmeticOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        _operations = options.Operations;
        MaximumDifficulty = options.MaximumDifficulty;
        _places = ColumnText.Places(options.Operations, options.MaximumDifficulty);
        Alphabet = ColumnText.Alphabet(_places);
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty { get; }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        char operation = _operations[random.Next(_operations.Length)];
        string longer = Number(difficulty, random);
        string other = Number(random.Next(2) == 0 ? difficulty : random.Next(1, difficulty), random);
        bool swap = operation == '-' ? ColumnText.Compare(longer, other) < 0 : random.Next(2) == 0;
        return swap ? ColumnText.Problem(other, operation, longer) : ColumnText.Problem(longer, operation, other);
    }

    /// <inheritdoc />
    public Proposal Parse(string text) => ColumnText.Parse(text, _operations, MaximumDifficulty);

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => ColumnText.ProposerPrompt(frontier, MaximumDifficulty);

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random)
    {
        int first = random.Next(_places - new ColumnWork(problem.Text, 0).Places + 1);
        return ColumnText.SolverPrompt(new(problem.Text, first), first);
    }

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => ArithmeticVerifier.Verify(problem, transcript, _places);

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        string prompt = SolverPrompt(problem, random);
        ColumnWork work = new(problem.Text, ColumnText.FirstLetter(prompt));
        int length = ColumnText.StepLength(work.Operation);
        char[] text = new char[work.Steps * length + 1];
        for (int step = 0; step < work.Steps; step++)
        {
            Span<char> next = text.AsSpan(step * length, length);
            work.Next(next);
            work.Write(next);
        }

        text[^1] = ColumnText.End;
        return [new(Source.Prompt, prompt), new(Source.Model, new(text))];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(Shown(difficulty, random), MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    // Proposers come to read rates of lengths far beyond what they know how to add; a base that never saw such a prompt answers it with anything.
    private int Shown(int difficulty, KeyedRandom random) => random.Next(2) == 0 ? difficulty : random.Next(difficulty, MaximumDifficulty + 1);

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(EnvironmentName, difficulty, random, Generate);

    // Without a leading zero, except for the number 0 itself.
    private static string Number(int digits, KeyedRandom random)
    {
        Span<char> text = stackalloc char[digits];
        foreach (ref char digit in text) digit = ColumnText.Digit(random.Next(10));
        if (digits > 1) text[0] = ColumnText.Digit(random.Next(1, 9));
        return new(text);
    }
}
