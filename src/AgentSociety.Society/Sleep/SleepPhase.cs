using System.Diagnostics;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>A sleep with its tests: what newborns know without notes before and after it, and what became of older tasks.</summary>
/// <remarks>
/// Older tasks are those that the base model was trained on. Where the world has facts, they are asked in a world of another seed whose
/// every fact can be read: who only remembers fails them. Adapters sleep one after the other, each over its own lessons, and the weights that they share stay as they are.
/// </remarks>
internal static class SleepPhase
{
    private const int OtherWorld = 0x51EE9;

    /// <summary>Sleeps. Call it on a thread that may be busy for long.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="model">The weights, which move.</param>
    /// <param name="round">The round that is over.</param>
    /// <param name="lessons">What is slept over; nothing happens where there are none.</param>
    /// <param name="notes">What newborns who read see.</param>
    /// <param name="progress">Told after every step, of all adapters that sleep together.</param>
    /// <param name="stop">Checked between steps.</param>
    public static IReadOnlyList<MetricRecord> Sleep(RunPlan plan, LanguageModel model, int round, IReadOnlyList<Lesson> lessons, INotes notes, Action<TrainingProgress> progress, CancellationToken stop)
    {
        if (lessons.Count == 0) return [new MetricRecord("sleep/lessons", 0)];
        ConsolidationSettings settings = plan.Scenario.Consolidation;
        (double reading, double known, double older) = Test(plan, model, notes, settings.ProblemsPerDifficulty, stop);
        IDemonstrator? replay = GuardedDraw.Material(plan.Environment, HeldOutTest.Guarded(plan));
        IGrouping<string, Lesson>[] sleepers = [.. lessons.GroupBy(lesson => lesson.Weights).OrderBy(group => group.Key, StringComparer.Ordinal)];
        List<(double Before, double After)> slept = [];
        Stopwatch watch = Stopwatch.StartNew();
        void Tell(TrainingProgress told)
        {
            (int step, int steps) = (slept.Count * told.Steps + told.Step, sleepers.Length * told.Steps);
            progress(told with { Step = step, Steps = steps, Remaining = watch.Elapsed / step * (steps - step) });
        }

        foreach (IGrouping<string, Lesson> own in sleepers)
        {
            bool shared = own.Key == TrainingPlan.Base;
            Consolidator consolidator = new(model, settings, plan.Scenario.Pretrain, KeyedRandom.Key(plan.Seed, shared ? "sleep" : $"sleep/{own.Key}", round)) { Adapter = shared ? null : own.Key, Passes = plan.Scenario.Learning };
            slept.Add(consolidator.Sleep([.. own], replay, Tell, stop));
        }

        (_, double knownAfter, double olderAfter) = Test(plan, model, notes, settings.ProblemsPerDifficulty, stop);
        return
        [
            new MetricRecord("sleep/lessons", lessons.Count),
            new MetricRecord("sleep/steps", settings.Steps * slept.Count),
            new MetricRecord("sleep/before", slept.Average(sleep => sleep.Before)),
            new MetricRecord("sleep/after", slept.Average(sleep => sleep.After)),
            new MetricRecord("sleep/reading", reading),
            new MetricRecord("sleep/recall-before", known),
            new MetricRecord("sleep/recall-after", knownAfter),
            new MetricRecord("sleep/gap-closed", SleepTest.GapClosed(reading, known, knownAfter)),
            new MetricRecord("sleep/older-before", older),
            new MetricRecord("sleep/older-after", olderAfter),
        ];
    }

    /// <summary>Tests before or after a sleep.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="model">The weights.</param>
    /// <param name="notes">What newborns who read see.</param>
    /// <param name="count">Problems of each difficulty.</param>
    /// <param name="stop">Checked between steps.</param>
    public static SleepTest Test(RunPlan plan, LanguageModel model, INotes notes, int count, CancellationToken stop)
    {
        IReadOnlyList<HeldOutRecord> own = HeldOutTest.Take(plan, model, notes, count, stop: stop);
        (RunPlan olderPlan, INotes olderNotes) = Older(plan, notes);
        return new SleepTest(Share(own, reading: true), Share(own, reading: !plan.HasTools), Share(HeldOutTest.Take(olderPlan, model, olderNotes, count, question => question.Reading, stop), reading: true));
    }

    private static (RunPlan Plan, INotes Notes) Older(RunPlan plan, INotes notes)
    {
        Scenario scenario = plan.Scenario;
        int hardest = Math.Min(scenario.Pretrain.MaximumDifficulty, plan.Environment.MaximumDifficulty);
        RunPlan older = plan with
        {
            Loaded = plan.Loaded with { Scenario = scenario with { Evaluation = scenario.Evaluation with { Difficulties = [.. Enumerable.Range(1, hardest)] } } },
        };
        if (plan.Environment is not IFactSource) return (older, notes);
        older = older with { Environment = EnvironmentCatalog.Find(scenario.Environment.Name)!.Create(plan.Loaded.EnvironmentOptions, KeyedRandom.Key(plan.Seed, "sleep/older", OtherWorld)) };
        return (older, new OracleNotes(EmptyNotes.Instance, OracleNotes.TruthOf((IFactSource)older.Environment)));
    }

    private static double Share(IReadOnlyList<HeldOutRecord> results, bool reading)
    {
        HeldOutRecord[] counted = [.. results.Where(result => result.Reading == reading)];
        return counted.Length == 0 ? double.NaN : (double)counted.Sum(result => result.Correct) / counted.Sum(result => result.Count);
    }
}

/// <summary>What newborns answer before or after a sleep, as shares of held-out problems.</summary>
/// <param name="Reading">With the notes at hand.</param>
/// <param name="Recall">Without them.</param>
/// <param name="Older">On older tasks, where all can be read.</param>
public readonly record struct SleepTest(double Reading, double Recall, double Older)
{
    /// <summary>The share of the gap between reading and not reading that a sleep closed; NaN where there was none.</summary>
    public static double GapClosed(double reading, double before, double after) => reading > before ? (after - before) / (reading - before) : double.NaN;
}
