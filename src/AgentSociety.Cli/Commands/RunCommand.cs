using System.CommandLine;
using AgentSociety.Cli.Progress;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>run SCENARIO</c>.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> scenario = new("SCENARIO") { Description = "A scenario file." };
        Option<string?> place = new("--out") { Description = "The run's directory; runs/NAME with the scenario's name where it is not given.", HelpName = "DIR" };
        Option<bool> plain = new("--plain") { Description = "Plain lines in place of the live display; always so where the output is no terminal." };
        Option<string?> placebo = new("--placebo") { Description = "The run whose notes readers are shown where culture.shown is placebo, in place of culture.placeboDatabase.", HelpName = "RUN" };
        ScenarioOptions changes = new();
        MachineOptions machine = new();
        Verb command = new("run", "Play", "Launches the society of a scenario; its results land in runs/NAME.",
            new("run scenarios/first-society.yaml", "The five-minute society"),
            new("run scenarios/first-society.yaml --seed 7 --out runs/seed-7", "The same with another seed, in a directory of its own"),
            new("run scenarios/quick.yaml --set selfPlay.rounds=3 --set learning.enabled=false", "Some keys of the scenario changed"))
        {
            More = "Ctrl-C stops at a safe point, and 'resume' goes on from there as if nothing had happened. A second Ctrl-C stops at once; nothing that was recorded is lost.",
        };
        command.Add(scenario);
        command.Add(place);
        changes.AddTo(command);
        machine.AddTo(command);
        command.Add(plain);
        command.Add(placebo);
        command.SetAction(async (parsed, _) =>
        {
            using Interruption interruption = WatchedRun.Interruption(terminal);
            LoadedScenario loaded = changes.Load(parsed, parsed.GetRequiredValue(scenario));
            RunOptions options = machine.Read(parsed) with { PlaceboDatabase = parsed.GetValue(placebo) is { } other ? RunPlace.Find(other).Database : null };
            // A device that is not there must not leave a directory behind.
            TorchRuntime.Initialize(options.Device, options.Threads);
            interruption.Token.ThrowIfCancellationRequested();
            RunDirectory directory = RunDirectory.Create(parsed.GetValue(place) ?? Path.Combine(RunPlace.Runs, loaded.Scenario.Name));
            return await WatchedRun.Watch(directory, loaded.Scenario.Name, terminal, parsed.GetValue(plain), interruption, (watch, stop) => RunLauncher.Run(loaded, directory, options, watch, stop)).ConfigureAwait(false);
        });
        return command;
    }
}
