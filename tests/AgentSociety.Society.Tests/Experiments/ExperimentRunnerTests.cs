using System.Collections.Concurrent;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ExperimentRunnerTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly ConcurrentQueue<string> _launched = [];

    public void Dispose() => _tiny.Dispose();

    [Fact]
    [Trait("Category", "Long")]
    public async Task An_experiment_runs_to_its_result_and_a_second_run_repeats_nothing()
    {
        ExperimentPlan plan = _tiny.Plan();
        ExperimentDirectory directory = new(_tiny.Place);
        directory.Declare(plan);
        IReadOnlyList<PlannedRun> runs = plan.Runs(directory.Path, 2);
        await Runner(plan).Run(runs, default);
        Assert.Equal(8, _launched.Count);

        SocietyResult[][] results = [.. plan.Arms.Select(arm => runs.Where(run => run.Arm.Name == arm.Name).Select(run => SocietyResult.Of(plan, run, NotesWorth.Of(plan, run, Other(runs, run), default))).ToArray())];
        ExperimentResult result = ExperimentResult.Of(plan, results, isPilot: false, "the command");
        DeclaredBudget budget = DeclaredBudget.Of(plan.Arms[0].Scenario);
        Assert.All(result.Arms.SelectMany(arm => arm.Societies), society => Assert.Equal((budget.Attempts, budget.GradientSteps), (society.Spent.Attempts, society.Spent.GradientSteps)));
        Assert.DoesNotContain(result.Remarks, remark => remark.Contains("declared"));
        // Eight replayed texts in each of six steps, beside what carried a signal.
        Assert.All(result.Arms.SelectMany(arm => arm.Societies), society => Assert.True(society.Spent.TrainedTexts >= 48 + Math.Min(society.Spent.SignalTexts, 1), $"{society.Spent}"));
        Assert.All(result.Arms.SelectMany(arm => arm.Societies), society => Assert.Equal(RunVersions.Current()["AgentSociety"], society.Versions["AgentSociety"]));
        Assert.DoesNotContain(result.Remarks, remark => remark.Contains("different versions"));
        Assert.All(result.Arms.SelectMany(arm => arm.Societies), society => Assert.True(society.Model is { Parameters: > 4000 and < 40_000, Characters: true }, $"{society.Model}"));
        Assert.All(result.Arms, arm => Assert.All(arm.Societies, society => Assert.Equal([0, 2, 3], society.Curve.Select(point => point.Round))));
        Assert.All(result.Arms[0].Societies, society => Assert.Null(society.NotesWorth!.Shuffled));
        // Of societies without a page there is nothing to shuffle or to lend.
        Assert.All(result.Arms[1].Societies, society => Assert.Equal((0, null, null), (society.Scratchpad.Pages, society.NotesWorth!.Shuffled, society.NotesWorth.Other)));
        Assert.All(result.Arms.SelectMany(arm => arm.Societies), society => Assert.NotNull(society.NotesWorth!.Truth));
        File.WriteAllText(directory.ResultFile(pilot: false), result.Json());
        Assert.Equal(result.Json(), ExperimentResult.Load(directory.ResultFile(pilot: false)).Json());

        List<SocietyNews> news = [];
        await Runner(plan, news.Add).Run(runs, default);
        Assert.Equal(8, _launched.Count);
        Assert.All(news, each => Assert.Equal(SocietyStage.Done, each.Stage));
    }

    [Theory]
    [InlineData("generations.wipeScratchpadAtRound=3, culture.experimentsPerRound=8")]
    [InlineData("generations.everyRounds=2, generations.inherit=weights, culture.experimentsPerRound=8")]
    public async Task Notes_are_worth_what_newborns_find_of_them(string lives)
    {
        // Newborns of a world that was wiped, or whose dead leave no notes, read what was written since: nothing, or less than all.
        ExperimentPlan plan = _tiny.Plan($"name: wiped\nbase: tiny.yaml\nset: ['{string.Join("', '", TinySociety.Literate)}', learning.stepsPerRound=2, selfPlay.rounds=3, {lives}]\narms: [{{ name: one }}, {{ name: other, set: [selfPlay.temperature=0.9] }}]\nsocieties: 2\npilot: 2\n");
        PlannedRun run = plan.Runs(_tiny.Place, 1)[0];
        await Runner(plan).Run([run], default);
        NotesWorth worth = NotesWorth.Of(plan, run, run, default);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        INotes all = ArchivedNotes.Of(database), found = NotesAccess.After(RunPlan.Of(run.Scenario), database, 3).OfNewborn(3);
        Assert.NotEqual(all.List("").Count, found.List("").Count);
        // With another society's notes where that society is itself: the test that the run had taken.
        Assert.Equal(worth.Own, worth.Other);

        // What cannot be read is taken again.
        string file = Path.Combine(run.Directory.Path, "notes-worth.json"), whole = File.ReadAllText(file);
        File.WriteAllText(file, whole[..(whole.Length / 2)]);
        Assert.Equal(worth, NotesWorth.Of(plan, run, run, default));
        Assert.Equal(whole, File.ReadAllText(file));
    }

    [Fact]
    public async Task Generations_are_judged_by_what_newborns_score_at_birth()
    {
        ExperimentPlan plan = _tiny.Plan(TinyExperiment.Mortal);
        IReadOnlyList<PlannedRun> runs = plan.Runs(_tiny.Place, 1);
        await Runner(plan).Run(runs, default);
        SocietyResult[] results = [.. runs.Select(run => SocietyResult.Of(plan, run, null))];
        foreach (SocietyResult society in results)
        {
            Assert.Equal([(1, 0), (2, 3), (3, 5)], society.Generations.Select(life => (life.Number, life.BornIn)));
            Assert.Equal(society.Generations.Select(life => new RoundValue(life.BornIn, life.FirstScore)), society.Curve);
            Assert.Equal(society.Generations[^1].FirstScore, society.Score);
            Assert.NotNull(society.Ratchet);
        }

        Assert.Equal(results.Select(society => society.Score), runs.Select(run => SocietyResult.ScoreOf(plan, run)));

        // Who inherits everything sits the test of its elders with their weights and their notes.
        Assert.Equal(results[1].Generations.SkipLast(1).Select(life => life.LastScore), results[1].Generations.Skip(1).Select(life => life.FirstScore));
        Assert.All(results[1].Generations.Skip(1), life => Assert.Equal(0, life.RoundsToMatch));
    }

    [Fact]
    public async Task A_society_that_was_stopped_is_resumed_and_what_never_began_is_begun_again()
    {
        ExperimentPlan plan = _tiny.Plan();
        PlannedRun[] runs = [.. plan.Runs(_tiny.Place, 1).Take(2)];
        using CancellationTokenSource halt = new();
        // The first is stopped after a round; of the second there is a folder and no run.
        await RunLauncher.Run(runs[0].Scenario, RunDirectory.Create(runs[0].Directory.Path), new RunOptions(), progress =>
        {
            if (progress.Round == 2) halt.Cancel();
        }, halt.Token);
        Directory.CreateDirectory(runs[1].Directory.Path);
        File.WriteAllText(Path.Combine(runs[1].Directory.Path, "scenario.yaml"), "");
        await Runner(plan).Run(runs, default);
        Assert.Equal(["neither 1 resumed", "culture 1 begun"], _launched);
        Assert.All(runs, run => Assert.Equal(3, ExperimentRunner.RoundsOf(run)));
    }

    [Fact]
    public async Task A_society_that_fails_does_not_end_the_others()
    {
        ExperimentPlan plan = _tiny.Plan();
        PlannedRun[] runs = [.. plan.Runs(_tiny.Place, 1)];
        ConcurrentQueue<SocietyNews> news = [];
        ExperimentRunner runner = new(plan, (run, _, _, _) => run.Arm.Name == "culture" ? throw new SocietyException("no luck", badInput: false) : Task.CompletedTask, 1, news.Enqueue);
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => runner.Run(runs, default));
        Assert.Contains("no luck", failure.Message);
        Assert.Equal(4, news.Count(each => each.Stage == SocietyStage.Failed));
    }

    [Fact]
    public async Task Whatever_a_society_dies_of_the_others_live_and_the_cause_is_kept()
    {
        ExperimentPlan plan = _tiny.Plan();
        PlannedRun[] runs = [.. plan.Runs(_tiny.Place, 1).Take(2)];
        ExperimentRunner runner = new(plan, async (run, resume, played, stop) =>
        {
            if (run == runs[0]) throw new IOException("no space left");
            await Launch(run, resume, played, stop);
        }, 1, static _ => { });
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => runner.Run(runs, default));
        Assert.Contains("IOException: no space left", failure.Message);
        Assert.IsType<IOException>(Assert.Single(Assert.IsType<AggregateException>(failure.InnerException).InnerExceptions));
        Assert.Equal(3, ExperimentRunner.RoundsOf(runs[1]));
    }

    [Fact]
    public async Task A_directory_with_a_run_of_another_scenario_is_refused()
    {
        ExperimentPlan plan = _tiny.Plan();
        PlannedRun run = plan.Runs(_tiny.Place, 1)[0];
        RunDirectory.Create(run.Directory.Path);
        using (SocietyDatabase database = SocietyDatabase.Open(run.Directory.Database))
            new RunRecords(database).Begin(new RunInfo { Name = "other", Scenario = run.Scenario.Yaml, ScenarioHash = "other", Seed = 1, Versions = new Dictionary<string, string>() });
        SocietyException fault = await Assert.ThrowsAsync<SocietyException>(() => Runner(plan).Run([run], default));
        Assert.Contains("holds a run of another scenario", fault.Message);
        Assert.Empty(_launched);
    }

    private static PlannedRun Other(IReadOnlyList<PlannedRun> runs, PlannedRun run) => runs.First(other => other.Arm.Name == run.Arm.Name && other.Seed != run.Seed);

    private ExperimentRunner Runner(ExperimentPlan plan, Action<SocietyNews>? watch = null) => new(plan, Launch, 1, watch ?? (static _ => { }));

    private async Task Launch(PlannedRun run, bool resume, Action<int> played, CancellationToken stop)
    {
        _launched.Enqueue($"{run.Arm.Name} {run.Seed} {(resume ? "resumed" : "begun")}");
        if (resume) await RunLauncher.Resume(run.Directory, new RunOptions(), progress => played(progress.Round), stop);
        else await RunLauncher.Run(run.Scenario, RunDirectory.Create(run.Directory.Path), new RunOptions(), progress => played(progress.Round), stop);
    }
}
