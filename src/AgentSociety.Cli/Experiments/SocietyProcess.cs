using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Society;

namespace AgentSociety.Cli.Experiments;

/// <summary>Runs one society as a process of its own: torch's threads belong to a process, and a crash ends one society only.</summary>
internal static partial class SocietyProcess
{
    private const int LinesKept = 5;

    /// <summary>The command line of a society, as somebody could type it.</summary>
    /// <param name="baseFile">The base scenario.</param>
    /// <param name="run">The society.</param>
    /// <param name="resume">True to go on with it.</param>
    public static IReadOnlyList<string> Arguments(string baseFile, PlannedRun run, bool resume) => resume
        ? ["resume", run.Directory.Path, "--device", "cpu", "--threads", "1", "--plain"]
        : ["run", baseFile, "--out", run.Directory.Path, "--seed", $"{run.Seed}", .. run.Arm.Overrides.SelectMany(change => (string[])["--set", change]), .. run.NotesOf is { } other ? (string[])["--placebo", other.Path] : [], "--device", "cpu", "--threads", "1", "--plain"];

    /// <summary>Launches a society and waits for its end.</summary>
    /// <exception cref="SocietyException">It failed: its last words.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop; whole rounds are stored and it can go on.</exception>
    public static async Task Launch(string baseFile, PlannedRun run, bool resume, Action<int> played, CancellationToken stop)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.UTF8 };
        // Under 'dotnet agentsociety.dll' the process is dotnet, which must be told the program again.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        foreach (string argument in Arguments(baseFile, run, resume)) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Queue<string> complaints = [];
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text && RoundLine().Match(text) is { Success: true } match) played(int.Parse(match.Groups[1].ValueSpan));
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not { Length: > 0 } text) return;
            lock (complaints)
            {
                complaints.Enqueue(text);
                if (complaints.Count > LinesKept) complaints.Dequeue();
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Rounds are stored whole or not at all: ending it at once loses the round in play and nothing else.
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        if (process.ExitCode is ExitCode.Done) return;
        lock (complaints) throw new SocietyException(complaints.Count > 0 ? string.Join(" ", complaints) : $"the process ended with exit code {process.ExitCode}", badInput: false);
    }

    [GeneratedRegex(@"^\s*[\d:]+\s+round (\d+)/\d+\b")]
    private static partial Regex RoundLine();
}
