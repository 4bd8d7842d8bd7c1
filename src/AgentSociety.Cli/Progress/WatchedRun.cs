using System.Collections.Concurrent;
using AgentSociety.Cli.Results;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Progress;

/// <summary>Runs a society while somebody watches, and says at the end what came of it or how to go on.</summary>
internal static class WatchedRun
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);

    /// <summary>Listens for Ctrl-C on behalf of a run; to be made before anything of the run is.</summary>
    public static Interruption Interruption(Terminal terminal) => new(() => terminal.Complain("stopping", "yellow", "at the next safe point; Ctrl-C again stops at once"));

    /// <summary>Starts the run and follows it to its end.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> Watch(
        RunDirectory directory, string name, Terminal terminal, bool plain, Interruption interruption, Func<Action<RunProgress>, CancellationToken, Task<RunEnd>> start)
    {
        RunEnd end;
        try
        {
            end = plain || !terminal.IsInteractive
                ? await Plain(terminal, watch => start(watch, interruption.Token)).ConfigureAwait(false)
                : await Live(name, terminal, watch => start(watch, interruption.Token)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not (SocietyException { BadInput: true } or OperationCanceledException) && File.Exists(directory.Database))
        {
            // What would fail again in the same way is not offered again.
            string cure = failure is SocietyException { Repeats: true } ? "look at it with: agentsociety show" : "go on with: agentsociety resume";
            terminal.Complain("kept", "yellow", $"everything up to the failure; {cure} {directory.Path}");
            throw;
        }

        if (end == RunEnd.Interrupted)
        {
            terminal.Complain("stopped", "yellow", $"go on with: agentsociety resume {directory.Path}");
            return ExitCode.Interrupted;
        }

        RunResults.Write(directory);
        RunPage.Write(directory, terminal.Out);
        // Readers leave the log beside the database; the last to close it with the right to write takes it away.
        SocietyDatabase.Open(directory.Database).Dispose();
        if (end == RunEnd.Done) return ExitCode.Done;
        terminal.Complain("stopped", "yellow", "a guard saw a sign of collapse that lasted, and the scenario asks to stop for it (guards.stop)");
        return ExitCode.Failed;
    }

    private static async Task<RunEnd> Plain(Terminal terminal, Func<Action<RunProgress>, Task<RunEnd>> start)
    {
        PlainLines lines = new();
        Lock gate = new();
        return await start(progress =>
        {
            lock (gate)
            {
                foreach (string line in lines.On(progress)) terminal.Line(line);
            }
        }).ConfigureAwait(false);
    }

    private static async Task<RunEnd> Live(string name, Terminal terminal, Func<Action<RunProgress>, Task<RunEnd>> start)
    {
        RunProgress shown = new() { Phase = RunPhase.Start, Round = 0, Rounds = 0, Elapsed = TimeSpan.Zero };
        ConcurrentQueue<string> messages = new();
        Task<RunEnd> run = start(progress =>
        {
            if (progress.Message is { } message) messages.Enqueue(message);
            Volatile.Write(ref shown, progress);
        });
        await terminal.Out.Live(LiveView.Render(name, shown)).StartAsync(async display =>
        {
            bool over;
            do
            {
                over = run.IsCompleted;
                while (messages.TryDequeue(out string? message)) terminal.Out.MarkupLine($"[grey]{Markup.Escape(message)}[/]");
                display.UpdateTarget(LiveView.Render(name, Volatile.Read(ref shown)));
                if (!over) await Task.WhenAny(run, Task.Delay(Redraw)).ConfigureAwait(false);
            }
            while (!over);
        }).ConfigureAwait(false);
        return await run.ConfigureAwait(false);
    }
}
