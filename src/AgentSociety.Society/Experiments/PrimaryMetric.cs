using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>The number by which the societies of an experiment are judged: the one place that knows what a <see cref="MetricKind"/> means.</summary>
public sealed class PrimaryMetric
{
    private readonly MetricSettings _settings;
    private readonly Meaning _meaning;

    /// <summary>The metric that an experiment declares.</summary>
    public PrimaryMetric(MetricSettings settings)
    {
        _settings = settings;
        _meaning = settings.Kind switch
        {
            MetricKind.Accuracy => new("held-out accuracy of newborns at") { Counted = result => result.Correct },
            MetricKind.Sound => new("share of answers of newborns that are right with every step valid,") { Counted = result => result.Sound },
            MetricKind.Frontier => new("greatest difficulty that newborns solve in the last held-out test, reading") { IsShare = false },
            MetricKind.FirstScore => new("first score of the last generation: share of right answers of its newborns before they have done anything, over all difficulties of the test, reading") { OfGenerations = true },
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, null),
        };
    }

    /// <summary>True for a share of answers, false for a number of steps of difficulty.</summary>
    public bool IsShare => _meaning.IsShare;

    /// <summary>What it is, in words.</summary>
    /// <param name="difficulties">The difficulties over which it is taken, where it does not take all of them.</param>
    public string Describe(IReadOnlyList<int> difficulties) => _meaning.Counted is null ? _meaning.Name
        : $"{_meaning.Name} difficulty {string.Join(", ", difficulties)}, {(_settings.Reading ? "while reading what their arm shows" : "without reading")}";

    /// <summary>Holds the declaration against the metric.</summary>
    /// <param name="plan">The experiment.</param>
    /// <exception cref="SocietyException">It sets what the metric does not heed, or an arm has nothing that could be measured so.</exception>
    internal void Check(ExperimentPlan plan)
    {
        if (_meaning.Counted is not null) return;
        string kind = SettingKeys.NameOf(_settings.Kind);
        if (_settings.Difficulties.Count > 0) throw new SocietyException($"{plan.File}: metric.difficulties: {kind} is taken over all difficulties of the test; leave it out, or set evaluation.difficulties");
        if (!_settings.Reading) throw new SocietyException($"{plan.File}: metric.reading: {kind} is that of newborns who read; leave it out, or take another metric.kind");
    }

    /// <summary>Holds an arm against the metric.</summary>
    /// <exception cref="SocietyException">It has too few generations to be measured so.</exception>
    internal void Check(ExperimentPlan plan, ExperimentArm arm)
    {
        if (_meaning.OfGenerations && new Lifetimes(arm.Scenario.Scenario).Count < 2)
            throw new SocietyException($"{plan.File}: metric.kind: {SettingKeys.NameOf(_settings.Kind)} is that of the last generation, and nobody dies in arm '{arm.Name}'; set generations.everyRounds");
    }

    /// <summary>The metric over a society's life; the last value is its score.</summary>
    /// <param name="plan">The experiment.</param>
    /// <param name="run">The society.</param>
    /// <param name="records">Its records.</param>
    internal IReadOnlyList<RoundValue> Curve(ExperimentPlan plan, PlannedRun run, RunRecords records) => _meaning.OfGenerations
        ? [.. GenerationMetrics.Lives(new Lifetimes(run.Scenario.Scenario), records).Select(generation => new RoundValue(generation.BornIn, generation.FirstScore))]
        : [.. records.HeldOut().Select(test => new RoundValue(test.Round, Of(plan, run, test.Results)))];

    /// <summary>
    /// What a test adds to the spread between societies at the worst: sqrt(1/4 / problems) where shares are counted, of the problems that the metric's test asks; half of the least step between tested
    /// difficulties for a frontier, which is whole: a pilot's societies often reach the same one.
    /// </summary>
    internal double LeastDeviation(ExperimentPlan plan)
    {
        EvaluationSettings test = plan.Arms[0].Scenario.Scenario.Evaluation;
        if (_meaning.OfGenerations) return GenerationMetrics.Tolerance(test);
        if (IsShare) return 0.5 / Math.Sqrt(test.FinalProblemsPerDifficulty * plan.Difficulties.Count);
        int[] tested = [.. test.Difficulties.Order()];
        return 0.5 * tested.Zip(tested.Skip(1), (easier, harder) => harder - easier).DefaultIfEmpty(1).Min();
    }

    private double Of(ExperimentPlan plan, PlannedRun run, IReadOnlyList<HeldOutRecord> results)
    {
        if (_meaning.Counted is not { } counted) return HeldOutTest.Frontier(results, run.Scenario.Scenario.Evaluation.SolvedAt);
        // Without tools one test, counted as reading, stands for both.
        return SocietyResult.Share(plan, results, _settings.Reading, counted) ?? SocietyResult.Share(plan, results, reading: true, counted)
            ?? throw new SocietyException($"{run.Directory.Path}: the last test asked nothing at the metric's difficulties", badInput: false);
    }

    /// <summary>What a kind of metric is.</summary>
    /// <param name="Name">Its name in words, up to its difficulties where it has some.</param>
    private sealed record Meaning(string Name)
    {
        public bool IsShare { get; init; } = true;

        /// <summary>True where it is taken at births and not in tests.</summary>
        public bool OfGenerations { get; init; }

        /// <summary>Which answers of a test are counted, by difficulty and reading; null where it is taken over all difficulties of those who read.</summary>
        public Func<HeldOutRecord, int>? Counted { get; init; }
    }
}
