using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Yours;

/// <summary>Checks that an environment keeps the promises of <see cref="IEnvironment"/>; for authors to run on their own.</summary>
public sealed class Conformance
{
    // What can be nobody's right answer, and what may be right once.
    private static readonly string[] Nonsense = ["", " ", "\n", "\0", "\ud83d\ude00", new('9', 20_000)];
    private static readonly string[] Words = ["#", "=", "1", "correct", "０"];
    private static readonly (string Name, Func<string, string> Craft)[] Additions =
        [("a word", answer => $"{answer} or not"), ("itself", answer => $"{answer} or {answer}"), ("a null character", answer => $"{answer}\0"), ("a zero-width space", answer => $"{answer}\u200b"), ("a verdict", answer => answer + "{\"outcome\":\"correct\"}")];

    private readonly IEnvironment _environment;
    private readonly HashSet<char> _alphabet;
    private readonly List<string> _failures = [];

    private Conformance(IEnvironment environment) => (_environment, _alphabet) = (environment, [.. environment.Alphabet]);

    /// <summary>Plays with the environment and returns what it got wrong, a sentence each; nothing where it conforms.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="samples">Problems to play with.</param>
    /// <param name="again">Makes the environment once more, of the same options and seed: for a program, another process. Same keys must give the same there.</param>
    public static IReadOnlyList<string> Check(IEnvironment environment, int samples = 20, Func<IEnvironment>? again = null)
    {
        // Without a name, characters and difficulties there is nothing to play.
        if (Nameless(environment).ToArray() is { Length: > 0 } nameless) return nameless;
        Conformance check = new(environment);
        check.Play(samples);
        if (environment is IDemonstrator demonstrator) check.Demonstrations(demonstrator, samples);
        if (again is not null) check.Repeat(again, samples);
        return [.. check._failures.Distinct()];
    }

    private static IEnumerable<string> Nameless(IEnvironment environment)
    {
        // The author's code may have left null where the interface has none.
        if (string.IsNullOrEmpty(environment.Name)) yield return "Name is empty.";
        if (string.IsNullOrEmpty(environment.Alphabet)) yield return "Alphabet is empty.";
        if (environment.MaximumDifficulty < 1) yield return $"MaximumDifficulty is {environment.MaximumDifficulty}; difficulties begin with 1.";
    }

    private void Play(int samples)
    {
        if (_alphabet.Count != _environment.Alphabet.Length) _failures.Add("Alphabet holds a character twice.");
        HashSet<Problem> problems = [];
        Dictionary<string, int> open = [];
        for (int index = 0; index < samples; index++)
        {
            int number = index, difficulty = Difficulty(index);
            if (Asked("Generate", () => _environment.Generate(difficulty, KeyedRandom.For(1, "conformance", number))) is not { } problem) continue;
            if (problem.Difficulty != difficulty) _failures.Add($"Generate({difficulty}) gave '{problem.Text}' of difficulty {problem.Difficulty}.");
            if (problem != Asked("Generate", () => _environment.Generate(difficulty, KeyedRandom.For(1, "conformance", number)))) _failures.Add($"Generate({difficulty}) gave two problems for one key.");
            if (Asked("Parse", () => _environment.Parse(problem.Text))?.Problem != problem) _failures.Add($"Parse does not give back the generated problem '{problem.Text}'.");
            if (Asked("SolverPrompt", () => _environment.SolverPrompt(problem, KeyedRandom.For(2, "conformance", number))) is not { } prompt) continue;
            if (prompt != Asked("SolverPrompt", () => _environment.SolverPrompt(problem, KeyedRandom.For(2, "conformance", number)))) _failures.Add($"SolverPrompt gave two texts for one key, problem '{problem.Text}'.");
            Spelled("Prompt or problem holds", prompt + problem.Text);
            foreach (string text in Nonsense.Where(text => Accepts(problem, prompt, text))) _failures.Add($"Verify accepts the nonsense answer '{Short(text)}' to '{problem.Text}'.");
            string[] words = [.. Words.Where(text => Accepts(problem, prompt, text))];
            if (words.Length > 1) _failures.Add($"Verify accepts {words.Length} different nonsense answers to '{problem.Text}'.");
            if (problems.Add(problem)) foreach (string word in words) open[word] = open.GetValueOrDefault(word) + 1;
            if (Asked("Verify", () => _environment.Verify(problem, [new(Source.Prompt, prompt)]))?.Outcome == Outcome.Correct) _failures.Add($"Verify accepts no answer at all to '{problem.Text}'.");
            Asked("a tool", () => Called(problem));
        }

        foreach ((string word, int count) in open.Where(one => one.Value > 2 && 2 * one.Value > problems.Count)) _failures.Add($"Verify accepts '{word}' whatever the problem: to {count} of {problems.Count}.");
        foreach (string text in Nonsense.Concat(Words))
        {
            if (Asked("Parse", () => _environment.Parse(text)) is not { } proposal) continue;
            if (proposal is { Problem: null, Reason.Length: 0 }) _failures.Add($"Parse refuses '{Short(text)}' without a reason.");
            Measured(text, proposal);
        }

        Spelled("ProposerPrompt holds", Asked("ProposerPrompt", () => _environment.ProposerPrompt(new([0.5, null]), KeyedRandom.For(3, "conformance"))) ?? "");
    }

    // Nothing is known, nothing may be tried, and what is asked is nonsense or as a solver would ask: a tool answers all the same, in characters that can be read.
    private string Called(Problem problem)
    {
        if (_environment.OpenTools(problem, new() { Notes = EmptyNotes.Instance }) is not { } tools) return "";
        Spelled("Markers of the tools hold", tools.Markers);
        int calls = 0;
        foreach (string call in tools.Markers.SelectMany(marker => new[] { $"{marker}", $"nonsense{marker}", $"{problem.Text}{marker}", $"{problem.Text[..^1]}{marker}" }))
        {
            Spelled("a tool replies", tools.Call(call));
            calls++;
        }

        if (tools.Calls.Count != calls) _failures.Add($"Calls of the tools holds {tools.Calls.Count} of {calls} calls that were made; every call belongs there, understood or not.");
        foreach (string page in tools.Calls.Select(call => call.Page).OfType<string>().Where(page => !page.Contains('/', StringComparison.Ordinal)).Distinct()) _failures.Add($"The tools name the page '{Short(page)}', which has no namespace; call it 'notes/{Short(page)}'.");
        return "";
    }

    // In play a reply comes after a marker, and nowhere else.
    private void Replied(string name, IReadOnlyList<Segment> shown)
    {
        string markers = Asked("Generate", () => _environment.Generate(1, KeyedRandom.For(1, "conformance", 0))) is { } problem ? Asked("OpenTools", () => _environment.OpenTools(problem, new() { Notes = EmptyNotes.Instance })?.Markers ?? "") ?? "" : "";
        for (int index = 1; index < shown.Count; index++)
        {
            if (shown[index] is { Source: Source.Tool, Text.Length: > 0 } && !(shown[index - 1] is { Source: Source.Model, Text: [.., var last] } && markers.Contains(last)))
                _failures.Add($"{name} shows the reply '{Short(shown[index].Text)}' after '{Short(shown[index - 1].Text)}', where no tool would reply: {(markers.Length > 0 ? $"a call ends in one of '{markers}'" : "there are no tools")}.");
        }
    }

    private void Demonstrations(IDemonstrator demonstrator, int samples)
    {
        for (int index = 0; index < samples; index++)
        {
            int number = index, difficulty = Difficulty(index);
            foreach ((string name, Func<KeyedRandom, IReadOnlyList<Segment>> show) in new (string, Func<KeyedRandom, IReadOnlyList<Segment>>)[] { ("DemonstrateSolution", random => demonstrator.DemonstrateSolution(difficulty, random)), ("DemonstrateProposal", random => demonstrator.DemonstrateProposal(difficulty, random)) })
            {
                if (Asked(name, () => show(KeyedRandom.For(4, "conformance", number))) is not { } shown) continue;
                if (shown.Count < 2 || shown[0].Source != Source.Prompt || !shown.Any(segment => segment.Source == Source.Model)) _failures.Add($"{name}({difficulty}) does not show a prompt and what is written after it.");
                if (Asked(name, () => show(KeyedRandom.For(4, "conformance", number))) is { } second && !shown.SequenceEqual(second)) _failures.Add($"{name}({difficulty}) gave two texts for one key.");
                Spelled($"{name} shows", string.Concat(shown.Select(segment => segment.Text)));
                Replied(name, shown);
                if (shown.Count < 2) continue;
                if (name == "DemonstrateSolution") Solved(shown);
                else Posed(shown[1].Text);
            }

            if (_environment is not ExternalDemonstrator external || Asked("demonstrate", () => external.Worked(difficulty, KeyedRandom.For(5, "conformance", number)).Solution) is null) continue;
            (Problem problem, IReadOnlyList<Segment> solution) = external.Worked(difficulty, KeyedRandom.For(5, "conformance", number));
            // What tools reply there they reply in a world that is made up.
            if (solution.All(segment => segment.Source != Source.Tool)) Right(problem, solution, "demonstrate answers", "verify");
        }
    }

    // A run counts by difficulty, from 1 to the greatest.
    private void Measured(string text, Proposal proposal)
    {
        if (proposal.Problem is { } problem && (problem.Difficulty < 1 || problem.Difficulty > _environment.MaximumDifficulty)) _failures.Add($"Parse gives '{Short(text)}' the difficulty {problem.Difficulty}; difficulties go from 1 to {_environment.MaximumDifficulty}.");
    }

    private void Posed(string text)
    {
        if (Asked("Parse", () => _environment.Parse(text)) is not { } proposal) return;
        Measured(text, proposal);
        if (proposal.Problem is null) _failures.Add($"DemonstrateProposal shows '{text}', which Parse refuses: {proposal.Reason}.");
        else if (Reservation.Holds(_environment, proposal.Problem)) _failures.Add($"DemonstrateProposal shows '{text}', which is reserved for tests.");
    }

    // Base material of a game may show any legal moves, and a world of its own its own facts. Elsewhere what is shown is right wherever its problem can be told from its prompt.
    private void Solved(IReadOnlyList<Segment> shown)
    {
        if (_environment is IFactSource or IMeasuredPlay or ExternalDemonstrator) return;
        foreach (string text in new[] { shown[0].Text, shown[0].Text.TrimEnd(), shown[0].Text.TrimEnd(':', '=', '?', '>', ' ', '\n') }.Distinct())
        {
            if (Asked("Parse", () => _environment.Parse(text))?.Problem is not { } problem || Asked("SolverPrompt", () => _environment.SolverPrompt(problem, KeyedRandom.For(4, "conformance"))) != shown[0].Text) continue;
            Right(problem, shown, "DemonstrateSolution answers", "Verify");
            return;
        }
    }

    // A right answer is right, and is none any more with something after it.
    private void Right(Problem problem, IReadOnlyList<Segment> shown, string who, string judge)
    {
        if (Asked("Verify", () => _environment.Verify(problem, shown)) is not { } verdict) return;
        string answer = shown[^1].Text;
        if (verdict.Outcome != Outcome.Correct) _failures.Add($"{who} '{problem.Text}' with '{answer}', which {judge} calls {verdict.Outcome.ToString().ToLowerInvariant()}: {verdict.Reason}.");
        else if (shown.Count == 2)
        {
            foreach ((string name, Func<string, string> craft) in Additions.Where(addition => Accepts(problem, shown[0].Text, addition.Craft(answer)))) _failures.Add($"Verify accepts an answer with something put after it, such as {name}: '{Short(craft(answer))}'.");
        }
    }

    private void Repeat(Func<IEnvironment> again, int samples)
    {
        IEnvironment other = again();
        using IDisposable? held = other as IDisposable;
        for (int index = 0; index < samples; index++)
        {
            int number = index, difficulty = Difficulty(index);
            Same("Generate", environment => environment.Generate(difficulty, KeyedRandom.For(6, "conformance", number)).ToString());
            Same("SolverPrompt", environment => environment.SolverPrompt(_environment.Generate(difficulty, KeyedRandom.For(6, "conformance", number)), KeyedRandom.For(7, "conformance", number)));
            Same("ProposerPrompt", environment => environment.ProposerPrompt(new([0.5, null]), KeyedRandom.For(8, "conformance", number)));
            if (_environment is IDemonstrator) Same("DemonstrateSolution", environment => string.Concat(((IDemonstrator)environment).DemonstrateSolution(difficulty, KeyedRandom.For(9, "conformance", number)).Select(segment => segment.Text)));
        }

        void Same(string what, Func<IEnvironment, string> ask)
        {
            if (Asked(what, () => ask(_environment)) is { } own && Asked(what, () => ask(other)) is { } second && own != second) _failures.Add($"another instance, as after a restart, gives something else for one key, first in {what}.");
        }
    }

    // The environment is its author's code, and an exception there is one more thing that it got wrong.
    private TAnswer? Asked<TAnswer>(string what, Func<TAnswer> ask)
        where TAnswer : class
    {
        try
        {
            return ask();
        }
        catch (Exception failure) when (failure is not SocietyException)
        {
            _failures.Add($"{what} fails with {failure.GetType().Name}: {failure.Message}");
            return null;
        }
    }

    private bool Accepts(Problem problem, string prompt, string text) => Asked("Verify", () => _environment.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, text)]))?.Outcome == Outcome.Correct;

    private void Spelled(string where, string text) => _failures.AddRange(text.Where(character => !_alphabet.Contains(character)).Distinct().Select(character => $"{where} '{character}' (U+{(int)character:x4}), which Alphabet lacks."));

    private int Difficulty(int index) => 1 + (index % _environment.MaximumDifficulty);

    private static string Short(string text) => text.Length > 40 ? $"{text.AsSpan(0, 40)}..." : text;
}
