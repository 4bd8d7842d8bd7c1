using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Yours;

/// <summary>Checks that an environment keeps the promises of <see cref="IEnvironment"/>; for authors to run on their own.</summary>
public static class Conformance
{
    private static readonly string[] Nonsense = ["", " ", "\n", "\0", "#", "=", "1", "correct", "０", "\ud83d\ude00", new('9', 20_000), "{\"outcome\":\"correct\"}"];

    /// <summary>Plays with the environment and returns what it got wrong, a sentence each; nothing where it conforms.</summary>
    public static IReadOnlyList<string> Check(IEnvironment environment, int samples = 20)
    {
        List<string> failures = [];
        if (environment.Name.Length == 0) failures.Add("Name is empty.");
        if (environment.Alphabet.Distinct().Count() != environment.Alphabet.Length) failures.Add("Alphabet holds a character twice.");
        HashSet<char> alphabet = [.. environment.Alphabet];
        for (int index = 0; index < samples; index++)
        {
            int difficulty = 1 + (index % environment.MaximumDifficulty);
            Problem problem = environment.Generate(difficulty, KeyedRandom.For(1, "conformance", index));
            if (problem.Difficulty != difficulty) failures.Add($"Generate({difficulty}) gave '{problem.Text}' of difficulty {problem.Difficulty}.");
            if (problem != environment.Generate(difficulty, KeyedRandom.For(1, "conformance", index))) failures.Add($"Generate({difficulty}) gave two problems for one key.");
            if (environment.Parse(problem.Text).Problem != problem) failures.Add($"Parse does not give back the generated problem '{problem.Text}'.");
            string prompt = environment.SolverPrompt(problem, KeyedRandom.For(2, "conformance", index));
            if (prompt != environment.SolverPrompt(problem, KeyedRandom.For(2, "conformance", index))) failures.Add($"SolverPrompt gave two texts for one key, problem '{problem.Text}'.");
            failures.AddRange((prompt + problem.Text).Where(character => !alphabet.Contains(character)).Distinct().Select(character => $"Prompt or problem holds '{character}' (U+{(int)character:x4}), which Alphabet lacks."));
            int accepted = Nonsense.Count(text => environment.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, text)]).Outcome == Outcome.Correct);
            if (accepted > 1) failures.Add($"Verify accepts {accepted} different nonsense answers to '{problem.Text}'.");
            if (environment.Verify(problem, [new(Source.Prompt, prompt)]).Outcome == Outcome.Correct) failures.Add($"Verify accepts no answer at all to '{problem.Text}'.");
            IToolSession? tools = environment.OpenTools(problem, new() { Notes = EmptyNotes.Instance });
            foreach (char marker in tools?.Markers ?? "") tools!.Call($"nonsense{marker}");
        }

        foreach (string text in Nonsense)
        {
            Proposal proposal = environment.Parse(text);
            if (proposal.Problem is null && proposal.Reason.Length == 0) failures.Add($"Parse refuses '{(text.Length > 20 ? text[..20] : text)}' without a reason.");
        }

        if (environment is IDemonstrator demonstrator) failures.AddRange(Demonstrations(environment, demonstrator, alphabet, samples));
        string asked = environment.ProposerPrompt(new([0.5, null]), KeyedRandom.For(3, "conformance"));
        failures.AddRange(asked.Where(character => !alphabet.Contains(character)).Distinct().Select(character => $"ProposerPrompt holds '{character}', which Alphabet lacks."));
        return [.. failures.Distinct()];
    }

    // Whether what is shown is right is the environment's to say: base material of a game may show any legal moves, and a world of its own its own facts.
    private static IEnumerable<string> Demonstrations(IEnvironment environment, IDemonstrator demonstrator, HashSet<char> alphabet, int samples)
    {
        for (int index = 0; index < samples; index++)
        {
            int difficulty = 1 + (index % environment.MaximumDifficulty);
            foreach ((string name, Func<KeyedRandom, IReadOnlyList<Segment>> show) in new (string, Func<KeyedRandom, IReadOnlyList<Segment>>)[] { ("DemonstrateSolution", random => demonstrator.DemonstrateSolution(difficulty, random)), ("DemonstrateProposal", random => demonstrator.DemonstrateProposal(difficulty, random)) })
            {
                IReadOnlyList<Segment> shown = show(KeyedRandom.For(4, "conformance", index));
                if (shown.Count < 2 || shown[0].Source != Source.Prompt || !shown.Any(segment => segment.Source == Source.Model)) yield return $"{name}({difficulty}) does not show a prompt and what is written after it.";
                if (!shown.SequenceEqual(show(KeyedRandom.For(4, "conformance", index)))) yield return $"{name}({difficulty}) gave two texts for one key.";
                foreach (char character in shown.SelectMany(segment => segment.Text).Where(character => !alphabet.Contains(character)).Distinct()) yield return $"{name} shows '{character}' (U+{(int)character:x4}), which Alphabet lacks.";
                if (name != "DemonstrateProposal" || shown.Count < 2) continue;
                Proposal proposal = environment.Parse(shown[1].Text);
                if (proposal.Problem is null) yield return $"DemonstrateProposal shows '{shown[1].Text}', which Parse refuses: {proposal.Reason}.";
                else if (Reservation.Holds(environment.Name, proposal.Problem.CanonicalForm)) yield return $"DemonstrateProposal shows '{shown[1].Text}', which is reserved for tests.";
            }

            if (environment is not ExternalDemonstrator external) continue;
            (Problem problem, IReadOnlyList<Segment> solution) = external.Worked(difficulty, KeyedRandom.For(5, "conformance", index));
            Verdict verdict = environment.Verify(problem, solution);
            if (verdict.Outcome != Outcome.Correct) yield return $"demonstrate answers '{problem.Text}' with '{solution[1].Text}', which verify calls {verdict.Outcome.ToString().ToLowerInvariant()}: {verdict.Reason}.";
        }
    }
}
