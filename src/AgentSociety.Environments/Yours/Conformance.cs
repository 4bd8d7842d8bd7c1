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

        string asked = environment.ProposerPrompt(new([0.5, null]), KeyedRandom.For(3, "conformance"));
        failures.AddRange(asked.Where(character => !alphabet.Contains(character)).Distinct().Select(character => $"ProposerPrompt holds '{character}', which Alphabet lacks."));
        return [.. failures.Distinct()];
    }
}
