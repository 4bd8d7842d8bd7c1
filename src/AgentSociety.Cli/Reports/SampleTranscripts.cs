using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Cli.Reports;

/// <summary>An episode that is worth showing.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Episode">The episode.</param>
internal sealed record SampleTranscript(string Title, EpisodeRecord Episode);

/// <summary>Picks the episodes that a report shows.</summary>
internal static class SampleTranscripts
{
    /// <summary>From the last round that was played: the hardest problem solved soundly, a wrong attempt, and a proposal that was played; fewer where there is none.</summary>
    public static IReadOnlyList<SampleTranscript> Choose(SocietyDatabase database, int lastRound)
    {
        if (lastRound < 1) return [];
        Dictionary<string, ProblemRecord> problems = new RunRecords(database).Problems(lastRound).ToDictionary(problem => problem.Id, StringComparer.Ordinal);
        int Difficulty(EpisodeRecord episode) => episode.Problem is { } id && problems.TryGetValue(id, out ProblemRecord? problem) ? problem.Difficulty : 0;
        EpisodeRecord? Hardest(EpisodeFilter filter) => database.Episodes(filter with { FromRound = lastRound, ToRound = lastRound }).MaxBy(Difficulty);

        List<SampleTranscript> samples = [];
        if (Hardest(new EpisodeFilter { Role = Role.Solver, Sound = true }) is { } sound) samples.Add(new($"Solved soundly, difficulty {Difficulty(sound)}", sound));
        if (Hardest(new EpisodeFilter { Role = Role.Solver, Outcome = Outcome.Wrong }) is { } wrong) samples.Add(new($"Wrong, difficulty {Difficulty(wrong)}", wrong));
        if (Hardest(new EpisodeFilter { Role = Role.Proposer, Outcome = Outcome.Correct }) is { } proposal) samples.Add(new("A proposal that became a problem", proposal));
        return samples;
    }
}
