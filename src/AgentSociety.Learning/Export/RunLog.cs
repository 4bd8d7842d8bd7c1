using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Learning;

/// <summary>Reads the log of runs out of their databases, for export and for training.</summary>
public static class RunLog
{
    /// <summary>The episodes of one run in the order in which they were recorded, each with its problem.</summary>
    /// <remarks>Lazy: one episode at a time is in memory. The database must stay open while it is read.</remarks>
    /// <param name="database">The run's database.</param>
    /// <param name="options">What to read; <see cref="Exporter.Choose"/> applies the rest of the filter.</param>
    /// <exception cref="SocietyException">The database holds no run.</exception>
    public static IEnumerable<LoggedEpisode> Read(SocietyDatabase database, ExportOptions options)
    {
        RunRecords records = new(database);
        return Episodes(database, records, records.Run(), options);
    }

    /// <summary>What tells a run from every other: its name, and a hash of scenario, seed and the moment at which it was begun. A copy of a run has the key of the run.</summary>
    /// <remarks>Runs of an experiment are all called after their seeds, and the problems of every run are numbered alike.</remarks>
    public static string KeyOf(RunInfo run) =>
        $"{run.Name}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{run.Name}\n{run.ScenarioHash}\n{run.Seed}\n{run.Begun}"))))[..12]}";

    private static IEnumerable<LoggedEpisode> Episodes(SocietyDatabase database, RunRecords records, RunInfo run, ExportOptions options)
    {
        string key = KeyOf(run);
        EpisodeFilter filter = new() { FromRound = options.FirstRound, ToRound = options.LastRound, Agent = options.Agent, Role = options.Role };
        Dictionary<string, ProblemRecord> problems = [];
        int round = -1;
        foreach (EpisodeRecord episode in database.Episodes(filter))
        {
            if (episode.Round != round)
            {
                round = episode.Round;
                problems = records.Problems(round).ToDictionary(problem => problem.Id, StringComparer.Ordinal);
            }

            yield return new LoggedEpisode(run.Name, episode, episode.Problem is { } id ? problems.GetValueOrDefault(id) : null) { RunKey = key };
        }
    }
}
