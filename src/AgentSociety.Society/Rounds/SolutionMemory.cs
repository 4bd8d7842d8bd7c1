using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>The newest solutions of each difficulty: what a society does not want to forget while it learns the next thing.</summary>
/// <remarks>It follows from the stored episodes alone, in their order; a resumed run fills it from them.</remarks>
internal sealed class SolutionMemory(LearningSettings settings)
{
    private readonly SortedDictionary<int, Queue<EpisodeRecord>> _solutions = [];

    /// <summary>
    /// Share of what is replayed that reached a right answer by a wrong step, as it is replayed: every difficulty alike. 0 where only sound solutions are kept; null where nothing is.
    /// </summary>
    public double? LuckyShare => _solutions.Count == 0 ? null : _solutions.Values.Average(solutions => solutions.Average(solution => solution.Sound ? 0.0 : 1));

    /// <summary>The solutions by difficulty, the easiest first; a copy that later additions do not change.</summary>
    public IReadOnlyList<IReadOnlyList<EpisodeRecord>> Snapshot() => [.. _solutions.Values.Select(solutions => solutions.ToArray())];

    /// <summary>Takes in what <c>learning.remember</c> counts as a solution and was written by a model that can be trained on it.</summary>
    /// <param name="episodes">Attempts in the order in which they are stored.</param>
    /// <param name="difficultyOf">Difficulty of a problem by its id.</param>
    public void Add(IEnumerable<EpisodeRecord> episodes, Func<string, int> difficultyOf)
    {
        foreach (EpisodeRecord episode in episodes)
        {
            if (!IsSolution(episode) || episode.Problem is not { } problem || episode.Role != Core.Play.Role.Solver || episode.Tokens.Length == 0) continue;
            int difficulty = difficultyOf(problem);
            if (!_solutions.TryGetValue(difficulty, out Queue<EpisodeRecord>? solutions)) _solutions[difficulty] = solutions = [];
            if (solutions.Count == settings.RememberedSolutions) solutions.Dequeue();
            solutions.Enqueue(episode);
        }
    }

    private bool IsSolution(EpisodeRecord episode) => settings.Remember == SolverReward.Sound ? episode.Sound : episode.Outcome == Core.Environments.Outcome.Correct;
}
