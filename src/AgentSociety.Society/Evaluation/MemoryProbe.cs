using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Society;

/// <summary>The questions of the memorisation probe: problems that were played, each beside a fresh one of its difficulty.</summary>
internal static class MemoryProbe
{
    /// <summary>The newest problems from which those that were played are drawn.</summary>
    private const int Newest = 512;

    private const int MostDraws = 64;

    /// <summary>As many pairs as were asked for and can be found; fewer where a difficulty has hardly a problem that was never played.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="round">The round that is over; the draw depends on it.</param>
    /// <param name="pairs">Pairs wanted.</param>
    /// <param name="played">All problems that were played, oldest first.</param>
    /// <param name="forms">Canonical forms of the same, and of reserved ones that were posed.</param>
    public static (IReadOnlyList<HeldOutTest.Question> Seen, IReadOnlyList<HeldOutTest.Question> Fresh) Of(RunPlan plan, int round, int pairs, IReadOnlyList<Problem> played, IReadOnlySet<string> forms)
    {
        List<HeldOutTest.Question> seen = [], fresh = [];
        HashSet<string> taken = new(forms, StringComparer.Ordinal);
        int first = Math.Max(0, played.Count - Newest);
        KeyedRandom random = KeyedRandom.For(plan.Seed, "probe/memory", round);
        foreach (int index in random.Permutation(played.Count - first))
        {
            if (seen.Count == pairs) break;
            if (Unplayed(plan, played[first + index].Difficulty, taken, random) is not { } other) continue;
            seen.Add(Question(plan, played[first + index], seen.Count));
            fresh.Add(Question(plan, other, fresh.Count));
        }

        return (seen, fresh);
    }

    private static Problem? Unplayed(RunPlan plan, int difficulty, HashSet<string> taken, KeyedRandom random)
    {
        if (difficulty < 1 || difficulty > plan.Environment.MaximumDifficulty) return null;
        for (int draw = 0; draw < MostDraws; draw++)
        {
            Problem problem = plan.Environment.Generate(difficulty, random);
            if (taken.Add(problem.CanonicalForm)) return problem;
        }

        return null;
    }

    private static HeldOutTest.Question Question(RunPlan plan, Problem problem, int newborn) =>
        new(problem, plan.Environment.SolverPrompt(problem, KeyedRandom.For(plan.Seed, $"held-out/prompt/{problem.CanonicalForm}")), Reading: true, newborn);
}
