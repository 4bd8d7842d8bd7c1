using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Expressions;

/// <summary>
/// Expressions with parentheses, quotients and residues, worked out by one operation at a time: <c>(3+4)*5=</c> is answered <c>7*5=35#</c>. Difficulty is
/// the number of operations. With <see cref="ExpressionsOptions.Labels"/> work is that of <see cref="LabelledWork"/>.
/// </summary>
/// <remarks>A step is valid where it does one operation of what stood before it, whichever: any order of work is right. A quotient in lowest terms is a number.</remarks>
public sealed class ExpressionsEnvironment : IEnvironment, IDemonstrator
{
    /// <summary>The name that scenarios use.</summary>
    public const string EnvironmentName = "expressions";
    private const char Ask = '=';
    private const char End = '#';
    private readonly ExpressionsOptions _options;
    private readonly string _labels;

    /// <summary>Creates the environment.</summary>
    /// <exception cref="SocietyException">An option is out of range.</exception>
    public ExpressionsEnvironment(ExpressionsOptions options)
    {
        OptionChecks.Require(EnvironmentName, options);
        _options = options;
        _labels = options.Labels ? IndexLetters.For(options.MaximumDifficulty + 1) : "";
    }

    /// <inheritdoc />
    public string Name => EnvironmentName;

    /// <inheritdoc />
    public string Alphabet => $"0123456789+-*/%()=#@:{(_options.Labels ? "," : "")}{_labels}";

    /// <inheritdoc />
    public int MaximumDifficulty => _options.MaximumDifficulty;

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        return ProblemDraw.First(EnvironmentName, difficulty, () =>
        {
            string drawn = _options.Parentheses ? Drawn(difficulty, random).ToString() : Row(difficulty, random);
            return Parse($"{drawn}{Ask}").Problem is { } problem && problem.Difficulty == difficulty ? problem : null;
        });
    }

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        if (text.Length > 12 * (MaximumDifficulty + 1)) return Proposal.Malformed($"longer than {12 * (MaximumDifficulty + 1)} characters");
        if (text.Length < 4 || text[^1] != Ask || Expression.Read(text.AsSpan(0, text.Length - 1)) is not { } read) return Proposal.Malformed("not an expression of whole numbers that ends with '='");
        if (Longest(text) > _options.Digits) return Proposal.Malformed($"a number has more than {_options.Digits} digits");
        if (_options.LargestNumber > 0 && Largest(text) > _options.LargestNumber) return Proposal.Malformed($"a number is larger than {_options.LargestNumber}");
        foreach (char operation in "+-*/%")
        {
            if (text.Contains(operation, StringComparison.Ordinal) && !_options.Operations.Contains(operation, StringComparison.Ordinal)) return Proposal.Malformed($"'{operation}' is not posed here");
        }

        if (!_options.Parentheses && text.Contains('(', StringComparison.Ordinal)) return Proposal.Malformed("parentheses are not posed here");
        if (read.Operations < 1) return Proposal.Malformed("there is no operation to do");
        if (read.Operations > MaximumDifficulty) return Proposal.Malformed($"more than {MaximumDifficulty} operations");
        if (read.Value is null) return Proposal.Malformed("it divides by zero, or takes a residue of a fraction or by a number that is not positive");
        // No work that passes such a number could be read, so nobody could solve it.
        if (read.PassesTooLong) return Proposal.Malformed($"working it out passes a number of more than {Expression.LongestNumber} digits");
        // Printed anew, without needless parentheses and with terms and factors in one order: 1+(2+3) and 3+2+1 are one problem.
        return Proposal.Valid(new() { Text = text, Difficulty = read.Operations, CanonicalForm = $"{read.Ordered()}{Ask}" });
    }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => $"@{FrontierText.Digits(frontier, MaximumDifficulty)}:";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random)
    {
        if (!_options.Labels) return problem.Text;
        Expression read = Read(problem.Text);
        return $"{read.Labelled(IndexLetters.Draw(_labels, read.Operations + 1, random))}{Ask}";
    }

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        int segment = -1;
        for (int index = 0; index < transcript.Count; index++)
        {
            if (transcript[index] is not { Source: Source.Model, Text.Length: > 0 }) continue;
            if (segment >= 0) return Malformed("the work must be one piece", []);
            segment = index;
        }

        if (segment < 0) return Malformed("nothing was written", []);
        if (!_options.Labels) return Judge(problem.Text, transcript[segment].Text, segment);
        return Shown(problem.Text, transcript[0]) is { } shown
            ? LabelledWork.Judge(problem.Text, shown, transcript[segment].Text, segment, 2 * MaximumDifficulty)
            : Malformed("the transcript does not begin with this problem's prompt", []);
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        Segment prompt = new(Source.Prompt, SolverPrompt(problem, random));
        if (_options.Labels) return [prompt, new(Source.Model, LabelledWork.Demonstrate(Shown(problem.Text, prompt)!))];
        List<string> steps = [];
        for (Expression left = Read(problem.Text); left.Operations > 0; steps.Add(left.ToString())) left = left.Reductions().First();
        return [prompt, new(Source.Model, $"{string.Join(Ask, steps)}{End}")];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    private Verdict Judge(string problem, string text, int segment)
    {
        Expression before = Read(problem);
        Rational truth = before.Value!.Value;
        List<StepVerdict> steps = [];
        int end = text.IndexOf(End, StringComparison.Ordinal), start = 0;
        if (end < 0 || end != text.Length - 1) return Malformed($"the work does not end with one '{End}'", [new(segment, 0, text.Length, false)]);
        while (true)
        {
            int next = text.IndexOf(Ask, start);
            if (next < 0) next = end;
            // Exact numbers of any length cost time: no work of a problem has so many steps, or one so long. A number takes two of the longest, a bar, a sign, an operation and two parentheses.
            if (steps.Count > 2 * MaximumDifficulty || next - start > ((2 * Expression.LongestNumber) + 5) * (MaximumDifficulty + 1) || Expression.Read(text.AsSpan(start, next - start)) is not { } step)
            {
                steps.Add(new(segment, start, text.Length - start, false));
                return Malformed($"step {steps.Count} is no expression", steps);
            }

            steps.Add(new(segment, start, next - start + 1, before.Value is not null && before.Value == step.Value && before.Becomes(step)));
            (before, start) = (step, next + 1);
            if (next == end) break;
        }

        if (before.Operations > 0) return Malformed("the work ends before the last operation is done", steps);
        Rational given = before.Value!.Value;
        if (given != truth) return new() { Outcome = Outcome.Wrong, Reason = $"{problem}{truth}, not {given}", Steps = steps };
        string slip = steps.TrueForAll(step => step.Valid) ? "" : ", reached by a wrong, missing or needless step";
        return new() { Outcome = Outcome.Correct, Reason = $"{problem}{truth}{slip}", Steps = steps };
    }

    private static Verdict Malformed(string reason, IReadOnlyList<StepVerdict> steps) => new() { Outcome = Outcome.Malformed, Reason = reason, Steps = steps };

    private static Expression Read(string problem) => Expression.Read(problem.AsSpan(0, problem.Length - 1)) ?? throw new ArgumentException("the text is no problem of this environment", nameof(problem));

    // The problem with the letters that the solver saw; null where the prompt is another.
    private Expression? Shown(string problem, Segment prompt)
    {
        string letters = string.Concat(prompt.Text.Where(char.IsAsciiLetter));
        if (prompt.Source != Source.Prompt || !_labels.Contains(letters, StringComparison.Ordinal)) return null;
        Expression read = Read(problem);
        if (letters.Length < read.Operations + 1) return null;
        Expression shown = read.Labelled(letters);
        return $"{shown}{Ask}" == prompt.Text ? shown : null;
    }

    private static int Longest(string text)
    {
        int longest = 0, run = 0;
        foreach (char character in text) longest = Math.Max(longest, run = character is >= '0' and <= '9' ? run + 1 : 0);
        return longest;
    }

    // Of numbers that have few digits.
    private static int Largest(string text)
    {
        int largest = 0, number = 0;
        foreach (char character in text) largest = Math.Max(largest, number = character is >= '0' and <= '9' ? (number * 10) + character - '0' : 0);
        return largest;
    }

    private Expression Drawn(int operations, KeyedRandom random)
    {
        if (operations == 0)
        {
            int largest = (int)Math.Pow(10, random.Next(1, _options.Digits)) - 1;
            return Expression.Number(random.Next(1, _options.LargestNumber > 0 ? Math.Min(largest, _options.LargestNumber) : largest));
        }

        int left = random.Next(operations);
        return Expression.Of(Drawn(left, random), _options.Operations[random.Next(_options.Operations.Length)], Drawn(operations - 1 - left, random));
    }

    // Numbers with operations between them, as they come.
    private string Row(int operations, KeyedRandom random)
    {
        StringBuilder row = new($"{Drawn(0, random)}");
        for (int operation = 0; operation < operations; operation++) row.Append(_options.Operations[random.Next(_options.Operations.Length)]).Append(Drawn(0, random));
        return row.ToString();
    }

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(EnvironmentName, difficulty, random, Generate);
}
