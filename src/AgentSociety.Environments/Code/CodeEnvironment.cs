using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Code;

/// <summary>Small JavaScript programs: predict an output, find an input, or write the program from examples.</summary>
/// <remarks>
/// Proposals are run twice before they count: they must end within the limits, agree with themselves, and do something. Difficulty is the number of
/// operators, calls and decisions. Generated problems and demonstrations use integer arithmetic; proposers may use all of the language that the
/// scenario chose. Programs that differ in layout and comments alone are one problem: the canonical form is their tokens.
/// </remarks>
public sealed class CodeEnvironment : IEnvironment, IDemonstrator, IConditionedProposer, IMeasuredProposals
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "code";

    private readonly Sandbox _sandbox = new(new());
    private readonly ICodeLanguage _language;
    private readonly CodeKind[] _kinds;

    /// <summary>Creates the environment.</summary>
    /// <exception cref="SocietyException">An option is out of range, or no kind of task is left.</exception>
    public CodeEnvironment(CodeOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        _language = options.Language == CodeLanguage.Full ? new FullLanguage() : new RestrictedLanguage();
        (bool Played, CodeKind Kind)[] kinds = [(options.Deduction, CodeKind.Deduce), (options.Abduction, CodeKind.Abduce), (options.Induction, CodeKind.Induce)];
        _kinds = [.. kinds.Where(kind => kind.Played).Select(kind => kind.Kind)];
        if (_kinds.Length == 0) throw new SocietyException($"environment '{EnvironmentName}', options: deduction, abduction and induction are all false; leave at least one true");
        MaximumDifficulty = options.MaximumDifficulty;
        Shown = options.EarlierShown;
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <inheritdoc />
    public string Alphabet => _language.Alphabet;

    /// <inheritdoc />
    public int MaximumDifficulty { get; }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        string program = _language.Draw(difficulty, random);
        CodeKind kind = random.Choose(_kinds);
        int[] inputs = random.Permutation(20)[..(kind == CodeKind.Induce ? 6 : 1)];
        return Made(new(kind, program, [.. inputs.Select(input => input.ToString())]), difficulty);
    }

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        if (_language.Read(text) is not { } code) return Proposal.Malformed(_language.Form);
        if (!_kinds.Contains(code.Kind)) return Proposal.Malformed($"'{code.Kind}' is not played here");
        if (CodeShape.Of(code.Program) is not { } shape) return Proposal.Malformed("the program is not JavaScript");
        if (shape.Forbidden is { } forbidden) return Proposal.Malformed(forbidden);
        if (shape.Operations < 1) return Proposal.Malformed("the program does nothing");
        if (shape.Operations > MaximumDifficulty) return Proposal.Malformed($"the program has more than {MaximumDifficulty} operations");
        if (code.Inputs.Distinct().Count() != code.Inputs.Count) return Proposal.Malformed("an input comes twice");
        foreach (string input in code.Inputs)
        {
            if (_sandbox.RunTwice(code.Program, input) is { Value: null } failed) return Proposal.Malformed(failed.Failure);
        }

        return Proposal.Valid(Made(code, shape.Operations));
    }

    /// <inheritdoc />
    public int Shown { get; }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => ProposerPrompt(frontier, [], random);

    /// <inheritdoc />
    /// <remarks>The earlier problems come first, a line or a mark after each; what is asked for is one that is none of them.</remarks>
    public string ProposerPrompt(Frontier frontier, IReadOnlyList<Problem> earlier, KeyedRandom random) =>
        $"{string.Concat(earlier.Take(Shown).Select(problem => $"{problem.Text}{_language.ProposerEnd}"))}@{FrontierText.Digits(frontier, MaximumDifficulty)}{_language.ProposerEnd}";

    /// <inheritdoc />
    /// <remarks>Means over the programs (<see cref="CodeVariety"/>): how unlike one another they are, their independent paths, and depth and kinds of nodes of their trees.</remarks>
    public IReadOnlyList<MetricRecord> Measure(IReadOnlyList<Problem> proposals)
    {
        CodeVariety variety = CodeVariety.Of(proposals.Select(proposal => Read(proposal).Program));
        return variety.Programs == 0 ? [] : [new("proposals/variety", variety.Distance), new("proposals/cyclomatic", variety.Cyclomatic), new("proposals/depth", variety.Depth), new("proposals/kinds", variety.Kinds)];
    }

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random)
    {
        CodeTask code = Read(problem);
        return _language.Prompt(code, [.. code.Inputs.Select(input => Output(code, input))]);
    }

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        Segment[] written = [.. transcript.Where(segment => segment.Source == Source.Model && segment.Text.Length > 0)];
        if (written.Length != 1) return Judged(Outcome.Malformed, "the answer must be one piece");
        CodeTask code = Read(problem);
        string answer = written[0].Text.Trim(' ', '\n');
        return code.Kind switch
        {
            CodeKind.Deduce => Deduced(answer, Output(code, code.Inputs[0])),
            CodeKind.Abduce => Compared(_sandbox.Run(code.Program, answer), Output(code, code.Inputs[0]), $"f({Short(answer)})"),
            _ => Induced(code, answer),
        };
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        CodeTask code = Read(problem);
        string answer = code.Kind switch
        {
            CodeKind.Deduce => Output(code, code.Inputs[0]),
            CodeKind.Abduce => code.Inputs[0],
            _ => _language.Answer(code.Program),
        };
        return [new(Source.Prompt, SolverPrompt(problem, random)), new(Source.Model, answer)];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), [.. Enumerable.Range(0, Shown).Select(_ => Unreserved(random.Next(1, difficulty), random))], random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    private Problem Made(CodeTask code, int difficulty) => new()
    {
        Text = _language.Write(code),
        Difficulty = difficulty,
        CanonicalForm = $"{code.Kind}\n{CodeShape.Tokens(code.Program)}\n{string.Join('\n', code.Inputs)}",
    };

    private CodeTask Read(Problem problem) => _language.Read(problem.Text) ?? throw new ArgumentException("the text is no problem of this environment", nameof(problem));

    private string Output(CodeTask code, string input) => _sandbox.Run(code.Program, input).Value ?? throw new ArgumentException("the program of a problem must run", nameof(code));

    // A value that JSON cannot write, such as undefined or -0, is compared as it stands.
    private Verdict Deduced(string answer, string truth) =>
        answer == truth || _sandbox.Canonical(answer) == truth ? Judged(Outcome.Correct, $"the output is {Short(truth)}") : Judged(Outcome.Wrong, $"the output is {Short(truth)}, not {Short(answer)}");

    private Verdict Induced(CodeTask code, string answer)
    {
        if (_language.Program(answer) is not { } program) return Judged(Outcome.Malformed, "no program of this language was written");
        for (int index = 0; index < code.Inputs.Count; index++)
        {
            Verdict one = Compared(_sandbox.Run(program, code.Inputs[index]), Output(code, code.Inputs[index]), index < code.Shown ? $"f({code.Inputs[index]})" : "f of a hidden input");
            if (one.Outcome != Outcome.Correct) return one;
        }

        return Judged(Outcome.Correct, $"agrees on all {code.Inputs.Count} inputs");
    }

    private static Verdict Compared(Execution execution, string truth, string what) => execution.Value switch
    {
        null => Judged(Outcome.Malformed, $"{what} gives nothing: {execution.Failure}"),
        { } value when value == truth => Judged(Outcome.Correct, $"{what} is {Short(truth)}"),
        { } value => Judged(Outcome.Wrong, $"{what} is {Short(value)}, not {Short(truth)}"),
    };

    private static string Short(string text) => text.Length > 80 ? $"{text.AsSpan(0, 80)}..." : text;

    private static Verdict Judged(Outcome outcome, string reason) => new() { Outcome = outcome, Reason = reason };

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(EnvironmentName, difficulty, random, Generate);
}
