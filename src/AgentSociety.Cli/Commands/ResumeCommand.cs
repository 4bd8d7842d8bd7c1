using System.CommandLine;
using AgentSociety.Cli.Progress;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>resume RUN</c>.</summary>
internal static class ResumeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new("RUN") { Description = "A run's directory, or its name under runs/." };
        Option<bool> plain = new("--plain") { Description = "Plain lines in place of the live display; always so where the output is no terminal." };
        MachineOptions machine = new();
        Verb command = new("resume", "Play", "Goes on with a run that was stopped or killed, after its last whole round.",
            new Example("resume runs/first-society", "Go on where it stopped"))
        {
            More = "On the CPU what follows is, token by token, what would have followed had the run never stopped.",
        };
        command.Add(run);
        machine.AddTo(command);
        command.Add(plain);
        command.SetAction(async (parsed, _) =>
        {
            using Interruption interruption = WatchedRun.Interruption(terminal);
            RunDirectory directory = RunPlace.Find(parsed.GetRequiredValue(run));
            return await WatchedRun.Watch(directory, directory.Name, terminal, parsed.GetValue(plain), interruption, (watch, stop) => RunLauncher.Resume(directory, machine.Read(parsed), watch, stop)).ConfigureAwait(false);
        });
        return command;
    }
}
