using System.Diagnostics;

namespace AgentSociety.Cli.Tests;

/// <summary>A disk that takes no more: what is said, what is left, and that a run goes on where there is room again.</summary>
public sealed class FullDiskTests : IDisposable
{
    // Weights of 13 MB beside a database of a few hundred KB, so that it is the weights that find no room.
    private const string Large = """
        name: large
        environment:
          name: hidden-operators
          options: {operators: 4, maximumDifficulty: 6}
        model:
          architecture: {width: 256, layers: 4, heads: 4, keyValueHeads: 2, feedForward: 704, context: 64}
        pretrain: {maximumDifficulty: 1, steps: 1, batch: 4, warmupSteps: 0}
        selfPlay: {enabled: false, rounds: 1, problemsPerRound: 2, attemptsPerProblem: 2, maximumTokens: 20}
        learning: {batch: 4, replayShare: 0.25}
        evaluation: {everyRounds: 5, problemsPerDifficulty: 1, finalProblemsPerDifficulty: 1, difficulties: [1]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("full-").FullName;

    public FullDiskTests() => File.WriteAllText(Path.Combine(_folder, "large.yaml"), Large);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Weights_that_find_no_room_leave_no_part_of_a_file_and_the_run_goes_on_once_there_is_room()
    {
        if (!OperatingSystem.IsLinux()) return;
        ProcessStartInfo program = ProgramProcess.With("run", "large.yaml", "--plain", "--threads", "1");
        // A limit on the size of files is to a program what a full disk is. The runtime's own double mapping of code is a large file too.
        ProcessStartInfo limited = new("bash", ["-c", "ulimit -f 4096; trap '' XFSZ; exec \"$0\" \"$@\"", program.FileName, .. program.ArgumentList]) { RedirectStandardOutput = true, RedirectStandardError = true };
        limited.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        (int code, string error) = await Ended(limited);

        Assert.Equal(3, code);
        string line = error.Trim().Split('\n')[^1];
        Assert.StartsWith("error ", line);
        Assert.Contains("model.safetensors", line);
        Assert.Contains("room", line);
        Assert.Empty(Directory.GetFiles(_folder, "*.tmp", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(_folder, "model.safetensors", SearchOption.AllDirectories));

        (code, error) = await Ended(ProgramProcess.With("resume", "runs/large", "--plain", "--threads", "1"));
        Assert.True(code == 0, error);
        Assert.NotEmpty(Directory.GetFiles(_folder, "model.safetensors", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_place_that_takes_no_files_is_named_before_anything_is_computed()
    {
        if (!OperatingSystem.IsLinux()) return;
        (int code, string error) = await Ended(ProgramProcess.With("run", "large.yaml", "--out", "/proc/large"));
        Assert.Equal(2, code);
        Assert.StartsWith("error /proc/large: the run's directory cannot be made", error);
        Assert.Contains("--out", error);
        Assert.Single(error.Trim().Split('\n'));
    }

    private async Task<(int Code, string Error)> Ended(ProcessStartInfo program)
    {
        program.WorkingDirectory = _folder;
        using Process process = Process.Start(program)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        return (process.ExitCode, await error);
    }
}
