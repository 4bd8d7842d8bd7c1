using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Yours;

/// <summary>An environment in any language: a program that answers JSON lines.</summary>
/// <remarks>
/// Methods, with their parameters and results. <c>describe</c>: {seed} to {name, alphabet, maximumDifficulty} and, where the program can show how problems are
/// solved, {demonstrates: true}, and where it has tools, {markers}: the characters that end a call. <c>generate</c>: {difficulty, key} to a problem
/// {text, difficulty, canonicalForm}. <c>parse</c>: {text} to {problem} or {reason}. <c>proposerPrompt</c>: {solveRates, key} and <c>solverPrompt</c>: {problem, key} to a
/// text. <c>verify</c>: {problem, transcript: [{source: prompt|model|tool, text}]} to {outcome: correct|wrong|malformed, reason}. <c>demonstrate</c>: {problem, key} to a text, the worked answer, or
/// to [{source: model|tool, text}] where tools are called on the way. <c>tool</c>: {problem, call, calls: [{kind, request, reply}], noted: [{page, line}], pages, experiments, requireEvidence} to {read: page}, and to be asked again with that page
/// among <c>pages</c>, or to {kind: read|experiment|note|other, reply} with {page, line} where a note is to be kept. A key is a decimal string of 64 bits; the
/// same key must give the same answer, also in another process, which is asked to describe itself with the same seed before anything else. Steps and true facts are for environments in .NET.
/// </remarks>
public sealed class ExternalEnvironment : IEnvironment, IDisposable
{
    internal const string Tool = "tool";

    private readonly JsonLines _program;

    /// <summary>Starts the program and asks what it is.</summary>
    /// <exception cref="SocietyException">It cannot be started or does not answer as it should.</exception>
    public ExternalEnvironment(ExternalOptions options, ulong seed)
    {
        OptionChecks.Require("external", options);
        _program = new(options, "describe", new() { ["seed"] = seed.ToString() });
        try
        {
            JsonNode? said = _program.Greeted;
            Name = Text(said, "name", "describe");
            Alphabet = Text(said, "alphabet", "describe");
            MaximumDifficulty = Number(said, "maximumDifficulty", "describe");
            Markers = Optional(said, "markers", "describe") ?? "";
            Demonstrates = Field(said, "demonstrates") is JsonValue value && value.TryGetValue(out bool demonstrates) && demonstrates;
        }
        catch
        {
            // Nobody else has it to end.
            _program.Dispose();
            throw;
        }
    }

    /// <summary>Starts the program; what it is can demonstrate where the program can.</summary>
    /// <exception cref="SocietyException">It cannot be started or does not answer as it should.</exception>
    public static IEnvironment Start(ExternalOptions options, ulong seed)
    {
        ExternalEnvironment program = new(options, seed);
        return program.Demonstrates ? new ExternalDemonstrator(program) : program;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty { get; }

    /// <summary>True where the program answers <c>demonstrate</c>.</summary>
    public bool Demonstrates { get; }

    /// <summary>The characters that end a call of its tools; empty where it has none.</summary>
    public string Markers { get; }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random) => Read(_program.Ask("generate", new() { ["difficulty"] = difficulty, ["key"] = Key(random) }), "generate");

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        JsonNode? said = _program.Ask("parse", new() { ["text"] = text });
        return Field(said, "problem") is { } problem ? Proposal.Valid(Read(problem, "parse")) : Proposal.Malformed(Text(said, "reason", "parse"));
    }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random)
    {
        JsonArray rates = [.. frontier.SolveRates.Select(rate => rate is { } known ? (JsonNode)JsonValue.Create(known) : null)];
        return Plain(_program.Ask("proposerPrompt", new() { ["solveRates"] = rates, ["key"] = Key(random) }), "proposerPrompt");
    }

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => Plain(_program.Ask("solverPrompt", new() { ["problem"] = Written(problem), ["key"] = Key(random) }), "solverPrompt");

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => Markers.Length > 0 ? new ExternalTools(this, problem, access) : null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        JsonArray segments = [.. transcript.Select(segment => (JsonNode)new JsonObject { ["source"] = segment.Source.ToString().ToLowerInvariant(), ["text"] = segment.Text })];
        JsonNode? said = _program.Ask("verify", new() { ["problem"] = Written(problem), ["transcript"] = segments });
        Outcome outcome = Text(said, "outcome", "verify") switch
        {
            "correct" => Outcome.Correct,
            "wrong" => Outcome.Wrong,
            "malformed" => Outcome.Malformed,
            _ => throw _program.Failed("answers 'verify' with an outcome other than correct, wrong and malformed"),
        };
        return new() { Outcome = outcome, Reason = Text(said, "reason", "verify") };
    }

    /// <summary>How the program itself would answer a problem: a text, or texts with the replies of tools between them.</summary>
    public IReadOnlyList<Segment> Demonstrate(Problem problem, KeyedRandom random) =>
        _program.Ask("demonstrate", new() { ["problem"] = Written(problem), ["key"] = Key(random) }) switch
        {
            JsonArray segments => [.. segments.Select(Shown)],
            var said => [new(Source.Model, Plain(said, "demonstrate"))],
        };

    /// <summary>Ends the program.</summary>
    public void Dispose() => _program.Dispose();

    internal JsonNode? Call(Problem problem, JsonObject parameters)
    {
        parameters["problem"] = Written(problem);
        return _program.Ask(Tool, parameters);
    }

    internal SocietyException Failed(string what) => _program.Failed(what);

    internal string Text(JsonNode? said, string name, string method) => Optional(said, name, method) ?? throw _program.Failed($"answers '{method}' without the text '{name}'");

    /// <summary>A text that may be missing or null, and is nothing else.</summary>
    internal string? Optional(JsonNode? said, string name, string method) => Field(said, name) switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw _program.Failed($"answers '{method}' with something other than a text as '{name}'"),
    };

    private Segment Shown(JsonNode? said) => new(
        Text(said, "source", "demonstrate") switch
        {
            "model" => Source.Model,
            "tool" => Source.Tool,
            _ => throw _program.Failed("answers 'demonstrate' with a source other than model and tool"),
        },
        Text(said, "text", "demonstrate"));

    private Problem Read(JsonNode? said, string method)
    {
        int difficulty = Number(said, "difficulty", method);
        if (difficulty > MaximumDifficulty) throw _program.Failed($"answers '{method}' with difficulty {difficulty}, and described itself with a maximumDifficulty of {MaximumDifficulty}");
        return new() { Text = Text(said, "text", method), Difficulty = difficulty, CanonicalForm = Text(said, "canonicalForm", method) };
    }

    private static JsonObject Written(Problem problem) => new() { ["text"] = problem.Text, ["difficulty"] = problem.Difficulty, ["canonicalForm"] = problem.CanonicalForm };

    // A decimal string, because JSON numbers lose bits beyond 53 in many languages.
    private static string Key(KeyedRandom random) => random.NextUInt64().ToString();

    private static JsonNode? Field(JsonNode? said, string name) => (said as JsonObject)?[name];

    private string Plain(JsonNode? said, string method) =>
        said is JsonValue value && value.TryGetValue(out string? text) ? text : throw _program.Failed($"answers '{method}' without a text");

    private int Number(JsonNode? said, string name, string method) =>
        Field(said, name) is JsonValue value && value.TryGetValue(out int number) && number >= 1 ? number : throw _program.Failed($"answers '{method}' without '{name}', a whole number from 1 on");
}
