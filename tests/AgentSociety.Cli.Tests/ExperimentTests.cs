using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using AgentSociety.Cli.Reports;
using AgentSociety.Society;

namespace AgentSociety.Cli.Tests;

/// <summary>An experiment from its file to its report: by the command, and its files byte by byte.</summary>
public sealed partial class ExperimentTests : IDisposable
{
    private const string Scenario = """
        name: tiny
        environment:
          name: hidden-operators
          options: { operators: 3, maximumDifficulty: 5 }
        model:
          architecture: { width: 32, layers: 1, heads: 2, keyValueHeads: 1, feedForward: 32, context: 96 }
        pretrain: { maximumDifficulty: 2, steps: 12, batch: 16, warmupSteps: 2 }
        population:
          - { role: proposer, count: 2 }
          - { role: solver, count: 2 }
        culture: { experimentsPerRound: 3 }
        selfPlay: { rounds: 2, proposalsPerRound: 12, problemsPerRound: 4, attemptsPerProblem: 3, maximumTokens: 40, topUp: true }
        learning: { batch: 16, stepCredit: 1, stepsPerRound: 2 }
        evaluation: { everyRounds: 2, problemsPerDifficulty: 3, finalProblemsPerDifficulty: 4, difficulties: [1, 2] }
        """;

    private const string Experiment = """
        name: little
        description: Does a hotter temperature help?
        expectation: It does not.
        base: tiny.yaml
        arms:
          - { name: cold }
          - { name: hot, set: [selfPlay.temperature=1.2] }
        societies: 2
        pilot: 2
        effect: 0.3
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("experiment-").FullName;

    public ExperimentTests()
    {
        File.WriteAllText(At("tiny.yaml"), Scenario);
        File.WriteAllText(At("little.yaml"), Experiment);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_command_runs_every_society_writes_the_report_and_repeats_nothing()
    {
        (int code, string output, string error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "1");
        Assert.True(code == 0, error + output);
        Assert.Contains("report   place/report.html", output.Replace('\\', '/'));
        ExperimentResult result = ExperimentResult.Load(At("place/experiment.json"));
        Assert.Equal(["cold", "hot"], result.Arms.Select(arm => arm.Name));
        Assert.All(result.Arms, arm => Assert.Equal([1, 2], arm.Societies.Select(society => society.Seed)));
        Assert.False(result.IsPilot);
        Assert.Equal("agentsociety experiment little.yaml --out place", result.Command);
        string report = File.ReadAllText(At("place/report.md"));
        // Of six ways to part four societies none has p below 1/3: two in an arm can show nothing, and the report says so.
        foreach (string part in (string[])["Expected before the run: It does not.", "No difference of hot from cold was found", "is not to show that there is none", "## Transcripts", "## Threats to validity", result.Command, "Each society trains its own base model"])
            Assert.Contains(part, report);
        Assert.Equal(["curves.svg", "growth.svg", "societies.svg"], Directory.EnumerateFiles(At("place"), "*.svg").Select(file => Path.GetFileName(file)).Order());

        string before = File.ReadAllText(At("place/experiment.json"));
        DateTime played = File.GetLastWriteTimeUtc(At("place/hot/seed-2/society.db"));
        (code, output, error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "1");
        Assert.True(code == 0, error + output);
        Assert.Equal(before, File.ReadAllText(At("place/experiment.json")));
        Assert.Equal(played, File.GetLastWriteTimeUtc(At("place/hot/seed-2/society.db")));

        // A pilot afterwards is said beside the whole, and does not take its place.
        (code, output, error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "1", "--pilot");
        Assert.True(code == 0, error + output);
        Assert.True(ExperimentResult.Load(At("place/pilot.json")).IsPilot);
        Assert.Equal(before, File.ReadAllText(At("place/experiment.json")));
        foreach (string page in (string[])["report.md", "pilot.md"])
        {
            string[] shown = [.. PictureLink().Matches(File.ReadAllText(At($"place/{page}"))).Select(link => link.Groups[1].Value)];
            Assert.Equal(3, shown.Length);
            Assert.All(shown, picture => Assert.True(File.Exists(At($"place/{picture}")) && picture.StartsWith("pilot-", StringComparison.Ordinal) == (page == "pilot.md"), picture));
        }

        // The last weights of a society are gone: its notes cannot be tested again, which is said as what it is.
        foreach (string gone in Directory.EnumerateFiles(At("place"), "notes-worth.json", SearchOption.AllDirectories).ToArray()) File.Delete(gone);
        foreach (string gone in Directory.EnumerateFiles(At("place"), "model.safetensors", SearchOption.AllDirectories).ToArray()) File.Delete(gone);
        (code, output, error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "1");
        Assert.NotEqual(0, code);
        Assert.DoesNotContain("defect", error);
        Assert.Contains("model.safetensors", error);
    }

    [Fact]
    public async Task A_pilot_on_the_way_tests_no_notes_and_a_second_run_tests_none_again()
    {
        File.WriteAllText(At("little.yaml"), Experiment.Replace("societies: 2", "societies: 3"));
        (int code, string output, string error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "2");
        Assert.True(code == 0, error + output);
        Dictionary<string, DateTime> taken = Directory.EnumerateFiles(At("place"), "notes-worth.json", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);
        Assert.Equal(6, taken.Count);
        (code, output, error) = await Program("experiment", "little.yaml", "--out", "place", "--parallel", "2");
        Assert.True(code == 0, error + output);
        Assert.All(taken, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
    }

    [Fact]
    public void The_files_of_a_result_that_shows_nothing()
    {
        (ExperimentPlan plan, ExperimentResult result) = Result((0.5, 0.6), (0.55, 0.6));
        GoldenFile.Matches("experiment.json", Scrubbed(result.Json(), plan));
        GoldenFile.Matches("experiment-null.md", Scrubbed(ExperimentReport.Markdown(plan, result, [("place/societies.svg", "Every society", "<svg/>")], []), plan));
    }

    [Fact]
    public void Societies_of_several_versions_are_remarked_on_arm_by_arm()
    {
        (_, ExperimentResult same) = Result((0.5, 0.6), (0.55, 0.6));
        Assert.DoesNotContain(same.Remarks, remark => remark.Contains("different versions"));
        (_, ExperimentResult mixed) = Result((0.5, 0.6), (0.55, 0.6), version: (arm, seed) => arm == "hot" && seed == 2 ? "0.1.0+new" : "0.1.0+old");
        Assert.Contains("Societies were run with different versions of AgentSociety: 0.1.0+new (hot 2); 0.1.0+old (cold 1, cold 2, hot 1). A difference between arms may come of that.", mixed.Remarks);
        Assert.Equal("0.1.0+new, 0.1.0+old", mixed.Versions["AgentSociety"]);
    }

    [Fact]
    public void Arms_that_trained_on_more_texts_are_remarked_on()
    {
        (_, ExperimentResult same) = Result((0.5, 0.6), (0.55, 0.6));
        Assert.DoesNotContain(same.Remarks, remark => remark.Contains("Texts that were trained on differ"));
        (_, ExperimentResult more) = Result((0.5, 0.6), (0.55, 0.6), texts: arm => arm == "hot" ? 90 : 60);
        Assert.Contains(more.Remarks, remark => remark.StartsWith("Texts that were trained on differ: cold 60, hot 90 a society.", StringComparison.Ordinal));
    }

    private (ExperimentPlan Plan, ExperimentResult Result) Result((double, double) cold, (double, double) hot, Func<string, long, string>? version = null, Func<string, long>? texts = null)
    {
        ExperimentPlan plan = ExperimentPlan.Load(At("little.yaml"));
        SocietyResult Society(string arm, long seed, double score) => new()
        {
            Seed = seed,
            Score = score,
            HeldOut = [RunSummary.Accuracy(new() { Difficulty = 1, Reading = true, Correct = (int)(4 * score), Sound = 1, Count = 4 })],
            HeldOutBefore = [RunSummary.Accuracy(new() { Difficulty = 1, Reading = true, Correct = 0, Sound = 0, Count = 4 })],
            Curve = [new(0, 0), new(2, score)],
            Growth = [new(1, 1), new(2, 3)],
            Frontier = new(0, 1),
            LuckyShare = 0.125,
            Scratchpad = new(2, 3, 5, 0),
            Spent = new(24, 24, 4, 1000, 5000, 2.5, 0, texts?.Invoke(arm) ?? 60, 20),
            Versions = new Dictionary<string, string> { ["AgentSociety"] = version?.Invoke(arm, seed) ?? "0.1.0+abc", [".NET"] = "10.0" },
            Model = new ModelSize(12_345, Characters: true),
        };
        SocietyResult[][] societies = [[Society("cold", 1, cold.Item1), Society("cold", 2, cold.Item2)], [Society("hot", 1, hot.Item1), Society("hot", 2, hot.Item2)]];
        return (plan, ExperimentResult.Of(plan, societies, isPilot: false, "agentsociety experiment little.yaml"));
    }

    /// <summary>Without what depends on every default of a scenario, or on who reports.</summary>
    private static string Scrubbed(string text, ExperimentPlan plan)
    {
        text = text.Replace(plan.Hash, "HASH").Replace(plan.Hash[..12], "HASH");
        foreach (ExperimentArm arm in plan.Arms) text = text.Replace(arm.Scenario.Hash, $"HASH of {arm.Name}");
        // The last digits of a logarithm are the machine's.
        text = LongNumber().Replace(text, number => double.Parse(number.Value, CultureInfo.InvariantCulture).ToString("0.########", CultureInfo.InvariantCulture));
        return Reporter().Replace(text, "\"reportedWith\": \"\"");
    }

    [GeneratedRegex(@"!\[[^\]]*\]\(([^)]*)\)")]
    private static partial Regex PictureLink();

    [GeneratedRegex("-?[0-9]+\\.[0-9]{9,}")]
    private static partial Regex LongNumber();

    [GeneratedRegex("\"reportedWith\": \"[^\"]*\"")]
    private static partial Regex Reporter();

    private string At(string file) => Path.Combine(_folder, file);

    private async Task<(int Code, string Output, string Error)> Program(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
