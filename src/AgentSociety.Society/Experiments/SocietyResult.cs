using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Society;

/// <summary>What one society of an experiment came to.</summary>
public sealed record SocietyResult
{
    /// <summary>Its seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The primary metric.</summary>
    public required double Score { get; init; }

    /// <summary>The last held-out test.</summary>
    public required IReadOnlyList<HeldOutAccuracy> HeldOut { get; init; }

    /// <summary>The test before the first round.</summary>
    public required IReadOnlyList<HeldOutAccuracy> HeldOutBefore { get; init; }

    /// <summary>The primary metric of every test, oldest first.</summary>
    public required IReadOnlyList<RoundValue> Curve { get; init; }

    /// <summary>Saved edits of the scratchpad by round.</summary>
    public required IReadOnlyList<RoundValue> Growth { get; init; }

    /// <summary>The greatest solved difficulty.</summary>
    public required FrontierMove Frontier { get; init; }

    /// <summary>Share of right answers in play that were reached by a wrong step, mean over rounds; null where none was right.</summary>
    public required double? LuckyShare { get; init; }

    /// <summary>What became of the scratchpad.</summary>
    public required ScratchpadCounts Scratchpad { get; init; }

    /// <summary>What was spent, as measured.</summary>
    public required SpentBudget Spent { get; init; }

    /// <summary>Versions of what it was run with, as its run recorded them at its beginning.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();

    /// <summary>The model that it ended with; null where no weights were saved.</summary>
    public ModelSize? Model { get; init; }

    /// <summary>What its notes are worth; null where the experiment does not ask.</summary>
    public NotesWorth? NotesWorth { get; init; }

    /// <summary>Its generations, oldest first; empty where nobody dies.</summary>
    public IReadOnlyList<Lifetime> Generations { get; init; } = [];

    /// <summary>Whether the first scores of its generations rise and do not slip back; null where the experiment does not ask.</summary>
    public Ratchet? Ratchet { get; init; }

    /// <summary>What newborns scored on both sides of a wipe of the scratchpad; null where there was none.</summary>
    public WipeTest? Wipe { get; init; }

    /// <summary>The result of a finished society.</summary>
    /// <param name="plan">The experiment.</param>
    /// <param name="run">The society.</param>
    /// <param name="worth">What its notes are worth, where it was measured.</param>
    public static SocietyResult Of(ExperimentPlan plan, PlannedRun run, NotesWorth? worth)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        RunRecords records = new(database);
        RunSummary summary = RunSummary.Of(database);
        Lifetimes lifetimes = new(run.Scenario.Scenario);
        IReadOnlyList<Lifetime> generations = lifetimes.Mortal ? GenerationMetrics.Lives(lifetimes, records) : [];
        IReadOnlyList<RoundValue> curve = plan.Metric.Curve(plan, run, records);
        IReadOnlyList<(int Round, double Value)> lucky = records.Metric("lucky-rate");
        return new SocietyResult
        {
            Seed = run.Seed,
            Score = curve[^1].Value,
            HeldOut = summary.HeldOut,
            HeldOutBefore = summary.HeldOutBefore,
            Curve = curve,
            Growth = [.. records.Metric("revisions").Select(point => new RoundValue(point.Round, point.Value))],
            Frontier = summary.Frontier,
            LuckyShare = lucky.Count > 0 ? lucky.Average(point => point.Value) : null,
            Scratchpad = summary.Scratchpad,
            Spent = SpentBudget.Of(database),
            Versions = records.Info()!.Versions,
            Model = records.Checkpoints() is [.., { } newest] ? ModelSize.Of(run.Directory.Checkpoint(newest.Name)) : null,
            NotesWorth = worth,
            Wipe = WipeTest.Of(records),
            Generations = generations,
            Ratchet = plan.Settings.Ratchet ? Learning.Statistics.Ratchet.Of([.. generations.Select(generation => generation.FirstScore)], lifetimes.Tolerance) : null,
        };
    }

    /// <summary>The primary metric of a finished society.</summary>
    internal static double ScoreOf(ExperimentPlan plan, PlannedRun run)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        return plan.Metric.Curve(plan, run, new RunRecords(database))[^1].Value;
    }

    /// <summary>Mean over the metric's difficulties of a share of the answers; null where nobody was asked so.</summary>
    internal static double? Share(ExperimentPlan plan, IReadOnlyList<HeldOutRecord> results, bool reading, Func<HeldOutRecord, int> counted)
    {
        HeldOutRecord[] asked = [.. results.Where(result => result.Reading == reading && result.Count > 0 && plan.Difficulties.Contains(result.Difficulty))];
        return asked.Length == 0 ? null : asked.Average(result => (double)counted(result) / result.Count);
    }
}

/// <summary>A number of a round.</summary>
/// <param name="Round">The round.</param>
/// <param name="Value">The number.</param>
public readonly record struct RoundValue(int Round, double Value);

/// <summary>The scratchpad is wiped between two rounds: with the same weights newborns are asked with what was written so far, and without.</summary>
/// <param name="Round">The round that began with an empty scratchpad.</param>
/// <param name="Before">Share of right answers of those who could still read, over all difficulties of the test.</param>
/// <param name="After">The same without: what was in weights. <c>Before</c> less this was in text.</param>
public sealed record WipeTest(int Round, double Before, double After)
{
    /// <summary>The test of a run; null where its scratchpad was not wiped.</summary>
    public static WipeTest? Of(RunRecords records) => records.Metric(GenerationMetrics.BeforeWipe) is [var (round, before), ..] && records.Metric(GenerationMetrics.AfterWipe) is [var (_, after), ..]
        ? new WipeTest(round, before, after) : null;
}

/// <summary>What a society has spent.</summary>
/// <param name="Attempts">Attempts of solvers.</param>
/// <param name="Proposals">Texts of proposers.</param>
/// <param name="GradientSteps">Gradient steps after pretraining.</param>
/// <param name="DecodedTokens">Tokens that were sampled, tests included.</param>
/// <param name="TrainedTokens">Tokens that were trained on, base material included.</param>
/// <param name="Seconds">Wall time of all rounds.</param>
/// <param name="SleepSteps">Gradient steps of sleeps, which come on top.</param>
/// <param name="TrainedTexts">Texts in all gradient steps after rounds, as often as they were taken; null where the run did not record it.</param>
/// <param name="SignalTexts">Attempts and proposals that carried a signal, each once: the steps are shared out over them, and base material and remembered solutions come beside.</param>
/// <param name="TrialAttempts">Attempts that were played again to try notes, two for each matched rollout, beside <paramref name="Attempts"/>.</param>
public sealed record SpentBudget(long Attempts, long Proposals, long GradientSteps, long DecodedTokens, long TrainedTokens, double Seconds, long SleepSteps = 0, long? TrainedTexts = null, long SignalTexts = 0, long TrialAttempts = 0)
{
    /// <summary>What a run has spent.</summary>
    public static SpentBudget Of(SocietyDatabase database)
    {
        RunRecords records = new(database);
        double Sum(string metric) => records.Metric(metric).Sum(point => point.Value);
        RunCounts counts = records.Counts();
        return new SpentBudget(counts.Attempts, counts.Proposals, (long)Sum("steps"), (long)Sum("tokens/decoded"), (long)Sum("tokens/trained"), Sum("seconds/round"), (long)Sum("sleep/steps"), database.TrainedTexts(), (long)Sum("episodes/used"), 2 * (long)Sum("admission/pairs"));
    }
}
