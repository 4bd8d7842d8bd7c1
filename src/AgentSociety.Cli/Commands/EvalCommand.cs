using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using AgentSociety.Cli.Results;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Games;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>eval RUN|CHECKPOINT</c>.</summary>
internal static class EvalCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> what = new("RUN|CHECKPOINT") { Description = "A run's directory (its newest weights and scratchpad), or the folder of a checkpoint." };
        Option<string?> scenario = new("--scenario") { Description = "Ask the problems of this scenario in place of the run's own.", HelpName = "FILE" };
        Option<string?> notes = new("--notes") { Description = "Let the model read the scratchpad of this run, and ask this run's problems where no scenario is given.", HelpName = "RUN" };
        Option<string?> strategyOut = new("--strategy-out") { Description = "In a game of two: read what the model plays at every decision point, write it to a file that 'opponent: frozen' takes, and print how it fares against opponents that never change.", HelpName = "FILE" };
        Option<bool> json = new("--json") { Description = "Print the results as JSON." };
        ScenarioOptions changes = new();
        MachineOptions machine = new();
        Verb command = new("eval", "Look at runs", "Lets newborns sit the held-out test again, with and without the scratchpad.",
            new("eval runs/first-society", "The newest weights of a run"),
            new("eval runs/first-society/checkpoints/round-20", "The weights and the scratchpad of round 20"),
            new("eval models/tuned --notes runs/first-society", "A model that was trained on a run, in its world and with its scratchpad"),
            new("eval models/tuned --scenario scenarios/arithmetic.yaml", "Any model, on a scenario's problems, without notes"),
            new("eval runs/kuhn-poker --strategy-out past-self.json", "A past self, frozen: an opponent for other runs"));
        command.Add(what);
        command.Add(scenario);
        command.Add(notes);
        changes.AddTo(command);
        machine.AddTo(command);
        command.Add(strategyOut);
        command.Add(json);
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(what);
            if (!Directory.Exists(name)) name = RunPlace.Find(name).Path;
            bool changed = parsed.GetResult("--set") is not null || parsed.GetResult("--seed") is not null;
            LoadedScenario? loaded = parsed.GetValue(scenario) is { } file ? changes.Load(parsed, file)
                : changed ? throw new SocietyException("--set and --seed change a scenario; name it with --scenario") : null;
            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "the test; Ctrl-C again stops at once"));
            RunDirectory? readers = parsed.GetValue(notes) is { } run ? RunPlace.Find(run) : null;
            StrategyReading? strategy = null;
            if (parsed.GetValue(strategyOut) is { } path)
            {
                strategy = RunLauncher.ReadStrategy(name, loaded, machine.Read(parsed), interruption.Token, readers);
                StrategyTable.Write(path, strategy.Table);
            }

            IReadOnlyList<HeldOutRecord> records = RunLauncher.Evaluate(name, loaded, machine.Read(parsed), interruption.Token, readers);
            HeldOutAccuracy[] results = [.. records.Select(RunSummary.Accuracy)];
            if (parsed.GetValue(json)) terminal.Line(JsonSerializer.Serialize(results, JsonSerializerOptions.Web));
            else
            {
                terminal.Out.Write(HeldOutTable.Of([], results));
                foreach (MetricRecord metric in strategy?.Metrics ?? []) terminal.Line($"{metric.Name} {metric.Value.ToString("0.000", CultureInfo.InvariantCulture)}");
            }
        });
        return command;
    }
}
