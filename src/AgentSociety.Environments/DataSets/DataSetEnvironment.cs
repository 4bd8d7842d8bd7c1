using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.DataSets;

/// <summary>Questions of a file with numbers as answers, compared as exact rationals. A unit, <c>$</c> or <c>%</c>, counts only where the file's own answer has it.</summary>
/// <remarks>Nobody can verify an answer to a question that the file does not hold, so a proposal is valid only where it is one of the file's questions.</remarks>
public sealed class DataSetEnvironment : IEnvironment, IDemonstrator, IWordedProblems
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "data-set";

    private readonly string _marker;
    private readonly Dictionary<string, Row> _rows = [];
    private readonly Row[][] _levels;

    /// <summary>Reads the file.</summary>
    /// <exception cref="SocietyException">The file is missing, has a line that is no question with an answer, or has fewer questions than levels.</exception>
    public DataSetEnvironment(DataSetOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        if (!File.Exists(options.Path)) throw new SocietyException($"environment '{EnvironmentName}': there is no file {options.Path}") { Option = "path" };
        (_marker, SharedWords) = (options.Marker, options.SharedWords);
        int line = 0;
        foreach (string text in File.ReadLines(options.Path))
        {
            line++;
            if (text.Length == 0) continue;
            Row row = Read(text, line, options.Path) ?? throw new SocietyException($"{options.Path}:{line}: not an object with texts 'question' and 'answer', the answer ending in '{_marker}' and a number") { Option = "path" };
            _rows.TryAdd(row.Question, row);
        }

        if (_rows.Count < options.Levels) throw new SocietyException($"{options.Path} holds {_rows.Count} questions, too few for {options.Levels} levels");
        Row[] sorted = [.. _rows.Values.OrderBy(row => row.Solution.Length).ThenBy(row => row.Question, StringComparer.Ordinal)];
        _levels = [.. Enumerable.Range(0, options.Levels).Select(level => sorted[(sorted.Length * level / options.Levels)..(sorted.Length * (level + 1) / options.Levels)])];
        for (int level = 0; level < _levels.Length; level++)
        {
            foreach (Row row in _levels[level]) _rows[row.Question] = row with { Level = level + 1 };
        }

        Alphabet = new([.. _rows.Values.SelectMany(row => row.Question + row.Solution).Concat("0123456789-@:\n" + _marker).Distinct().Order()]);
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty => _levels.Length;

    /// <inheritdoc />
    public int SharedWords { get; }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        return Posed(_rows[random.Choose(_levels[difficulty - 1]).Question]);
    }

    /// <inheritdoc />
    public Proposal Parse(string text) =>
        _rows.TryGetValue(text, out Row? row) ? Proposal.Valid(Posed(row)) : Proposal.Malformed("not a question of the data set, so no answer to it can be verified");

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => $"@{FrontierText.Digits(frontier, MaximumDifficulty)}:\n";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => problem.Text + "\n";

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        Segment[] written = [.. transcript.Where(segment => segment.Source == Source.Model && segment.Text.Length > 0)];
        if (written.Length != 1) return Judged(Outcome.Malformed, "the answer must be one piece");
        string text = written[0].Text;
        int marker = text.IndexOf(_marker, StringComparison.Ordinal);
        if (marker < 0) return Judged(Outcome.Malformed, $"no '{_marker}' and so no answer");
        // One marker only: whoever writes several answers has given none.
        if (Rational.Read(text.AsSpan(marker + _marker.Length).TrimEnd('\n'), out char unit) is not { } given) return Judged(Outcome.Malformed, $"'{_marker}' must be followed by one number and nothing else");
        (Rational truth, char own) = (_rows[problem.Text].Answer, _rows[problem.Text].Unit);
        // A unit may be left out, as in most of such files, and is never made up.
        if (unit != '\0' && unit != own) return Judged(Outcome.Wrong, $"the answer is {truth}, with no '{unit}'");
        return given == truth ? Judged(Outcome.Correct, $"the answer is {truth}") : Judged(Outcome.Wrong, $"the answer is {truth}, not {given}");
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        return [new(Source.Prompt, SolverPrompt(problem, random)), new(Source.Model, _rows[problem.Text].Solution)];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    private static Problem Posed(Row row) => new() { Text = row.Question, Difficulty = row.Level, CanonicalForm = row.Question };

    private static Verdict Judged(Outcome outcome, string reason) => new() { Outcome = outcome, Reason = reason };

    private Row? Read(string text, int line, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root) return null;
            if (!root.TryGetProperty("question", out JsonElement question) || question.ValueKind != JsonValueKind.String) return null;
            if (!root.TryGetProperty("answer", out JsonElement answer) || answer.ValueKind != JsonValueKind.String) return null;
            string solution = answer.GetString()!;
            int marker = solution.IndexOf(_marker, StringComparison.Ordinal);
            if (marker != solution.LastIndexOf(_marker, StringComparison.Ordinal)) throw new SocietyException($"{path}:{line}: '{_marker}' comes twice in the answer, and an answer has it once; leave one") { Option = "path" };
            return marker >= 0 && Rational.Read(solution.AsSpan(marker + _marker.Length).TrimEnd(), out char unit) is { } number ? new(question.GetString()!, solution, number, unit, 1) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Problem Unreserved(int difficulty, KeyedRandom random)
    {
        Row[] level = [.. _levels[difficulty - 1].Where(row => !Reservation.Holds(EnvironmentName, row.Question))];
        if (level.Length == 0) throw new SocietyException($"environment '{EnvironmentName}': every question of level {difficulty} is reserved for tests; use fewer levels");
        return Posed(_rows[random.Choose(level).Question]);
    }

    private sealed record Row(string Question, string Solution, Rational Answer, char Unit, int Level);
}
