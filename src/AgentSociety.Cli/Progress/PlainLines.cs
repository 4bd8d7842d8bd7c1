using AgentSociety.Core.Records;

namespace AgentSociety.Cli.Progress;

/// <summary>A run's progress as lines for logs: one a round, one a test, a few for pretraining and for each sleep.</summary>
/// <remarks>Keeps what was said last; not thread-safe.</remarks>
internal sealed class PlainLines
{
    private const double TrainingStep = 0.1;
    private int _round;
    private int _tests;
    private double _pretrained = -1;
    private (int Round, double Share) _slept = (0, -1);

    /// <summary>The lines that this news is worth; none for what was said already.</summary>
    public IEnumerable<string> On(RunProgress progress)
    {
        if (progress.Phase == RunPhase.Start && progress.Round > _round)
        {
            // What was told in an earlier life of the run is not told again.
            (_round, _tests) = (progress.Round, progress.HeldOut.Count);
            yield return Line(progress, "resume", $"goes on after round {progress.Round}/{progress.Rounds}, frontier {progress.Frontier ?? 0}, {progress.Pages} pages, {progress.Revisions} edits");
        }

        if (progress.Message is { } message) yield return Line(progress, "note", message);
        if (progress.Phase == RunPhase.Pretrain && progress.PhaseShare is { } share && IsNews(share, _pretrained))
        {
            _pretrained = share;
            yield return Line(progress, "pretrain", $"{Figures.Percent(share)}{Rate("train", progress.TrainTokensPerSecond)}{Left(progress)}");
        }

        if (progress is { Phase: RunPhase.Sleep, PhaseShare: { } asleep })
        {
            if (_slept.Round != progress.Round) _slept = (progress.Round, -1);
            if (IsNews(asleep, _slept.Share))
            {
                _slept = (progress.Round, asleep);
                yield return Line(progress, "sleep", $"{Figures.Percent(asleep)}{Figures.Loss(progress.Loss)}{Rate("train", progress.TrainTokensPerSecond)}{Left(progress)}");
            }
        }

        for (; _tests < progress.HeldOut.Count; _tests++) yield return Line(progress, "test", Test(progress.HeldOut[_tests], progress.Frontier));
        // A round's numbers are known when the next one begins.
        int played = progress.Phase == RunPhase.Done ? progress.Round : progress.Round - 1;
        if (played <= _round) yield break;
        _round = played;
        yield return Line(progress, $"round {played}/{progress.Rounds}", Round(progress));
    }

    private static string Round(RunProgress progress) =>
        $"solve rate {(progress.SolveRate is { } rate ? Figures.Percent(rate) : "-")}, posed {(progress.ProposedDifficulty is { } posed ? $"{posed:0.0}" : "-")}, frontier {progress.Frontier ?? 0}, "
        + $"{progress.Pages} pages, {progress.Revisions} edits{Rate("decode", progress.DecodeTokensPerSecond)}{Rate("train", progress.TrainTokensPerSecond)}{Left(progress)}";

    private static string Test(HeldOutPoint point, int? frontier)
    {
        IEnumerable<string> parts = point.Results.GroupBy(result => result.Reading).OrderByDescending(group => group.Key)
            .Select(group => $"{(group.Key ? "reading" : "not reading")} {string.Join(' ', group.OrderBy(result => result.Difficulty).Select(result => $"{result.Difficulty}:{Figures.Percent(result.Count == 0 ? 0 : (double)result.Correct / result.Count).Replace(" ", "")}"))}");
        return $"{(point.Round == 0 ? "before round 1" : $"after round {point.Round}")}: {string.Join("; ", parts)}{(frontier is { } solved ? $"; frontier {solved}" : "")}";
    }

    // A tenth more than was said, or the end.
    private static bool IsNews(double share, double said) => share >= said + TrainingStep || (share >= 1 && said < 1);

    private static string Rate(string what, double? perSecond) => perSecond is { } rate ? $", {what} {Figures.Short(rate)} tokens/s" : "";

    private static string Left(RunProgress progress) => progress.Remaining is { } left ? $", {Figures.Clock(left)} left" : "";

    private static string Line(RunProgress progress, string what, string text) => $"{Figures.Clock(progress.Elapsed),8}  {what,-14}  {text}";
}
