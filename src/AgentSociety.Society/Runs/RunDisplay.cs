using System.Diagnostics;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Keeps what watchers of a run see and tells them when it changes.</summary>
internal sealed class RunDisplay(int rounds, Action<RunProgress> watch)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<HeldOutPoint> _heldOut = [];
    private RunProgress _shown = new() { Phase = RunPhase.Start, Round = 0, Rounds = rounds, Elapsed = TimeSpan.Zero };
    private (double Seconds, int Round)? _firstRound;

    /// <summary>Takes up how an earlier life of the run left it.</summary>
    public void Begin(RunRecords records)
    {
        _heldOut.AddRange(records.HeldOut());
        (long pages, long revisions) = records.ScratchpadSize();
        double? Last(string metric) => records.Metric(metric) is [.., var latest] ? latest.Value : null;
        Tell(_shown with
        {
            Round = records.LastRound()?.Round ?? 0,
            HeldOut = [.. _heldOut],
            Frontier = (int?)Last("frontier"),
            SolveRate = Last("solve-rate"),
            ProposedDifficulty = Last("proposed-difficulty"),
            Pages = (int)pages,
            Revisions = (int)revisions,
        });
    }

    /// <summary>A phase begins.</summary>
    public void Show(RunPhase phase, int round) => Tell(_shown with { Phase = phase, Round = round, PhaseShare = null, Loss = null, Remaining = Remaining(round) });

    /// <summary>Pretraining goes on.</summary>
    public void Pretraining(PretrainProgress progress) => Tell(_shown with
    {
        Phase = RunPhase.Pretrain,
        PhaseShare = (double)progress.Step / progress.Steps,
        TrainTokensPerSecond = progress.TokensPerSecond,
        Remaining = progress.Remaining,
    });

    /// <summary>A sleep goes on.</summary>
    public void Sleeping(TrainingProgress progress) => Tell(_shown with
    {
        Phase = RunPhase.Sleep,
        PhaseShare = (double)progress.Step / progress.Steps,
        Loss = progress.Loss,
        TrainTokensPerSecond = progress.TokensPerSecond,
        Remaining = progress.Remaining,
    });

    /// <summary>A test was taken.</summary>
    public void Tested(HeldOutPoint point, int frontier)
    {
        _heldOut.Add(point);
        Tell(_shown with { HeldOut = [.. _heldOut], Frontier = frontier });
    }

    /// <summary>A round is over.</summary>
    public void Stored(IEnumerable<MetricRecord> metrics, RoundCost cost, long pages, long revisions)
    {
        Dictionary<string, double> values = [];
        foreach (MetricRecord metric in metrics) values[metric.Name] = metric.Value;
        _firstRound ??= (_clock.Elapsed.TotalSeconds, _shown.Round);
        Tell(_shown with
        {
            SolveRate = values.TryGetValue("solve-rate", out double rate) ? rate : null,
            ProposedDifficulty = values.TryGetValue("proposed-difficulty", out double difficulty) ? difficulty : null,
            Pages = (int)pages,
            Revisions = (int)revisions,
            DecodeTokensPerSecond = cost.DecodeSeconds > 0 ? cost.DecodedTokens / cost.DecodeSeconds : null,
            TrainTokensPerSecond = cost.TrainSeconds > 0 ? cost.TrainedTokens / cost.TrainSeconds : null,
        });
    }

    /// <summary>Tells again how things stand, while a phase goes on.</summary>
    public void Repeat(int missing, int all)
    {
        bool counted = _shown.Phase is RunPhase.Propose or RunPhase.Solve or RunPhase.Evaluate && all > 0;
        if (_shown.Phase is RunPhase.Pretrain or RunPhase.Done) return;
        if (_shown.Phase is RunPhase.Sleep) Tell(_shown);
        else Tell(_shown with { PhaseShare = counted ? 1 - (double)missing / all : null });
    }

    /// <summary>Something worth a line of its own.</summary>
    public void Say(string message)
    {
        Tell(_shown with { Message = message });
        _shown = _shown with { Message = null };
    }

    private TimeSpan? Remaining(int round) => _firstRound is { } first && round > first.Round
        ? TimeSpan.FromSeconds((_clock.Elapsed.TotalSeconds - first.Seconds) / (round - first.Round) * (rounds - round))
        : null;

    private void Tell(RunProgress progress)
    {
        _shown = progress with { Elapsed = _clock.Elapsed };
        watch(_shown);
    }
}
