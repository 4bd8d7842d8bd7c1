using System.Diagnostics;
using System.Text.Json;

namespace AgentSociety.Cli.Tests;

/// <summary>The program as a user starts it: what it says, what it leaves behind, and what it tells the shell.</summary>
public sealed class ProgramTests : IDisposable
{
    private const string Tiny = """
        name: tiny
        environment:
          name: hidden-operators
          options: {operators: 4, maximumDifficulty: 6}
        model:
          architecture: {width: 32, layers: 2, heads: 2, keyValueHeads: 1, feedForward: 64, context: 128}
        pretrain: {maximumDifficulty: 2, steps: 60, batch: 32, warmupSteps: 5}
        selfPlay: {enabled: false, rounds: 3, problemsPerRound: 8, attemptsPerProblem: 4, maximumTokens: 60}
        learning: {batch: 16, replayShare: 0.25}
        evaluation: {everyRounds: 2, problemsPerDifficulty: 8, finalProblemsPerDifficulty: 16, difficulties: [1, 2]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("program-").FullName;

    public ProgramTests() => File.WriteAllText(Path.Combine(_folder, "tiny.yaml"), Tiny);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_society_is_run_shown_tested_exported_trained_on_and_shared()
    {
        Said run = await Program("run", "tiny.yaml", "--seed", "3", "--set", "selfPlay.rounds=2", "--threads", "1");
        Assert.True(run.Code == 0, run.ToString());
        Assert.Contains("round 2/2", run.Out);
        Assert.Contains("held-out accuracy", run.Out);
        foreach (string file in (string[])["society.db", "scenario.yaml", "summary.json", "report.html", "checkpoints"]) Assert.True(Path.Exists(At("runs/tiny", file)), file);
        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(At("runs/tiny", "summary.json")));
        Assert.Equal(3, summary.RootElement.GetProperty("seed").GetInt64());
        Assert.Equal(16, summary.RootElement.GetProperty("heldOut").EnumerateArray().Max(result => result.GetProperty("n").GetInt32()));

        Said again = await Program("run", "tiny.yaml");
        Assert.Equal(2, again.Code);
        Assert.Contains("agentsociety resume", again.Error);

        Assert.Contains("tiny", (await Program("runs")).Out);
        Assert.Contains("seed 3", (await Program("show", "tiny")).Out);
        Said test = await Program("eval", "runs/tiny", "--json", "--threads", "1");
        Assert.True(test.Code == 0, test.ToString());
        Assert.Equal(4, JsonDocument.Parse(test.Out).RootElement.GetArrayLength());

        Said export = await Program("export", "tiny", "--format", "trl-grpo", "--out", "data");
        Assert.True(export.Code == 0, export.ToString());
        Assert.Contains("train.jsonl", export.Out);
        Said train = await Program("train", "--from", "tiny", "--method", "imitation", "--base", "tiny", "--out", "models/tuned", "--set", "epochs=1", "--threads", "1");
        Assert.True(train.Code == 0, train.ToString());
        Assert.True(File.Exists(At("models/tuned", "model.safetensors")));
        Said foreign = await Program("eval", "models/tuned", "--scenario", "tiny.yaml", "--set", "evaluation.finalProblemsPerDifficulty=4", "--threads", "1");
        Assert.True(foreign.Code == 0, foreign.ToString());

        Assert.Equal(0, (await Program("culture", "export", "tiny", "pages")).Code);
        Directory.CreateDirectory(At("pages", "notes"));
        File.WriteAllText(At("pages", "notes/welcome.md"), "hello\n");
        Said import = await Program("culture", "import", "tiny", "pages");
        Assert.True(import.Code == 0, import.ToString());
        Assert.Contains("1 pages written", import.Out);
    }

    [Fact]
    public async Task A_past_self_is_frozen_by_eval_and_is_an_opponent_for_other_runs()
    {
        string[] game = ["--set", "environment={name: kuhn-poker, options: {opponent: past-selves}}", "--set", "pretrain.maximumDifficulty=1", "--set", "evaluation.difficulties=[1]", "--set", "selfPlay.rounds=1", "--threads", "1"];
        Said run = await Program(["run", "tiny.yaml", .. game]);
        Assert.True(run.Code == 0, run.ToString());
        Said eval = await Program("eval", "runs/tiny", "--strategy-out", "past-self.json", "--threads", "1");
        Assert.True(eval.Code == 0, eval.ToString());
        Assert.Contains("score/optimal 0.", eval.Out);
        Said against = await Program(["run", "tiny.yaml", .. game, "--set", "environment.options={opponent: frozen, strategy: past-self.json}", "--out", "runs/against"]);
        Assert.True(against.Code == 0, against.ToString());
    }

    [Fact]
    public async Task Ctrl_C_stops_at_a_safe_point_and_resume_ends_the_run()
    {
        if (OperatingSystem.IsWindows()) return;
        using Process process = Start("run", "tiny.yaml", "--set", "selfPlay.rounds=60", "--set", "evaluation.everyRounds=1000", "--plain", "--threads", "1");
        Task<string> error = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains("round 2/60"))
        {
        }

        Task rest = process.StandardOutput.ReadToEndAsync();
        await ProgramProcess.Interrupt(process);
        await process.WaitForExitAsync();
        await rest;
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("go on with: agentsociety resume", await error);

        Said show = await Program("show", "tiny");
        Assert.Contains("of 60 rounds so far", show.Out);
        Said resumed = await Program("resume", "runs/tiny", "--threads", "1");
        Assert.True(resumed.Code == 0, resumed.ToString());
        Assert.Contains("round 60/60", resumed.Out);
        Assert.DoesNotContain("round 1/60", resumed.Out);
    }

    [Fact]
    public async Task A_guard_that_stops_the_run_is_a_failure_to_the_shell()
    {
        Said run = await Program("run", "tiny.yaml", "--set", "guards.stop=true", "--set", "guards.patience=1", "--set", "guards.maximumSilentGroups=0", "--threads", "1");
        Assert.Equal(3, run.Code);
        Assert.Contains("guard", run.Error);
    }

    [Theory]
    [InlineData("error Unrecognized command or argument 'rnu'; did you mean run?", "rnu")]
    [InlineData("error Required argument 'SCENARIO' missing", "run")]
    [InlineData("error missing.yaml: there is no such file; did you mean", "run", "missing.yaml")]
    [InlineData("error --set learning.bach=3: learning.bach: there is no such key; did you mean batch?", "validate", "tiny.yaml", "--set", "learning.bach=3")]
    [InlineData("error device 'tpu' is unknown", "run", "tiny.yaml", "--device", "tpu")]
    [InlineData("error device 'cuda:-1' is unknown; use auto, cpu, cuda or cuda:N", "run", "tiny.yaml", "--device", "cuda:-1")]
    [InlineData("error nowhere: there is no such run", "show", "nowhere")]
    [InlineData("error nowhere: there is no such folder", "runs", "nowhere")]
    [InlineData("error there is no environment 'arithmetics'; did you mean arithmetic?", "env", "test", "arithmetics")]
    [InlineData("error --threads needs a whole number from 1 to 1024, not '0'", "run", "tiny.yaml", "--threads", "0")]
    public async Task Bad_input_is_one_line_and_exit_code_2(string says, params string[] arguments)
    {
        Said said = await Program(arguments);
        Assert.Equal(2, said.Code);
        Assert.StartsWith(says.Replace("missing.yaml: there is no such file; did you mean", "missing.yaml: there is no such file"), said.Error);
        Assert.Equal("", said.Out);
        Assert.DoesNotContain("   at ", said.Error);
        Assert.False(Directory.Exists(At("", "runs")));
    }

    [Fact]
    public async Task Before_the_first_run_there_are_none_to_list()
    {
        Said said = await Program("runs");
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.StartsWith("There are no runs yet; 'agentsociety run", said.Out);
    }

    [Fact]
    public async Task A_run_that_cannot_begin_leaves_no_directory_behind()
    {
        Said first = await Program("run", "tiny.yaml", "--threads", "1", "--set", "selfPlay.rounds=1");
        Assert.True(first.Code == 0, first.Error);
        File.WriteAllText(At("runs", "tiny/checkpoints/round-1/model.safetensors"), "no tensors");
        Said said = await Program("run", "tiny.yaml", "--threads", "1", "--set", "model.base=runs/tiny/checkpoints/round-1", "--out", "runs/second");
        Assert.Equal(2, said.Code);
        Assert.StartsWith("error ", said.Error);
        Assert.False(Directory.Exists(At("runs", "second")));
        Assert.True(Directory.Exists(At("runs", "tiny")));
    }

    [Fact]
    public async Task Every_fault_of_a_scenario_is_said_and_the_trace_only_where_it_is_asked_for()
    {
        File.WriteAllText(At("", "bad.yaml"), "name: bad\nenvironment: {name: arithmetic}\nlearning: {bach: 1}\nseeds: 3\n");
        Said said = await Program("validate", "bad.yaml");
        Assert.Equal(2, said.Code);
        Assert.Equal(
            ["error bad.yaml:3:12: learning.bach: there is no such key; did you mean batch?", "error bad.yaml:4:1: seeds: there is no such key; did you mean seed?"],
            said.Error.Trim().Split('\n'));
        Assert.Contains("   at AgentSociety", (await Program("validate", "bad.yaml", "--verbose")).Error);
    }

    [Fact]
    public async Task Results_for_programs_are_written_as_they_are()
    {
        Said schema = await Program("schema");
        Assert.Equal("AgentSociety scenario", JsonDocument.Parse(schema.Out).RootElement.GetProperty("title").GetString());
        Said resolved = await Program("validate", "tiny.yaml", "--resolved");
        File.WriteAllText(At("", "again.yaml"), resolved.Out);
        Assert.Equal(resolved.Out, (await Program("validate", "again.yaml", "--resolved")).Out);
        Said list = await Program("env", "list");
        Assert.Contains("hidden-operators", list.Out);
        Said test = await Program("env", "test", "arithmetic", "--set", "operations=+-");
        Assert.Equal(0, test.Code);
    }

    private string At(string folder, string file) => Path.Combine(_folder, folder, file);

    private async Task<Said> Program(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Said(process.ExitCode, await output, await error);
    }

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo program = ProgramProcess.With(arguments);
        program.WorkingDirectory = _folder;
        program.RedirectStandardInput = true;
        return Process.Start(program)!;
    }

    private sealed record Said(int Code, string Out, string Error);
}
