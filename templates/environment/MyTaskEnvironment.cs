using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace MyTask;

/// <summary>Write a word backwards in a secret alphabet: <c>abc=</c> is answered <c>#fdh</c> where f stands for c, d for b and h for a. Difficulty is the length of the word.</summary>
/// <remarks>
/// Going through a word from its end is skill: it holds in every world and is learned. What stands for a letter is knowledge: it differs from world to world, only experiments
/// tell it and only notes keep it. Solvers reach both by <see cref="MyTaskTools"/>. A task of skill alone needs neither tools nor <see cref="IFactSource"/>.
/// </remarks>
public sealed class MyTaskEnvironment(ulong seed) : IEnvironment, IDemonstrator, IFactSource
{
    private const string Letters = "abcdefgh";

    // The world of this run, which nobody who plays is told: at each letter's place what stands for it.
    private readonly string _secret = Secret(KeyedRandom.For(seed, "my-task/secret"));

    /// <inheritdoc />
    public string Name => "my-task";

    /// <inheritdoc />
    public string Alphabet => Letters + "0123456789=?!;#@:-";

    /// <inheritdoc />
    public int MaximumDifficulty => 10;

    /// <summary>The truth of this world as it would stand on pages: how true and how complete notes are is measured by it.</summary>
    public IReadOnlyList<FactPage> Facts => [new(MyTaskTools.Page, FactsOf(_secret))];

    /// <inheritdoc />
    public FactTruth Judge(string line) => !MyTaskTools.IsFact(Letters, line.Trim()) ? FactTruth.NoFact : FactsOf(_secret).Contains(line.Trim()) ? FactTruth.True : FactTruth.False;

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
    public IToolSession? OpenTools(Problem problem, ToolAccess access) => new MyTaskTools(Letters, _secret, access);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript)
    {
        // Calls come first; the answer is all that the model wrote from the first '#' on, and nothing may follow it.
        string written = string.Concat(transcript.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));
        int mark = written.IndexOf('#');
        if (mark < 0) return new() { Outcome = Outcome.Malformed, Reason = "no '#' and so no answer" };
        string given = written[(mark + 1)..], truth = string.Concat(Backwards(problem).Select(letter => _secret[Letters.IndexOf(letter)]));
        return given == truth
            ? new() { Outcome = Outcome.Correct, Reason = $"{problem.Text}{truth}" }
            : new() { Outcome = Outcome.Wrong, Reason = $"{problem.Text}{truth}, not {(given.Length > 40 ? given[..40] : given)}" };
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        // A world of its own, forgotten at once, of which the notes hold a part: a base model learns to ask, to try and to note, and no fact of a run's world.
        Problem problem = Unreserved(difficulty, random);
        string secret = Secret(random), answer = "";
        double known = random.Next(2) == 0 ? 1 : random.NextDouble();
        string page = string.Join('\n', FactsOf(secret).Where(_ => random.NextDouble() < known));
        MyTaskTools tools = new(Letters, secret, new() { Notes = new MadeUpNotes(page), Experiments = random.Next(difficulty + 1) });
        List<Segment> shown = [new(Source.Prompt, problem.Text)];
        foreach (char letter in Backwards(problem))
        {
            string sign = Ask($"{letter}?");
            if (sign == "-" && (sign = Ask($"{letter}!")) != "-") Ask($"{letter}{sign};");
            // Where nobody knows and nothing can be tried, a guess is all that is left.
            answer += sign == "-" ? $"{Letters[random.Next(Letters.Length)]}" : sign;
        }

        return [.. shown, new(Source.Model, "#" + answer)];

        string Ask(string call)
        {
            string reply = tools.Call(call);
            shown.AddRange([new(Source.Model, call), new(Source.Tool, reply)]);
            return reply;
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random)
    {
        // A society that solves half of the words of this length, shorter ones more often.
        Frontier edge = new([.. Enumerable.Range(1, difficulty).Select(length => (double?)(length < difficulty ? 0.9 : 0.5))]);
        return [new(Source.Prompt, ProposerPrompt(edge, random)), new(Source.Model, Unreserved(difficulty, random).Text)];
    }

    private static string Secret(KeyedRandom random) => string.Concat(random.Permutation(Letters.Length).Select(index => Letters[index]));

    private static string[] FactsOf(string secret) => [.. Letters.Select((letter, index) => $"{letter}={secret[index]}")];

    private static Problem Posed(string text) => new() { Text = text, Difficulty = text.Length - 1, CanonicalForm = text };

    private static IEnumerable<char> Backwards(Problem problem) => problem.Text[..^1].Reverse();

    // Problems that are reserved for tests must not be shown.
    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(Name, difficulty, random, Generate);

    private sealed class MadeUpNotes(string body) : INotes
    {
        public NotePage? Read(string page) => new(page, "made-up", body);

        public IReadOnlyList<string> List(string prefix) => [];
    }
}
