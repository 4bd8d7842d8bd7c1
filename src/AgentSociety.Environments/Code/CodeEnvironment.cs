using System.Globalization;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Code;

/// <summary>Small JavaScript programs: predict an output, find an input, or write the program from examples.</summary>
/// <remarks>
/// Proposals are run twice before they count: they must end well within the limits (<see cref="CodeFacts"/>), agree with themselves, and do something with their input. Difficulty is the
/// number of operators, calls and decisions. Generated problems and demonstrations use integer arithmetic and, in the full language, <see cref="SeedPrograms"/>; proposers may use all of the language that the
/// scenario chose. A triple is one problem whichever of its three parts is asked for, however its program is laid out and its inputs are written: the canonical form is the program's tree
/// with the inputs in order. All triples of a program are reserved together. What a solver could be told beside the program, comments and idle statements, is taken out or refused.
/// </remarks>
public sealed class CodeEnvironment : IEnvironment, IDemonstrator, IConditionedProposer, IMeasuredProposals
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "code";

    private const string Unknown = "?";
    private readonly Sandbox _sandbox = new(new());
    private readonly CodeFacts _facts;
    private readonly ICodeLanguage _language;
    private readonly CodeKind[] _kinds;
    private readonly TracedAnswers? _traced;
    private readonly int _inputs;

    /// <summary>Creates the environment.</summary>
    /// <exception cref="SocietyException">An option is out of range, or no kind of task is left.</exception>
    public CodeEnvironment(CodeOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        _facts = new(_sandbox);
        _language = options.Language == CodeLanguage.Full ? new FullLanguage(options.Explained) : new RestrictedLanguage(options);
        if (options is { Trace: true, Language: CodeLanguage.Full }) throw new SocietyException($"environment '{EnvironmentName}', options: trace is for language: restricted, whose operations can be written one by one") { Option = "trace" };
        _traced = options.Trace ? new() : null;
        _inputs = 2 * RestrictedLanguage.LargestDrawn(options) + 2;
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
        return ProblemDraw.First(EnvironmentName, difficulty, () =>
        {
            CodeKind kind = random.Choose(_kinds);
            // Half of the problems are seeds where there are any of this difficulty, the rest is arithmetic.
            if (_language.HasSeeds && random.Next(2) == 0 && SeedPrograms.Draw(difficulty, kind, random) is { } seed) return Tells(seed) ? Made(seed, difficulty) : null;
            string program = _language.Draw(difficulty, random);
            string[] inputs = [.. random.Permutation(_inputs)[..(kind == CodeKind.Induce ? 6 : 1)].Select(input => input.ToString(CultureInfo.InvariantCulture))];
            CodeTask drawn = new(kind, program, inputs);
            return TrivialPrograms.Reason(inputs, input => _facts.Output(program, input)) is null && Tells(drawn) ? Made(drawn, difficulty) : null;
        });
    }

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        if (_language.Read(text) is not { } read) return Proposal.Malformed(_language.Form);
        if (!_kinds.Contains(read.Kind)) return Proposal.Malformed($"'{read.Kind}' is not played here");
        if (CodeShape.Of(read.Program) is not { } shape) return Proposal.Malformed("the program is not JavaScript");
        if (shape.Forbidden is { } forbidden) return Proposal.Malformed(forbidden);
        if (shape.Operations < 1) return Proposal.Malformed("the program does nothing");
        if (shape.Operations > MaximumDifficulty) return Proposal.Malformed($"the program has more than {MaximumDifficulty} operations");
        if (CodeText.HasIdleStatement(read.Program)) return Proposal.Malformed("a statement of the program is a mere value");
        string[] inputs = new string[read.Inputs.Count];
        for (int index = 0; index < inputs.Length; index++)
        {
            // Written in the one way in which values are compared: 1 and 1.0 are one input. What has no such way in JSON, such as a number beyond all bounds, is none.
            if (_sandbox.Canonical(read.Inputs[index]) is not { } input || (input != read.Inputs[index] && _sandbox.Canonical(input) != input)) return Proposal.Malformed("an input is no JSON value");
            inputs[index] = input;
        }

        if (inputs.Distinct().Count() != inputs.Length) return Proposal.Malformed("an input comes twice");
        CodeTask code = new(read.Kind, CodeText.WithoutComments(read.Program), inputs);
        return Refusal(code) is { } refusal ? Proposal.Malformed(refusal) : Proposal.Valid(Made(code, shape.Operations));
    }

    /// <inheritdoc />
    /// <remarks>Nothing is run: a slower machine says the same.</remarks>
    public Problem? Recall(Problem stored) => _language.Read(stored.Text) is { } code ? stored with { Kind = NameOf(code.Kind) } : null;

    /// <inheritdoc />
    /// <remarks>The program's form: deduction, abduction and induction of one program, on whatever inputs, stay together.</remarks>
    public string SplitKey(Problem problem) => _language.Read(problem.Text) is { } code ? CodeText.Form(code.Program) : problem.CanonicalForm;

    /// <inheritdoc />
    public int Shown { get; }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => ProposerPrompt(frontier, [], random);

    /// <inheritdoc />
    /// <remarks>The earlier problems come first, a line or a mark after each; what is asked for is one that is none of them. While there are too few, seeds stand in for them.</remarks>
    public string ProposerPrompt(Frontier frontier, IReadOnlyList<Problem> earlier, KeyedRandom random) =>
        $"{_language.ProposerStart}{string.Concat(earlier.Select(problem => problem.Text).Concat(Seeds(Shown - earlier.Count, random)).Take(Shown).Select(text => $"{text}{_language.EarlierEnd}"))}@{FrontierText.Digits(frontier, MaximumDifficulty)}{_language.ProposerEnd}";

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
        return _language.Prompt(code, [.. code.Inputs.Select(input => _facts.Output(code.Program, input) ?? Unknown)]);
    }

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        int[] written = [.. Enumerable.Range(0, transcript.Count).Where(index => transcript[index] is { Source: Source.Model, Text.Length: > 0 })];
        if (written.Length != 1) return Judged(Outcome.Malformed, "the answer must be one piece");
        CodeTask code = Read(problem);
        string text = transcript[written[0]].Text;
        if (_traced is null || code.Kind == CodeKind.Induce) return Answered(code, text.Trim(' ', '\n'));
        if (TracedAnswers.Answer(text) is not { } answer) return Judged(Outcome.Malformed, $"no '{TracedAnswers.End}' and so no answer");
        Verdict verdict = Answered(code, answer);
        return _facts.Output(code.Program, code.Inputs[0]) is { } truth ? verdict with { Steps = _traced.Judge(code, truth, text, written[0], verdict.Outcome == Outcome.Correct) } : verdict;
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        CodeTask code = Read(problem);
        string answer = code.Kind switch
        {
            CodeKind.Deduce or CodeKind.Abduce when _traced is not null => TracedAnswers.Worked(code.Kind, code.Program, code.Inputs[0]) ?? Unknown,
            CodeKind.Deduce => _facts.Output(code.Program, code.Inputs[0]) ?? Unknown,
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

    private IEnumerable<string> Seeds(int count, KeyedRandom random)
    {
        for (int index = 0; _language.HasSeeds && index < count; index++)
        {
            if (SeedPrograms.DrawUpTo(MaximumDifficulty, random.Choose(_kinds), random) is { } seed && Tells(seed) && !Reservation.Holds(this, Made(seed, 1))) yield return _language.Write(seed);
        }
    }

    // Whether the examples of what is drawn tell the program from such as do nothing with their input.
    private bool Tells(CodeTask code) => TrivialPrograms.Untold(code, [.. code.Inputs.Select(input => _facts.Output(code.Program, input) ?? Unknown)]) is null;

    private static string Form(string program, IReadOnlyList<string> inputs) => $"{program}\n{string.Join('\n', inputs.Order(StringComparer.Ordinal))}";

    private Problem Made(CodeTask code, int difficulty) => new()
    {
        Text = _language.Write(code),
        Difficulty = difficulty,
        Kind = NameOf(code.Kind),
        CanonicalForm = Form(CodeText.Form(code.Program), code.Inputs),
    };

    private static string NameOf(CodeKind kind) => kind switch { CodeKind.Deduce => "deduction", CodeKind.Abduce => "abduction", _ => "induction" };

    private CodeTask Read(Problem problem) => _language.Read(problem.Text) ?? throw new ArgumentException("the text is no problem of this environment", nameof(problem));

    // Why a readable task is no problem; null where it is one. Its programs run here, all within one budget.
    private string? Refusal(CodeTask code)
    {
        CodeFacts.Spent spent = new();
        List<string> outputs = [];
        foreach (string input in code.Inputs)
        {
            Execution came = _facts.Establish(code.Program, input, spent);
            if (came.Value is null) return came.Failure;
            outputs.Add(came.Value);
        }

        string work = "";
        if (_traced is not null && code.Kind != CodeKind.Induce)
        {
            if (TracedAnswers.Worked(CodeKind.Deduce, code.Program, code.Inputs[0]) is not { } worked) return "the program has other operations than + - * % < and decisions, so that no work could be shown";
            // The sandbox says what a program gives; a way that comes to something else is none.
            if (TracedAnswers.Answer(worked) != outputs[0]) return "its operations, done one by one, come to something else";
            work = worked;
        }

        // A vocabulary of single characters can hold no others.
        if ((_language.Write(code) + _language.Prompt(code, outputs) + work).FirstOrDefault(character => !Alphabet.Contains(character, StringComparison.Ordinal)) is var foreign and not '\0') return $"the program, its work or an output holds '{foreign}' (U+{(int)foreign:x4}), which is not in the alphabet";
        string? trivial = TrivialPrograms.Reason(code.Inputs, input => _facts.Establish(code.Program, input, spent).Value) ?? TrivialPrograms.Untold(code, outputs);
        // A probe that was not run says nothing of the program.
        return spent.Refusal ?? trivial;
    }

    private Verdict Answered(CodeTask code, string answer)
    {
        string?[] truth = [.. code.Inputs.Select(input => _facts.Output(code.Program, input))];
        if (Array.Exists(truth, output => output is null)) return Judged(Outcome.Malformed, "the program of the problem did not run here, so no answer can be verified");
        return code.Kind switch
        {
            CodeKind.Deduce => Deduced(answer, truth[0]!),
            CodeKind.Abduce => Compared(_sandbox.Run(code.Program, answer), truth[0]!, $"f({Short(answer)})"),
            _ => Induced(code, answer, truth!),
        };
    }

    // A value that JSON cannot write, such as undefined or -0, is compared as it stands.
    private Verdict Deduced(string answer, string truth) =>
        answer == truth || _sandbox.Canonical(answer) == truth ? Judged(Outcome.Correct, $"the output is {Short(truth)}") : Judged(Outcome.Wrong, $"the output is {Short(truth)}, not {Short(answer)}");

    private Verdict Induced(CodeTask code, string answer, string[] truth)
    {
        if (_language.Program(answer) is not { } program) return Judged(Outcome.Malformed, "no program of this language was written");
        for (int index = 0; index < code.Inputs.Count; index++)
        {
            Verdict one = Compared(_sandbox.Run(program, code.Inputs[index]), truth[index], index < code.Shown ? $"f({code.Inputs[index]})" : "f of a hidden input");
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

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(this, difficulty, random, Generate);
}
