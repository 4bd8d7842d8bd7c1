using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace MyTask;

/// <summary>Write a word backwards: <c>abc=</c> is answered <c>cba#</c>. Difficulty is the length of the word.</summary>
public sealed class MyTaskEnvironment : IEnvironment, IDemonstrator
{
    private const string Letters = "abcdefgh";

    /// <inheritdoc />
    public string Name => "my-task";

    /// <inheritdoc />
    public string Alphabet => Letters + "0123456789=#@:-";

    /// <inheritdoc />
    public int MaximumDifficulty => 10;

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random) => Posed(string.Concat(Enumerable.Range(0, difficulty).Select(_ => Letters[random.Next(Letters.Length)])) + "=");

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        // What a proposer writes may be anything: say yes only to what is a problem, and say why not otherwise.
        if (text.Length < 2 || text.Length > MaximumDifficulty + 1 || text[^1] != '=') return Proposal.Malformed($"not a word of 1 to {MaximumDifficulty} letters and '='");
        return text[..^1].All(Letters.Contains) ? Proposal.Valid(Posed(text)) : Proposal.Malformed($"a letter is not from {Letters}");
    }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) =>
        // Tenths of the solve rate by length: what a proposer may know of the solvers.
        $"@{string.Concat(Enumerable.Range(0, MaximumDifficulty).Select(index => frontier.SolveRates.ElementAtOrDefault(index) is { } rate ? (char)('0' + (int)Math.Clamp(rate * 10, 0, 9)) : '-'))}:";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => problem.Text;

    /// <inheritdoc />
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => null;

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        string written = string.Concat(transcript.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));
        string truth = Backwards(problem);
        if (!written.EndsWith('#')) return new() { Outcome = Outcome.Malformed, Reason = "the answer does not end with '#'" };
        return written == truth + "#"
            ? new() { Outcome = Outcome.Correct, Reason = $"{problem.Text}{truth}" }
            : new() { Outcome = Outcome.Wrong, Reason = $"{problem.Text}{truth}, not {(written.Length > 40 ? written[..40] : written)}" };
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        return [new(Source.Prompt, problem.Text), new(Source.Model, Backwards(problem) + "#")];
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random)
    {
        // A society that solves half of the words of this length, shorter ones more often.
        Frontier edge = new([.. Enumerable.Range(1, difficulty).Select(length => (double?)(length < difficulty ? 0.9 : 0.5))]);
        return [new(Source.Prompt, ProposerPrompt(edge, random)), new(Source.Model, Unreserved(difficulty, random).Text)];
    }

    private static Problem Posed(string text) => new() { Text = text, Difficulty = text.Length - 1, CanonicalForm = text };

    private static string Backwards(Problem problem) => new([.. problem.Text[..^1].Reverse()]);

    // Problems that are reserved for tests must not be shown.
    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(Name, difficulty, random, Generate);
}
