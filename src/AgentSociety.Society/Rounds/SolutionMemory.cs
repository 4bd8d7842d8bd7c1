using AgentSociety.Core.Records;

namespace AgentSociety.Society;

/// <summary>The newest sound solutions of each difficulty: what a society does not want to forget while it learns the next thing.</summary>
/// <remarks>It follows from the stored episodes alone, in their order; a resumed run fills it from them.</remarks>
internal sealed class SolutionMemory(int capacity)
{
    private readonly SortedDictionary<int, Queue<EpisodeRecord>> _solutions = [];

    /// <summary>The solutions by difficulty, the easiest first; a copy that later additions do not change.</summary>
    public IReadOnlyList<IReadOnlyList<EpisodeRecord>> Snapshot() => [.. _solutions.Values.Select(solutions => solutions.ToArray())];

    /// <summary>Takes in what is sound and was written by a model that can be trained on it.</summary>
    /// <param name="episodes">Attempts in the order in which they are stored.</param>
    /// <param name="difficultyOf">Difficulty of a problem by its id.</param>
    public void Add(IEnumerable<EpisodeRecord> episodes, Func<string, int> difficultyOf)
    {
        foreach (EpisodeRecord episode in episodes)
        {
            if (!episode.Sound || episode.Problem is not { } problem || episode.Role == Core.Play.Role.Proposer || episode.Tokens.Length == 0) continue;
            int difficulty = difficultyOf(problem);
            if (!_solutions.TryGetValue(difficulty, out Queue<EpisodeRecord>? solutions)) _solutions[difficulty] = solutions = [];
            if (solutions.Count == capacity) solutions.Dequeue();
            solutions.Enqueue(episode);
        }
    }
}
