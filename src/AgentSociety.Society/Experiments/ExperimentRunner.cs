using AgentSociety.Core;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>How far a society of an experiment is.</summary>
public enum SocietyStage
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>It lives.</summary>
    Running,

    /// <summary>All its rounds are stored.</summary>
    Done,

    /// <summary>It ended otherwise.</summary>
    Failed,
}

/// <summary>News of one society.</summary>
/// <param name="Run">Which.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Round">Its last stored round.</param>
/// <param name="Score">The metric, once it is known.</param>
/// <param name="Note">Why it failed; empty otherwise.</param>
public sealed record SocietyNews(PlannedRun Run, SocietyStage Stage, int Round, double? Score, string Note = "");

/// <summary>Runs one society to its end, or goes on with it; must not return before it has ended.</summary>
/// <param name="run">Which.</param>
/// <param name="resume">True where its directory holds rounds already.</param>
/// <param name="played">To be told each stored round.</param>
/// <param name="stop">Asks it to end early.</param>
public delegate Task LaunchSociety(PlannedRun run, bool resume, Action<int> played, CancellationToken stop);

/// <summary>Runs the societies of an experiment, some side by side: finished ones are skipped, unfinished ones go on.</summary>
/// <remarks>How a society is launched is the caller's: torch's threads belong to a process, so that each should have one of its own.</remarks>
public sealed class ExperimentRunner(ExperimentPlan plan, LaunchSociety launch, int sideBySide, Action<SocietyNews> watch)
{
    /// <summary>Runs what is not done.</summary>
    /// <exception cref="SocietyException">Some societies failed, or a directory holds something else; the others were run.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public async Task Run(IReadOnlyList<PlannedRun> runs, CancellationToken stop)
    {
        List<PlannedRun> left = [];
        foreach (PlannedRun run in runs)
        {
            if (RoundsOf(run) == run.Scenario.Scenario.SelfPlay.Rounds) Tell(run);
            else left.Add(run);
        }

        List<(string Said, PlannedRun Run, Exception Cause)> failures = [];
        // Those that read what others wrote come after them.
        foreach (IGrouping<bool, PlannedRun> turn in left.GroupBy(run => run.NotesOf is not null).OrderBy(turn => turn.Key)) await Live([.. turn], failures, stop).ConfigureAwait(false);
        if (failures.Count > 0)
        {
            throw new SocietyException(
                string.Join('\n', failures.Select(failure => $"{failure.Run.Directory.Path}: {failure.Said}").Order(StringComparer.Ordinal)), badInput: false, cause: new AggregateException(failures.Select(failure => failure.Cause)));
        }
    }

    private async Task Live(IReadOnlyList<PlannedRun> left, List<(string Said, PlannedRun Run, Exception Cause)> failures, CancellationToken stop) =>
        await Parallel.ForEachAsync(left, new ParallelOptions { MaxDegreeOfParallelism = sideBySide, CancellationToken = stop }, async (run, halt) =>
        {
            try
            {
                bool resume = RoundsOf(run) is not null;
                if (!resume && Directory.Exists(run.Directory.Path)) Directory.Delete(run.Directory.Path, recursive: true);
                watch(new SocietyNews(run, SocietyStage.Running, 0, null));
                await launch(run, resume, round => watch(new SocietyNews(run, SocietyStage.Running, round, null)), halt).ConfigureAwait(false);
                halt.ThrowIfCancellationRequested();
                if (RoundsOf(run) != run.Scenario.Scenario.SelfPlay.Rounds) throw new SocietyException($"ended after round {RoundsOf(run) ?? 0} of {run.Scenario.Scenario.SelfPlay.Rounds}", badInput: false);
                Tell(run);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // One society must not end the others, whatever failed: a full disk, a locked database, a process that does not start. Together they are told at the end.
                string said = failure is SocietyException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
                lock (failures) failures.Add((said, run, failure));
                watch(new SocietyNews(run, SocietyStage.Failed, 0, null, said));
            }
        }).ConfigureAwait(false);

    /// <summary>The last stored round of a society; null where it has not begun.</summary>
    /// <exception cref="SocietyException">The directory holds a run of another scenario.</exception>
    public static int? RoundsOf(PlannedRun run)
    {
        if (!File.Exists(run.Directory.Database)) return null;
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        RunRecords records = new(database);
        if (records.Info() is not { } info) return null;
        if (info.ScenarioHash != run.Scenario.Hash)
            throw new SocietyException($"{run.Directory.Path}: holds a run of another scenario than the experiment declares for it; name another directory with --out");
        return records.LastRound()?.Round;
    }

    private void Tell(PlannedRun run) => watch(new SocietyNews(run, SocietyStage.Done, run.Scenario.Scenario.SelfPlay.Rounds, SocietyResult.ScoreOf(plan, run)));
}
