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
    /// <remarks>
    /// A proposal whose prompt shows a problem of the test (<see cref="LoggedEpisode.Quoted"/>) is trained on by nobody: where it poses a problem of the test itself it is in the test, and else it is left
    /// out, since all else of its problem is in the training. So is a proposal of a problem that its run keeps for tests, where others of its <see cref="LoggedEpisode.Family"/> are in the training.
    /// </remarks>
    /// <param name="log">The episodes.</param>
    /// <param name="options">What to write and how.</param>
    /// <param name="folder">Where to.</param>
    /// <exception cref="SocietyException">No episode passes the filter, one holds a number that is none, or the folder takes no files; what was there before is left.</exception>
    public static async Task<ExportedFiles> WriteAsync(IEnumerable<LoggedEpisode> log, ExportOptions options, string folder)
    {
        LoggedEpisode[] chosen = [.. Choose(log, options)];
        if (chosen.Length == 0) throw new SocietyException($"no episode passes the filter ({Describe(options)}); widen it");
        foreach (LoggedEpisode logged in chosen) RequireNumbers(logged);
        LoggedEpisode[] train = [.. chosen.Where(logged => !logged.Reserved && !IsTest(logged.ProblemKey, options.TestShare) && !logged.Quoted.Any(shown => IsTest(shown, options.TestShare)))];
        HashSet<string> trained = [.. train.Select(logged => logged.ProblemKey)];
        LoggedEpisode[] test = [.. chosen.Where(logged => IsTest(logged.ProblemKey, options.TestShare) || (logged.Reserved && !trained.Contains(logged.ProblemKey)))];
        await ReplaceAsync(folder, options.Format, train, test).ConfigureAwait(false);
        (string File, int Episodes)[] files = [(FileOf(folder, "train", options.Format), train.Length), (FileOf(folder, "test", options.Format), test.Length)];
        return new ExportedFiles([.. files.Where(file => file.Episodes > 0)], chosen.Length - train.Length - test.Length);
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

    /// <summary>Both files are complete before either takes its place, and the old ones are kept aside until both have. The old test goes first: beside a new training file it would hold problems that are trained on.</summary>
    private static async Task ReplaceAsync(string folder, ExportFormat format, LoggedEpisode[] train, LoggedEpisode[] test)
    {
        (string Name, LoggedEpisode[] Episodes)[] splits = [("train", train), ("test", test)];
        string Unfinished(string name) => FileOf(folder, name, format) + ".tmp";
        string Aside(string name) => FileOf(folder, name, format) + ".old";
        List<string> aside = [], placed = [];
        try
        {
            Directory.CreateDirectory(folder);
            foreach ((string name, LoggedEpisode[] episodes) in splits.Where(split => split.Episodes.Length > 0))
            {
                if (format == ExportFormat.Parquet) await ParquetTable.WriteAsync(Unfinished(name), episodes, name).ConfigureAwait(false);
                else await File.WriteAllLinesAsync(Unfinished(name), episodes.Select(episode => JsonLines.Line(episode, format))).ConfigureAwait(false);
            }

            foreach (string name in (string[])["test", "train"])
            {
                if (!File.Exists(FileOf(folder, name, format))) continue;
                File.Move(FileOf(folder, name, format), Aside(name), overwrite: true);
                aside.Add(name);
            }

            foreach ((string name, _) in splits.Where(split => split.Episodes.Length > 0))
            {
                File.Move(Unfinished(name), FileOf(folder, name, format));
                placed.Add(name);
            }
        }
        catch (Exception cause)
        {
            foreach (string name in placed) File.Delete(FileOf(folder, name, format));
            foreach (string name in aside) File.Move(Aside(name), FileOf(folder, name, format));
            foreach (string unfinished in splits.Select(split => Unfinished(split.Name)).Where(File.Exists)) File.Delete(unfinished);
            if (cause is not (IOException or UnauthorizedAccessException)) throw;
            throw new SocietyException($"{folder}: cannot be written ({cause.Message.ReplaceLineEndings(" ")}); make room or name another place", badInput: false, cause);
        }

        foreach (string name in aside) File.Delete(Aside(name));
    }

    private static string FileOf(string folder, string name, ExportFormat format) => Path.Combine(folder, name + (format == ExportFormat.Parquet ? ".parquet" : ".jsonl"));

    private static void RequireNumbers(LoggedEpisode logged)
    {
        EpisodeRecord episode = logged.Episode;
        string? what = !double.IsFinite(episode.Reward) ? $"a reward of {episode.Reward}" : !double.IsFinite(episode.Advantage) ? $"an advantage of {episode.Advantage}"
            : Array.Find(episode.LogProbabilities, value => !float.IsFinite(value)) is var odd and not 0 ? $"a log-probability of {odd}" : null;
        if (what is not null) throw new SocietyException($"episode {logged.Run}/{episode.Id} has {what}, which no trainer can read; leave it out (--rounds, --agent), or take another run");
    }

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

/// <summary>What an export wrote.</summary>
/// <param name="Files">The files with their numbers of episodes.</param>
/// <param name="LeftOut">Proposals that were written in sight of a problem of the test and pose one of the training, or pose a reserved one of a family of the training.</param>
public sealed record ExportedFiles(IReadOnlyList<(string File, int Episodes)> Files, int LeftOut);
