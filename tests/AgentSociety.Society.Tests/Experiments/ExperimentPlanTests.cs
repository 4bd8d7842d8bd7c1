using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society.Tests;

public sealed class ExperimentPlanTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Two_factors_are_four_arms()
    {
        ExperimentPlan plan = _tiny.Plan();
        Assert.Equal(["neither", "culture", "self-play", "culture-and-self-play"], plan.Arms.Select(arm => arm.Name));
        Assert.Equal([(Sharing.Private, false), (Sharing.Shared, false), (Sharing.Private, true), (Sharing.Shared, true)],
            plan.Arms.Select(arm => (arm.Scenario.Scenario.Culture.Sharing, arm.Scenario.Scenario.SelfPlay.Enabled)));
        Assert.All(plan.Arms, arm => Assert.Equal(2, arm.Scenario.Scenario.Learning.StepsPerRound));
    }

    [Fact]
    public void Every_experiment_that_is_shipped_can_be_run()
    {
        Dictionary<string, int> arms = Directory.EnumerateFiles(Path.Combine(TinySociety.Repository(), "scenarios", "experiments"), "*.yaml").Where(file => File.ReadAllText(file).Contains("\nbase:"))
            .Select(ExperimentPlan.Load).ToDictionary(plan => plan.Settings.Name, plan => plan.Arms.Count);
        Assert.Equal(new Dictionary<string, int> { ["culture-x-selfplay"] = 4, ["generations"] = 4, ["process-credit"] = 5, ["retrospective-credit"] = 3 }, arms);
    }

    [Fact]
    public void What_is_declared_is_hashed_with_the_weights_that_societies_begin_with()
    {
        string model = Directory.CreateDirectory(Path.Combine(_tiny.Place, "..", "model")).FullName;
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "one");
        string yaml = TinyExperiment.Crossed.Replace("stepsPerRound=2", $"stepsPerRound=2, model.base={model}"), hash = _tiny.Plan(yaml).Hash;
        Assert.Equal(hash, _tiny.Plan(yaml).Hash);
        File.WriteAllText(Path.Combine(model, "model.safetensors"), "two");
        Assert.NotEqual(hash, _tiny.Plan(yaml).Hash);
    }

    [Fact]
    public void Societies_go_seed_by_seed_and_share_their_seed_across_arms()
    {
        IReadOnlyList<PlannedRun> runs = _tiny.Plan(TinyExperiment.Crossed + "\nfirstSeed: 7\n").Runs("out", 2);
        Assert.Equal([7, 7, 7, 7, 8, 8, 8, 8], runs.Select(run => run.Seed));
        Assert.All(runs, run => Assert.Equal(run.Seed, run.Scenario.Scenario.Seed));
        Assert.Equal(8, runs.Select(run => run.Directory.Path).Distinct().Count());
        Assert.Equal(8, runs.Select(run => run.Scenario.Hash).Distinct().Count());
    }

    [Fact]
    public void What_is_declared_is_hashed_with_the_scenarios_of_the_arms()
    {
        string hash = _tiny.Plan().Hash;
        Assert.Equal(hash, _tiny.Plan().Hash);
        Assert.NotEqual(hash, _tiny.Plan(TinyExperiment.Crossed.Replace("societies: 2", "societies: 3")).Hash);
        Assert.NotEqual(hash, _tiny.Plan(TinyExperiment.Crossed.Replace("stepsPerRound=2", "stepsPerRound=3")).Hash);
    }

    [Theory]
    [InlineData("{ name: a, set: [learning.seed=1] }", "arm 'a'", "there is no such key")]
    [InlineData("{ name: a, set: [selfPlay.rounds=4] }", "arm 'a' has 48 attempts", "'control' has 36")]
    [InlineData("{ name: a, set: [learning.stepsPerRound=3] }", "arm 'a' has 9 gradient steps", "'control' has 6")]
    [InlineData("{ name: a, set: [learning.stepsPerRound=0] }", "depends on how many episodes carry a signal")]
    [InlineData("{ name: a, set: [selfPlay.topUp=false] }", "depends on how many proposals are valid")]
    [InlineData("{ name: a, set: [pretrain.steps=13] }", "texts of pretraining")]
    [InlineData("{ name: a, set: [learning.enabled=false] }", "arm 'a' has 0 gradient steps")]
    [InlineData("{ name: a, set: [consolidation.everyRounds=2] }", "arm 'a' has another consolidation than 'control'", "mayDiffer: [consolidation]")]
    [InlineData("{ name: a, set: [learning.retrospectiveCredit=1] }", "another learning.retrospectiveCredit")]
    [InlineData("{ name: a, set: [culture.experimentsPerRound=9] }", "another culture.experimentsPerRound")]
    [InlineData("{ name: a, set: [culture.admission=gate] }", "another culture.admission than 'control'", "mayDiffer: [culture.admission]")]
    [InlineData("{ name: a, set: ['population=[{role: proposer}, {role: solver, count: 9}]'] }", "another population")]
    [InlineData("{ name: a, set: [selfPlay.proposalsPerRound=24] }", "another selfPlay.proposalsPerRound")]
    [InlineData("{ name: a, set: [selfPlay.rounds=6, selfPlay.problemsPerRound=2, learning.stepsPerRound=1] }", "another selfPlay.rounds")]
    [InlineData("{ name: a, set: [evaluation.everyRounds=1] }", "another evaluation.everyRounds")]
    [InlineData("{ name: a, set: [guards.probeProblems=99] }", "another guards.probeProblems")]
    [InlineData("{ name: a, set: ['judge={remote: {endpoint: \"http://127.0.0.1:1\", model: m}}'] }", "another judge")]
    [InlineData("{ name: a, set: [learning.klWeight=0.1] }", "another learning.klWeight")]
    [InlineData("{ name: a, set: [learning.method=dpo, learning.stepCredit=0] }", "another learning.method", "another learning.pairsPerGroup")]
    [InlineData("{ name: a, set: [learning.method=spin, learning.stepCredit=0] }", "another learning.method")]
    [InlineData("{ name: a, set: [learning.epochs=2, learning.stepsPerRound=1] }", "another learning.epochs")]
    [InlineData("{ name: a, set: [learning.replayShare=0] }", "arm 'a': a round in which nothing carries a signal takes no gradient step", "set learning.replayShare above 0")]
    [InlineData("{ name: a, set: [learning.replayShare=0.001] }", "it leaves no text")]
    [InlineData("{ name: a, set: [learning.weights=lora] }", "another learning.weights", "another learning.lora")]
    [InlineData("{ name: a, set: [model.architecture.width=64] }", "another model.architecture")]
    [InlineData("{ name: a, set: [environment.options.operators=4] }", "another environment")]
    [InlineData("{ name: a, set: [pretrain.proposalShare=0] }", "another pretrain")]
    [InlineData("{ name: a, set: [evaluation.solvedAt=0.3] }", "arm 'a' is tested in another way")]
    [InlineData("{ name: a, set: ['evaluation.difficulties=[1, 2]'] }", "3 is not tested in arm 'a'")]
    [InlineData("{ name: control, set: [selfPlay.temperature=2] }", "two arms are called 'control'")]
    [InlineData("{ name: a }", "are the same scenario")]
    [InlineData("{ name: a/b }", "does not match")]
    public void Arms_that_cannot_be_compared_are_refused_with_the_reason(string arm, params string[] reasons)
    {
        string yaml = $"""
            name: refused
            base: tiny.yaml
            set: [learning.stepsPerRound=2]
            arms:
              - name: control
              - {arm}
            societies: 3
            metric:
              difficulties: [3]
            """;
        SocietyException fault = Assert.Throws<SocietyException>(() => _tiny.Plan(yaml));
        Assert.True(fault.BadInput);
        Assert.All(reasons, reason => Assert.Contains(reason, fault.Message));
    }

    [Fact]
    public void What_an_experiment_asks_about_may_differ_where_its_file_says_so()
    {
        ExperimentPlan Sleeping(string mayDiffer) => _tiny.Plan($"name: sleep\nbase: tiny.yaml\nset: [learning.stepsPerRound=2]\narms: [{{ name: awake }}, {{ name: asleep, set: [consolidation.everyRounds=2, culture.experimentsPerRound=9] }}]\nsocieties: 3\nmayDiffer: {mayDiffer}\n");
        Assert.Equal(2, Sleeping("[consolidation, culture.experimentsPerRound]").Arms.Count);
        SocietyException half = Assert.Throws<SocietyException>(() => Sleeping("[culture.experimentsPerRound]"));
        Assert.Contains("another consolidation", half.Message);
        Assert.DoesNotContain("another culture", half.Message);
        Assert.Contains("did you mean consolidation?", Assert.Throws<SocietyException>(() => Sleeping("[consolidaton]")).Message);
        // A sleep that never comes is none.
        Assert.Equal(2, _tiny.Plan("name: sleep\nbase: tiny.yaml\nset: [learning.stepsPerRound=2]\narms: [{ name: awake }, { name: later, set: [consolidation.everyRounds=9] }]\nsocieties: 3\n").Arms.Count);
    }

    [Fact]
    public void What_costs_nothing_may_differ_and_what_is_switched_off_costs_nothing()
    {
        ExperimentPlan Two(string set, string mayDiffer = "[]") => _tiny.Plan($"name: free\nbase: tiny.yaml\nset: [learning.stepsPerRound=2]\narms: [{{ name: one }}, {{ name: other, set: [{set}] }}]\nsocieties: 3\nmayDiffer: {mayDiffer}\n");
        foreach (string set in (string[])["selfPlay.temperature=1.2", "culture.shown=titles", "learning.advantage=task", "selfPlay.proposer.optimism=1", "generations.everyRounds=1", "culture.admissionPairsPerRound=64", "culture.books.chapters=3", "selfPlay.problemsPerRound=2, selfPlay.attemptsPerProblem=6"])
            Assert.Equal(2, Two(set).Arms.Count);
        // Without preferences their pairs are none; another gradient on the same texts costs the same.
        Assert.Equal(2, Two("learning.pairsPerGroup=64, learning.method=rejection-sampling").Arms.Count);
        ExperimentPlan Preferring(string set) => _tiny.Plan($"name: pairs\nbase: tiny.yaml\nset: [learning.stepsPerRound=2, learning.stepCredit=0, learning.method=dpo]\narms: [{{ name: one }}, {{ name: other, set: [{set}] }}]\nsocieties: 3\n");
        Assert.Equal(2, Preferring("learning.method=spin, learning.beta=1").Arms.Count);
        Assert.Contains("another learning.pairsPerGroup", Assert.Throws<SocietyException>(() => Preferring("learning.pairsPerGroup=64")).Message);
        Assert.Equal(2, Two("selfPlay.proposalsPerRound=24", "[selfPlay.proposalsPerRound]").Arms.Count);
        Assert.Contains("need not be named", Assert.Throws<SocietyException>(() => Two("selfPlay.temperature=1.2", "[selfPlay.temperature]")).Message);
        Assert.Contains("another selfPlay.rounds", Assert.Throws<SocietyException>(() => Two("selfPlay.rounds=6, selfPlay.problemsPerRound=2, learning.stepsPerRound=1")).Message);
    }

    [Theory]
    [InlineData("base: tiny.yaml", "base: tinny.yaml", "tiny.yaml?")]
    [InlineData("societies: 2", "societys: 2", "did you mean societies?")]
    [InlineData("pilot: 2", "pilot: 5", "pilot: is 5, and there are 2 societies")]
    [InlineData("factors:", "arms: [{ name: a }]\nfactors:", "has both factors and arms")]
    public void A_file_is_read_as_strictly_as_a_scenario(string from, string to, string reason) =>
        Assert.Contains(reason, Assert.Throws<SocietyException>(() => _tiny.Plan(TinyExperiment.Crossed.Replace(from, to))).Message);

    [Theory]
    [InlineData("generations.everyRounds=3", "true", "ratchet: arm 'neither' has fewer than three generations")]
    [InlineData("generations.everyRounds=0", "true", "ratchet: arm 'neither' has fewer than three generations")]
    [InlineData("generations.everyRounds=0", "false", "metric.kind: first-score is that of the last generation, and nobody dies in arm 'neither'")]
    public void Generations_that_cannot_be_measured_are_refused_with_the_reason(string setting, string ratchet, string reason)
    {
        string yaml = TinyExperiment.Mortal.Replace("generations.everyRounds=2", setting).Replace("ratchet: true", $"ratchet: {ratchet}");
        Assert.Contains(reason, Assert.Throws<SocietyException>(() => _tiny.Plan(yaml)).Message);
    }

    [Theory]
    [InlineData("{ kind: frontier, difficulties: [3] }", "metric.difficulties: frontier is taken over all difficulties")]
    [InlineData("{ kind: frontier, reading: false }", "metric.reading: frontier is that of newborns who read")]
    [InlineData("{ kind: first-score, difficulties: [3] }", "metric.difficulties: first-score is taken over all")]
    public void What_a_metric_does_not_heed_is_refused(string metric, string reason) =>
        Assert.Contains(reason, Assert.Throws<SocietyException>(() => _tiny.Plan(TinyExperiment.Mortal.Replace("{ kind: first-score }", metric))).Message);

    [Theory]
    [InlineData("{ difficulties: [2, 3] }", "[1, 2, 3]", 0.5)] // sqrt(1/4 / 8): four problems at each of two difficulties
    [InlineData("{ kind: frontier }", "[1, 2, 3]", 0.5)]
    [InlineData("{ kind: frontier }", "[1, 3, 5]", 1)]
    public void Societies_of_a_pilot_that_agree_count_as_far_apart_as_their_test_is_coarse(string metric, string difficulties, double deviation)
    {
        ExperimentPlan plan = _tiny.Plan(TinyExperiment.Crossed.Replace("{ difficulties: [2, 3] }", metric).Replace("stepsPerRound=2", $"stepsPerRound=2, 'evaluation.difficulties={difficulties}'"));
        Assert.Equal(metric.Contains("frontier") ? deviation : deviation / Math.Sqrt(8), plan.Metric.LeastDeviation(plan), 12);
    }

    [Fact]
    public void Scores_at_birth_are_as_noisy_as_the_test_that_births_sit()
    {
        // Three problems at each of three difficulties at birth, and four in the last test.
        ExperimentPlan plan = _tiny.Plan(TinyExperiment.Mortal);
        Assert.Equal(0.5 / 3, plan.Metric.LeastDeviation(plan), 12);
        Assert.Equal(0.5 / 3, GenerationMetrics.Tolerance(plan.Arms[0].Scenario.Scenario.Evaluation), 12);
    }

    [Fact]
    public void A_declared_experiment_is_not_changed_on_the_way()
    {
        ExperimentDirectory directory = new(_tiny.Place);
        directory.Declare(_tiny.Plan());
        directory.Declare(_tiny.Plan());
        SocietyException fault = Assert.Throws<SocietyException>(() => directory.Declare(_tiny.Plan(TinyExperiment.Crossed.Replace("societies: 2", "societies: 12"))));
        Assert.Contains("a declared experiment is not changed on the way", fault.Message);
    }

    [Fact]
    public void A_directory_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(_tiny.Place);
        File.WriteAllText(Path.Combine(_tiny.Place, "thesis.txt"), "");
        Assert.Contains("is no experiment", Assert.Throws<SocietyException>(() => new ExperimentDirectory(_tiny.Place).Declare(_tiny.Plan())).Message);
    }
}
