using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Learning;

/// <summary>Writes a run's log in forms that other tools read: filtered, without duplicates, split without leakage, with rewards, masks and provenance.</summary>
public static class Exporter
{
    /// <summary>Writes <c>train</c> and <c>test</c> files into a folder, which is made if it is not there; those of an earlier export in the same form are replaced, both or neither.</summary>
    /// <param name="log">The episodes.</param>
    /// <param name="options">What to write and how.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>The files with their numbers of episodes.</returns>
    /// <exception cref="SocietyException">No episode passes the filter.</exception>
    public static async Task<IReadOnlyList<(string File, int Episodes)>> WriteAsync(IEnumerable<LoggedEpisode> log, ExportOptions options, string folder)
    {
        LoggedEpisode[] chosen = [.. Choose(log, options)];
        if (chosen.Length == 0) throw new SocietyException($"no episode passes the filter ({Describe(options)}); widen it");
        Directory.CreateDirectory(folder);
        List<(string, int)> files = [];
        string FileOf(string name) => Path.Combine(folder, name + (options.Format == ExportFormat.Parquet ? ".parquet" : ".jsonl"));
        // A test file of an earlier split beside a new training file would hold problems that are trained on.
        foreach (string name in (string[])["train", "test"]) File.Delete(FileOf(name));
        foreach (IGrouping<bool, LoggedEpisode> split in chosen.GroupBy(logged => logged.Reserved || IsTest(logged.ProblemKey, options.TestShare)).OrderBy(group => group.Key))
        {
            LoggedEpisode[] episodes = [.. split];
            string name = split.Key ? "test" : "train", file = FileOf(name);
            if (options.Format == ExportFormat.Parquet) await ParquetTable.WriteAsync(file, episodes, name).ConfigureAwait(false);
            else await File.WriteAllLinesAsync(file, episodes.Select(episode => JsonLines.Line(episode, options.Format))).ConfigureAwait(false);
            files.Add((file, episodes.Length));
        }

        return files;
    }

    /// <summary>The episodes that pass the filter, in their order.</summary>
    public static IEnumerable<LoggedEpisode> Choose(IEnumerable<LoggedEpisode> log, ExportOptions options)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            EpisodeRecord episode = logged.Episode;
            if (options.VerifiedOnly && episode.Outcome != Outcome.Correct || options.SoundOnly && !episode.Sound) continue;
            if (options.Agent is { } agent && episode.Agent != agent || options.Role is { } role && episode.Role != role) continue;
            if (episode.Round < options.FirstRound || episode.Round > options.LastRound) continue;
            // Where difficulties are chosen, a proposal that became no problem has none.
            if (logged.Problem is null && (options.MinimumDifficulty > 1 || options.MaximumDifficulty < int.MaxValue)) continue;
            if (logged.Problem is { } problem && (problem.Difficulty < options.MinimumDifficulty || problem.Difficulty > options.MaximumDifficulty)) continue;
            if (options.Deduplicate && !seen.Add(string.Join('\u001f', episode.Segments.Select(segment => $"{(int)segment.Source}{segment.Text}")))) continue;
            yield return logged;
        }
    }

    /// <summary>True where a problem belongs to the test split: by a hash of its canonical form alone, so that every export and every run agrees.</summary>
    public static bool IsTest(string problemKey, double testShare) =>
        KeyedRandom.Key(0, $"export-split/{problemKey}") / (double)ulong.MaxValue < testShare;

    /// <summary>Whole text of a source.</summary>
    internal static string Text(EpisodeRecord episode, Source source) =>
        string.Concat(episode.Segments.Where(segment => segment.Source == source).Select(segment => segment.Text));

    private static string Describe(ExportOptions options)
    {
        List<string> parts = [];
        if (options.VerifiedOnly) parts.Add("verified only");
        if (options.SoundOnly) parts.Add("sound only");
        if (options.Agent is { } agent) parts.Add($"agent {agent}");
        if (options.Role is { } role) parts.Add($"role {role}");
        parts.Add($"difficulty {options.MinimumDifficulty} to {(options.MaximumDifficulty == int.MaxValue ? "any" : options.MaximumDifficulty)}");
        parts.Add($"rounds {options.FirstRound} to {(options.LastRound == int.MaxValue ? "last" : options.LastRound)}");
        return string.Join(", ", parts);
    }
}
