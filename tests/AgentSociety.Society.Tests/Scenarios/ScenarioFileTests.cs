using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments.DataSets;
using AgentSociety.Environments.Operators;
using CsCheck;

namespace AgentSociety.Society.Tests.Scenarios;

public sealed class ScenarioFileTests
{
    private const string Small = """
        name: small
        environment:
          name: hidden-operators
          options:
            operators: 4
        learning:
          batch: 32
          advantage: leave-one-out
        """;

    [Fact]
    public void What_a_file_says_is_taken_and_the_rest_are_the_records_own_defaults()
    {
        LoadedScenario loaded = ScenarioFile.Parse(Small, "small.yaml");
        Assert.Equal("small", loaded.Scenario.Name);
        Assert.Equal(32, loaded.Scenario.Learning.Batch);
        Assert.Equal(AdvantageEstimator.LeaveOneOut, loaded.Scenario.Learning.Advantage);
        Assert.Equal(new LearningSettings().LearningRate, loaded.Scenario.Learning.LearningRate);
        Assert.Equal(new SelfPlaySettings(), loaded.Scenario.SelfPlay);
        HiddenOperatorsOptions options = Assert.IsType<HiddenOperatorsOptions>(loaded.EnvironmentOptions);
        Assert.Equal(new HiddenOperatorsOptions { Operators = 4 }, options);
        Assert.Same(options, loaded.Scenario.Environment.Options);
        Assert.Null(loaded.BaseFolder);
    }

    [Fact]
    public void The_resolved_text_gives_the_same_scenario_again_with_the_same_hash()
    {
        LoadedScenario loaded = ScenarioFile.Parse(Small, "small.yaml", ["population=[{role: solver, count: 3, adapter: agent}, {role: proposer}]", "description='it''s \"5: # x'"]);
        LoadedScenario again = ScenarioFile.Parse(loaded.Yaml, "again.yaml");
        Assert.Equal(loaded.Yaml, again.Yaml);
        Assert.Equal(loaded.Hash, again.Hash);
        Assert.Equal("it's \"5: # x", again.Scenario.Description);
        Assert.Equal([new PopulationSettings { Role = Role.Solver, Count = 3, Adapter = AdapterSharing.Agent }, new PopulationSettings { Role = Role.Proposer }], again.Scenario.Population);
        Assert.Contains("positionSlack: 0", loaded.Yaml);
    }

    [Fact]
    public void Any_text_survives_the_resolved_file() => Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
    {
        string yaml = SettingsText.Write(new Scenario { Name = "n", Description = text, Environment = new EnvironmentSettings { Name = "arithmetic" } });
        Assert.Equal(text, ScenarioFile.Parse(yaml, "any.yaml").Scenario.Description);
    }, iter: 300);

    [Fact]
    public void Any_number_survives_the_resolved_file() => Gen.Double[0, 1].Sample(rate =>
    {
        LoadedScenario loaded = ScenarioFile.Parse(Small, "small.yaml", [$"learning.learningRate={rate:R}"]);
        Assert.Equal(rate, ScenarioFile.Parse(loaded.Yaml, "again.yaml").Scenario.Learning.LearningRate);
    }, iter: 100);

    [Fact]
    public void Overrides_set_keys_make_sections_and_reach_into_lists_and_their_defaults()
    {
        Scenario scenario = ScenarioFile.Parse(Small, "small.yaml",
            ["selfPlay.rounds=3", "population.1.count=7", "population[0].count=1", "evaluation.difficulties=[2, 4]", "environment.options.operators=9", "environment.options.maximumDifficulty=5"], seed: 42).Scenario;
        Assert.Equal(3, scenario.SelfPlay.Rounds);
        Assert.Equal([(Role.Proposer, 1), (Role.Solver, 7)], scenario.Population.Select(agents => (agents.Role, agents.Count)));
        Assert.Equal([2, 4], scenario.Evaluation.Difficulties);
        Assert.Equal(new HiddenOperatorsOptions { Operators = 9, MaximumDifficulty = 5 }, scenario.Environment.Options);
        Assert.Equal(42, scenario.Seed);
    }

    [Fact]
    public void All_faults_are_reported_at_once_each_with_its_place_and_a_way_out() => Says("""
        name: no good
        seed: -1
        enviroment:
          name: arithmetic
        environment:
          name: arithmatic
        learning:
          bach: 3
          learningRate: fast
          advantage: group-normalized
          batch: "12"
          enabled: yes
        population:
          - role: solvr
          - count: 0
            role: solver
        evaluation:
          difficulties: 3
        model: [1]
        """,
        "s.yaml:1:7: name: is 'no good', which does not match ^[A-Za-z0-9][A-Za-z0-9-]*$",
        "s.yaml:2:7: seed: is -1, and must be 0 or more",
        "s.yaml:3:1: enviroment: there is no such key; did you mean environment?",
        "s.yaml:6:9: environment.name: there is no environment 'arithmatic'; did you mean arithmetic?",
        "s.yaml:8:3: learning.bach: there is no such key; did you mean batch?",
        "s.yaml:9:17: learning.learningRate: needs a number, not 'fast'",
        "s.yaml:10:14: learning.advantage: 'group-normalized' is none of its values; did you mean group-normalised?",
        "s.yaml:11:10: learning.batch: needs a whole number, not the text \"12\"; remove the quotes",
        "s.yaml:12:12: learning.enabled: needs true or false, not 'yes'; did you mean true?",
        "s.yaml:14:11: population[0].role: 'solvr' is none of its values; did you mean solver?",
        "s.yaml:15:12: population[1].count: is 0, and must be from 1 to 1000",
        "s.yaml:18:17: evaluation.difficulties: needs a list, not '3'; write [3]",
        "s.yaml:19:8: model: needs keys with values, not a list; its keys are base, architecture");

    [Theory]
    [InlineData("name: a\nname: b\nenvironment: {name: arithmetic}", "s.yaml:2:1: name: the key stands here for the second time, after s.yaml:1:1; remove one")]
    [InlineData("name: a\nname: b\nenvironment: {name: arithmetic}\nlearning: {bach: 1}\nlearning: {bach: 2}\nseed: -1", "s.yaml:2:1: name: the key stands here for the second time, after s.yaml:1:1; remove one", "s.yaml:4:12: learning.bach: there is no such key; did you mean batch?", "s.yaml:5:1: learning: the key stands here for the second time, after s.yaml:4:1; remove one", "s.yaml:6:7: seed: is -1, and must be 0 or more")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nseed: *a\nlearning: {bach: 1}", "s.yaml:3:7: seed: aliases are not used in scenarios; write the value of *a out")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nculture: {shown: placebo, placeboDatabase: nothere.db}", "s.yaml:3:44: culture.placeboDatabase: there is no file nothere.db beside the scenario; name another run's society.db")]
    [InlineData("name: a\nenvironment: {name: data-set, options: {levels: 3, path: /nothere.jsonl}}", "s.yaml:2:58: environment.options.path: environment 'data-set': there is no file /nothere.jsonl")]
    [InlineData("name: a\nenvironment: {name: plugin, options: {type: A.B, assembly: /nothere.dll}}", "s.yaml:2:60: environment.options.assembly: environment 'plugin': there is no file /nothere.dll; build the class library first")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nlearning: {klWeight: 0.1, klEstimator: k1}", "s.yaml:3:40: learning.klEstimator: is k1, whose expected gradient is zero: it would add noise and hold nobody to the base model; use k3 or k2, or set klWeight to 0")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nlearning: {method: dpo, stepCredit: 1}\nselfPlay: {attemptsPerProblem: 1}", "s.yaml:3:20: learning.method: is dpo, which compares attempts at one problem, and selfPlay.attemptsPerProblem is 1; set it to 2 or more", "s.yaml:3:37: learning.stepCredit: belongs to the policy gradient, and learning.method is dpo; set it to 0")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nlearning: {method: spin, solverEntropy: 0.1, entropyFloor: 0.2, proposerEntropy: 0.3}", "s.yaml:3:41: learning.solverEntropy: rewards entropy, which spin does not; leave it out", "s.yaml:3:60: learning.entropyFloor: rewards entropy, which spin does not; leave it out", "s.yaml:3:82: learning.proposerEntropy: rewards entropy, which spin does not; leave it out")]
    [InlineData("name: a", "s.yaml:1:1: environment: is missing and has no default")]
    [InlineData("", "s.yaml: the file is empty; begin with name: and environment: (docs/scenarios.md)")]
    [InlineData("- a", "s.yaml:1:1: a scenario is keys with values, not a list")]
    [InlineData("name: a\nenvironment: {name: data-set}", "s.yaml:2:14: environment.options.path: is missing and has no default")]
    [InlineData("name: &x a\nenvironment: {name: arithmetic}", "s.yaml:1:7: name: anchors are not used in scenarios; remove &x")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\n---\nname: b", "s.yaml:3:1: a second document begins here; a scenario is one document")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nmodel: {base: nowhere/at-all}", "s.yaml:3:15: model.base: there is no folder nowhere/at-all beside the scenario; name a checkpoint's folder, or leave the key out to train a base model first")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nmodel: {architecture: {width: 100, heads: 8, keyValueHeads: 3}}", "s.yaml:3:43: model.architecture.heads: 8 heads do not divide a width of 100", "s.yaml:3:61: model.architecture.keyValueHeads: 3 key-value heads do not divide 8 heads")]
    [InlineData("name: a\nenvironment: {name: arithmetic, options: {maximumDifficulty: 5}}\nevaluation: {difficulties: [1, 6]}", "s.yaml:3:32: evaluation.difficulties[1]: is 6, and the difficulties of arithmetic go from 1 to 5")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nselfPlay: {proposer: {reward: learnabilty}}", "s.yaml:3:31: selfPlay.proposer.reward: 'learnabilty' is none of its values; did you mean learnability?")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\npopulation: [{role: proposer}]", "s.yaml:3:13: population: has no solver; add - {role: solver, count: 4}")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nculture: {readFirst: true, shown: stale}", "s.yaml:3:22: culture.readFirst: asks that pages are read before they are added to, and culture.shown is stale, under which pages that stand are not read as they are; set one of the two otherwise")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nculture: {sharing: groups, groups: 100}", "s.yaml:3:36: culture.groups: is 100, and there are 6 agents; lower it")]
    [InlineData("name: a\nenvironment: {name: arithmetic}\nculture: {sharedNamespaces: [skills, elsewhere]}", "s.yaml:3:29: culture.sharedNamespaces: holds 'elsewhere', which is no namespace that can be shared; these are: notes, skills, books, problems, talk")]
    public void A_fault_names_its_place(string yaml, params string[] lines) => Says(yaml, lines);

    [Fact]
    public void Files_that_options_name_are_found_beside_the_scenario_and_from_the_runs_own_copy()
    {
        string folder = Directory.CreateTempSubdirectory("scenarios-").FullName, data = Path.Combine(folder, "questions.jsonl");
        File.WriteAllLines(data, Enumerable.Range(1, 20).Select(number => $$"""{"question": "{{number}}+1", "answer": "#### {{number + 1}}"}"""));
        LoadedScenario loaded = ScenarioFile.Parse("name: a\nenvironment: {name: data-set, options: {path: questions.jsonl}}\nevaluation: {difficulties: [1, 2]}", Path.Combine(folder, "s.yaml"));
        Assert.Equal(data, Assert.IsType<DataSetOptions>(loaded.EnvironmentOptions).Path);
        LoadedScenario again = ScenarioFile.OfRun(loaded.Yaml, Path.Combine(folder, "runs", "a", "scenario.yaml"));
        Assert.Equal((loaded.Hash, loaded.EnvironmentOptions), (again.Hash, again.EnvironmentOptions));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("name: a\nenvironment: {name: arithmetic\nseed: 1", "s.yaml:2:")]
    [InlineData("name: a\n  seed: 1", "s.yaml:2:")]
    [InlineData("name: 'a", "s.yaml:1:")]
    [InlineData("name: a\n\tseed: 1", "s.yaml:2:")]
    public void Broken_syntax_is_one_fault_with_its_place(string yaml, string place)
    {
        SocietyException failure = Assert.Throws<SocietyException>(() => ScenarioFile.Parse(yaml, "s.yaml"));
        Assert.StartsWith(place, failure.Message);
        Assert.Contains("this is no YAML: ", failure.Message);
        Assert.DoesNotContain("\n", failure.Message);
    }

    [Theory]
    [InlineData("learning.bach=3", "--set learning.bach=3: learning.bach: there is no such key; did you mean batch?")]
    [InlineData("learning.batch=many", "--set learning.batch=many: learning.batch: needs a whole number, not 'many'")]
    [InlineData("learning.batch", "--set learning.batch: write it as path.to.key=value")]
    [InlineData("population[5].count=1", "--set population[5].count=1: population[5].count: population is a list of 2; '5' must be from 0 to 2, where 2 adds one")]
    [InlineData("name.first=x", "--set name.first=x: name.first: name is 'small' and has no 'first'")]
    public void A_fault_of_an_override_names_the_override(string text, string line)
    {
        SocietyException failure = Assert.Throws<SocietyException>(() => ScenarioFile.Parse(Small, "s.yaml", [text]));
        Assert.Equal(line, failure.Message);
    }

    [Fact]
    public void A_file_that_unfolds_or_never_ends_is_refused()
    {
        string bomb = "a: &a [x, x]\n" + string.Concat(Enumerable.Range(0, 30).Select(level => $"b{level}: &b{level} [*a, *a]\n"));
        Assert.Contains("anchors are not used", Assert.Throws<SocietyException>(() => ScenarioFile.Parse(bomb, "s.yaml")).Message);
        Assert.Contains("nested deeper", Assert.Throws<SocietyException>(() => ScenarioFile.Parse("name: " + new string('[', 5_000), "s.yaml")).Message);
        Assert.Contains("at most", Assert.Throws<SocietyException>(() => ScenarioFile.Parse("description: " + new string('x', 2_000_000), "s.yaml")).Message);
    }

    [Fact]
    public void No_text_makes_the_reader_throw_anything_else()
    {
        string[] pieces = ["name", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "\"", "'", "#", "&a ", "*a", "!x ", "|", ">", "?", "%", "@", "\t", "environment", "arithmetic", "learning", "1", "null", "---", "\u0000", "é"];
        Gen.Int[0, pieces.Length - 1].Array[0, 30].Select(chosen => string.Concat(chosen.Select(index => pieces[index]))).Sample(yaml =>
        {
            try
            {
                ScenarioFile.Parse(yaml, "s.yaml");
            }
            catch (SocietyException failure)
            {
                Assert.All(failure.Message.Split('\n'), line => Assert.StartsWith("s.yaml", line));
            }
        }, iter: 5_000);
    }

    [Fact]
    public void A_missing_file_names_the_nearest_one()
    {
        string folder = Directory.CreateTempSubdirectory("scenarios-").FullName;
        File.WriteAllText(Path.Combine(folder, "first-society.yaml"), Small);
        string path = Path.Combine(folder, "frist-society.yaml");
        Assert.Equal($"{path}: there is no such file; did you mean {Path.Combine(folder, "first-society.yaml")}?", Assert.Throws<SocietyException>(() => ScenarioFile.Load(path)).Message);
        Assert.Equal("small", ScenarioFile.Load(Path.Combine(folder, "first-society.yaml")).Scenario.Name);
        File.WriteAllBytes(Path.Combine(folder, "bytes.yaml"), [0x61, 0xc3, 0x28]);
        Assert.Contains("cannot be read as text", Assert.Throws<SocietyException>(() => ScenarioFile.Load(Path.Combine(folder, "bytes.yaml"))).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_base_model_is_found_beside_the_scenario_and_a_run_says_where_its_own_is()
    {
        string folder = Directory.CreateTempSubdirectory("scenarios-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "bases", "operators"));
        File.WriteAllText(Path.Combine(folder, "bases", "operators", "config.json"), "{}");
        string path = Path.Combine(folder, "s.yaml");
        File.WriteAllText(path, Small + "\nmodel: {base: bases/operators}");
        LoadedScenario loaded = ScenarioFile.Load(path);
        Assert.Equal(Path.Combine(folder, "bases", "operators"), loaded.BaseFolder);
        Assert.Equal(loaded.Hash, ScenarioFile.OfRun(loaded.Yaml, "runs/x/scenario.yaml").Hash);
        Assert.Contains("did you mean bases/operators?", Assert.Throws<SocietyException>(() => ScenarioFile.Load(path, ["model.base=bases/operatros"])).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_notes_of_another_society_are_asked_for_where_they_are_shown_and_until_the_run_has_taken_them()
    {
        string[] unshown = ["culture.placeboDatabase=nothere.db"], shown = [.. unshown, "culture.shown=placebo"];
        Assert.Equal("nothere.db", ScenarioFile.Parse(Small, "s.yaml", unshown).Scenario.Culture.PlaceboDatabase);
        Assert.Throws<SocietyException>(() => ScenarioFile.Parse(Small, "s.yaml", shown));
        string folder = Directory.CreateTempSubdirectory("scenarios-").FullName, file = Path.Combine(folder, "s.yaml");
        File.WriteAllText(Path.Combine(folder, "nothere.db"), "");
        LoadedScenario loaded = ScenarioFile.Parse(Small, file, shown);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(loaded.Hash, ScenarioFile.OfRun(loaded.Yaml, file).Hash);
    }

    private static void Says(string yaml, params string[] lines)
    {
        SocietyException failure = Assert.Throws<SocietyException>(() => ScenarioFile.Parse(yaml, "s.yaml"));
        Assert.Equal(lines, failure.Message.Split('\n'));
        Assert.True(failure.BadInput);
    }
}
