using System.Diagnostics;
using AgentSociety.Culture;
using AgentSociety.Environments.Tests;
using AgentSociety.Society;

namespace AgentSociety.Acceptance;

/// <summary>The tutorial by the commands that it names: from the templates to environments that keep their promises, and to societies that read and note in them.</summary>
[Trait("Category", "Tutorial")]
public sealed class TutorialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tutorial-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task A_task_that_is_made_from_the_template_is_built_tested_and_played_with_notes()
    {
        string repository = Repository.Folder("."), task = Path.Combine(_folder, "Backwards");
        await Succeeds(_folder, "new", "install", Path.Combine(repository, "templates", "environment"));
        await Succeeds(_folder, "new", "agentsociety-environment", "-n", "Backwards", "--agentSociety", repository);
        (int code, string said) = await Run(task, "build", "-c", "Release", "-nodeReuse:false", "-p:UseSharedCompilation=false");
        if (code != 0 && said.Contains("NU1301", StringComparison.Ordinal)) throw new NotTestedException($"no package source can be reached, and what Core needs is not on this machine: {said}");
        Assert.True(code == 0, said);
        string agentsociety = Path.Combine(AppContext.BaseDirectory, "agentsociety.dll");
        Assert.Contains("keeps every promise", await Succeeds(task, agentsociety, "env", "test", "plugin", "--set", "assembly=bin/Release/net10.0/Backwards.dll", "--set", "type=Backwards.BackwardsEnvironment"), StringComparison.Ordinal);
        Assert.Contains("valid", await Succeeds(task, agentsociety, "validate", "Backwards.yaml"), StringComparison.Ordinal);
        await PlaysWithNotes(task, "Backwards.yaml");
    }

    [Needs(program: "python3")]
    public Task The_task_in_python_is_played_with_notes() => PlaysWithNotes(Repository.Folder(Path.Combine("templates", "external")), "my_task.yaml");

    // Little of everything: words of one letter until a note comes out now and then, two rounds, few questions.
    private async Task PlaysWithNotes(string folder, string scenario)
    {
        RunDirectory run = new(Path.Combine(_folder, "run"));
        await Succeeds(folder, Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"),
            "run", scenario, "--plain", "--out", run.Path,
            "--set", "pretrain.steps=150", "--set", "pretrain.maximumDifficulty=1", "--set", "pretrain.warmupSteps=10", "--set", "selfPlay.rounds=2", "--set", "selfPlay.problemsPerRound=16",
            "--set", "evaluation.problemsPerDifficulty=4", "--set", "evaluation.finalProblemsPerDifficulty=4", "--set", "evaluation.difficulties=[2]");
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Database);
        PageArchive pages = new(database);
        Assert.Matches("(?m)^[a-h]=[a-h]$", pages.Read(Assert.Single(pages.List("notes/")))!.Body);
        RunSummary summary = RunSummary.Load(run.SummaryFile);
        Assert.True(summary.Scratchpad is { Pages: > 0, Reads: > 0 });
        Assert.Equal([false, true], summary.HeldOut.Select(result => result.Reading).Distinct().Order());
    }

    private async Task<string> Succeeds(string folder, params string[] arguments)
    {
        (int code, string said) = await Run(folder, arguments);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}: {said}");
        return said;
    }

    private async Task<(int Code, string Said)> Run(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // A home of its own for templates: what the user has installed stays as it is.
        start.Environment["DOTNET_CLI_HOME"] = _folder;
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said + await errors);
    }
}
