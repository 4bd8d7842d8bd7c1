using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.WordProblems;

/// <summary>Short stories about how many, answered exactly, fractions included. Difficulty is how many things happen.</summary>
/// <remarks>
/// Stories are written in a small English that can be read back, so proposers can pose new ones and every answer is known. The answer is
/// the form of GSM8K: a line for each thing that happens, <c>12 + 5 = 17</c>, then <c>#### 17</c>. A line is valid where it is exactly the one due.
/// </remarks>
public sealed class WordProblemsEnvironment : IEnvironment, IDemonstrator
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "word-problems";
    private const string Marker = "#### ";
    private readonly WordProblemsOptions _options;
    private readonly string _labels;

    /// <summary>Creates the environment.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public WordProblemsEnvironment(WordProblemsOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        _options = options;
        string words = string.Concat(from name in Story.Names from thing in Story.Things select new Story(name, thing, 2, [new('+', 2), new('-', 2), new('*', 2), new('/', 2)]).Write());
        _labels = options.Labels ? IndexLetters.For(options.MaximumDifficulty) : "";
        Alphabet = new([.. ($"{words}0123456789+-*/= #@:\n{(options.Labels ? "()" : "")}{_labels}").Distinct().Order()]);
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty => _options.MaximumDifficulty;

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        return ProblemDraw.First(EnvironmentName, difficulty, () =>
        {
            Event[] events = [.. Enumerable.Range(0, difficulty).Select(_ => new Event(_options.Operations[random.Next(_options.Operations.Length)], random.Next(2, _options.LargestNumber)))];
            Story story = new(random.Choose(Story.Names), random.Choose(Story.Things), random.Next(2, _options.LargestNumber), events);
            return Parse(story.Write()).Problem;
        });
    }

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        if (text.Length > 80 * (MaximumDifficulty + 2)) return Proposal.Malformed($"longer than {80 * (MaximumDifficulty + 2)} characters");
        if (Story.Read(text, _options.LargestNumber, MaximumDifficulty) is not { } story) return Proposal.Malformed($"not a story of this form, with 1 to {MaximumDifficulty} things that happen and numbers from 2 to {_options.LargestNumber}");
        if (story.Events.FirstOrDefault(happened => !_options.Operations.Contains(happened.Operation, StringComparison.Ordinal)) is { } foreign) return Proposal.Malformed($"'{foreign.Write()}' does not happen here");
        IReadOnlyList<(string, Rational After)> work = story.Work();
        if (work.Any(line => line.After.Numerator.Sign < 0)) return Proposal.Malformed("more is given away than there is");
        if (work.Any(line => line.After.ToString().Length > Rational.Longest)) return Proposal.Malformed($"a number on the way has more than {Rational.Longest} characters, so that nobody could answer");
        return Proposal.Valid(new() { Text = text, Difficulty = story.Events.Count, CanonicalForm = story.Numbers() });
    }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => $"@{FrontierText.Digits(frontier, MaximumDifficulty)}:\n";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random)
    {
        if (!_options.Labels) return $"{problem.Text}\n";
        Story story = Read(problem.Text);
        return $"{story.Write(IndexLetters.Draw(_labels, story.Events.Count, random))}\n";
    }

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        int segment = -1, pieces = 0;
        for (int index = 0; index < transcript.Count; index++)
        {
            if (transcript[index] is not { Source: Source.Model, Text.Length: > 0 }) continue;
            segment = index;
            pieces++;
        }

        if (pieces != 1) return new() { Outcome = Outcome.Malformed, Reason = "the answer must be one piece" };
        string text = transcript[segment].Text;
        Story story = Read(problem.Text);
        string? letters = _options.Labels ? Letters(story, transcript[0]) : "";
        if (letters is null) return new() { Outcome = Outcome.Malformed, Reason = "the transcript does not begin with this problem's prompt" };
        IReadOnlyList<(string Line, Rational After)> work = story.Work(letters);
        List<StepVerdict> steps = new(work.Count + 1);
        int start = 0, line = 0, marker = text.IndexOf(Marker, StringComparison.Ordinal);
        if (marker < 0) return new() { Outcome = Outcome.Malformed, Reason = $"no '{Marker}' and so no answer" };
        // One line too many is enough to judge; whatever else stands before the answer is one invalid rest, however long.
        for (; start < marker && line <= work.Count; line++)
        {
            int end = text.IndexOf('\n', start, marker - start);
            if (end < 0) break;
            steps.Add(new(segment, start, end - start + 1, line < work.Count && text.AsSpan(start, end - start).SequenceEqual(work[line].Line)));
            start = end + 1;
        }

        if (start < marker) steps.Add(new(segment, start, marker - start, false));
        if (Rational.Read(text.AsSpan(marker + Marker.Length).TrimEnd('\n')) is not { } given) return new() { Outcome = Outcome.Malformed, Reason = $"'{Marker}' must be followed by one number and nothing else", Steps = steps };
        Rational truth = work[^1].After;
        steps.Add(new(segment, marker, text.Length - marker, given == truth && line == work.Count));
        return given == truth
            ? new() { Outcome = Outcome.Correct, Reason = $"the answer is {truth}", Steps = steps }
            : new() { Outcome = Outcome.Wrong, Reason = $"the answer is {truth}, not {given}", Steps = steps };
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        Segment prompt = new(Source.Prompt, SolverPrompt(problem, random));
        Story story = Read(problem.Text);
        IReadOnlyList<(string Line, Rational After)> work = story.Work(_options.Labels ? Letters(story, prompt)! : "");
        return [prompt, new(Source.Model, $"{string.Concat(work.Select(line => line.Line + "\n"))}{Marker}{work[^1].After}")];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    // The letters that the solver saw; null where the prompt is another.
    private string? Letters(Story story, Segment prompt)
    {
        int bracket = prompt.Text.IndexOf('(', StringComparison.Ordinal);
        int first = bracket >= 0 && bracket + 1 < prompt.Text.Length ? _labels.IndexOf(prompt.Text[bracket + 1], StringComparison.Ordinal) : -1;
        if (prompt.Source != Source.Prompt || first < 0 || first + story.Events.Count > _labels.Length) return null;
        string letters = _labels.Substring(first, story.Events.Count);
        return prompt.Text == $"{story.Write(letters)}\n" ? letters : null;
    }

    private Story Read(string text) => Story.Read(text, _options.LargestNumber, MaximumDifficulty) ?? throw new ArgumentException("the text is no problem of this environment", nameof(text));

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(EnvironmentName, difficulty, random, Generate);
}
