using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Chooses what a society sleeps over: sound attempts that found what they needed in notes.</summary>
/// <remarks>
/// Attempts that tried or noted something are left out: repeated without notes, their calls would not be answered as they were, and what
/// stands in them was found out, not read. What follows from stored rounds and the round in play, and from nothing else. Where agents have adapters, each adapter has the lessons of those who play with it.
/// </remarks>
internal static class SleepLessons
{
    /// <summary>True where a sleep follows a round.</summary>
    public static bool DueAfter(ConsolidationSettings settings, int round) => settings.EveryRounds > 0 && round > 0 && round % settings.EveryRounds == 0;

    /// <summary>The lessons of the rounds since the last sleep, the latest first; of each set of weights as many as a sleep draws on, each text once.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="fromRound">The first round that counts.</param>
    /// <param name="database">Earlier rounds.</param>
    /// <param name="problems">The problems of the round in play.</param>
    /// <param name="episodes">Its episodes.</param>
    public static IReadOnlyList<Lesson> Of(RunPlan plan, int fromRound, SocietyDatabase database, IReadOnlyList<ProblemRecord> problems, IReadOnlyList<EpisodeRecord> episodes)
    {
        RunRecords records = new(database);
        Dictionary<int, Dictionary<string, ProblemRecord>> played = [];
        if (problems.Count > 0) played[problems[0].Round] = problems.ToDictionary(problem => problem.Id);
        ProblemRecord Of(EpisodeRecord episode)
        {
            if (!played.TryGetValue(episode.Round, out Dictionary<string, ProblemRecord>? known)) known = played[episode.Round] = records.Problems(episode.Round).ToDictionary(problem => problem.Id);
            return known[episode.Problem!];
        }

        string WeightsOf(EpisodeRecord episode) => plan.Population.First(agent => Lifetimes.Ancestor(agent.Name) == Lifetimes.Ancestor(episode.Agent)).Adapter;
        HashSet<(string Weights, string Text)> seen = [];
        Dictionary<string, int> missing = plan.Solvers.Select(solver => solver.Adapter).Distinct().ToDictionary(weights => weights, _ => plan.Scenario.Consolidation.Lessons);
        List<Lesson> lessons = [];
        IEnumerable<EpisodeRecord> earlier = database.Episodes(new EpisodeFilter { FromRound = fromRound, Role = Role.Solver, Sound = true });
        foreach (EpisodeRecord episode in earlier.Concat(episodes).Where(Read).Reverse())
        {
            if (missing.Values.All(left => left == 0)) break;
            string weights = WeightsOf(episode);
            if (missing[weights] == 0 || !seen.Add((weights, string.Concat(episode.Segments.Select(segment => segment.Text))))) continue;
            Lesson lesson = Lesson.Of(plan.Environment, StoredProblem.Of(Of(episode)), episode.Segments) with { Episode = episode.Id, Weights = weights };
            if (lesson.WithNotes.SequenceEqual(lesson.WithoutNotes)) continue;
            lessons.Add(lesson);
            missing[weights]--;
        }

        return lessons;
    }

    /// <summary>True of a sound attempt that did nothing but look up what stood in notes.</summary>
    public static bool FoundInNotes(bool sound, IReadOnlyList<ToolCall> calls) => sound && calls.Count > 0 && calls.All(call => call.Kind == ToolKind.Read && call.Revision is not null);

    private static bool Read(EpisodeRecord episode) => episode is { Role: Role.Solver, Problem: not null } && FoundInNotes(episode.Sound, episode.ToolCalls);
}
