using System.CommandLine;
using AgentSociety.Core.Scenarios;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>validate SCENARIO</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new("SCENARIO") { Description = "A scenario file." };
        Option<bool> resolved = new("--resolved") { Description = "Print the scenario with every key and its value, defaults included." };
        ScenarioOptions changes = new();
        Verb command = new("validate", "Write scenarios", "Checks a scenario without running it, and names every fault with its place.",
            new("validate scenarios/first-society.yaml", "Is it right?"),
            new("validate scenarios/first-society.yaml --resolved", "With all its defaults, ready to copy from"));
        command.Add(file);
        changes.AddTo(command);
        command.Add(resolved);
        command.SetAction(parsed =>
        {
            LoadedScenario loaded = changes.Load(parsed, parsed.GetRequiredValue(file));
            if (parsed.GetValue(resolved)) terminal.Raw.Write(loaded.Yaml);
            else terminal.Line($"{loaded.File}: valid. {Describe(loaded.Scenario)}");
        });
        return command;
    }

    private static string Describe(Scenario scenario)
    {
        string agents = string.Join(", ", scenario.Population.GroupBy(some => some.Role).Select(role => $"{role.Sum(some => some.Count)} {role.Key.ToString().ToLowerInvariant()}{(role.Sum(some => some.Count) == 1 ? "" : "s")}"));
        string model = scenario.Model.Base is { } checkpoint ? $"model {checkpoint}" : $"a model of {scenario.Model.Architecture.Layers} layers, {scenario.Model.Architecture.Width} wide, trained from scratch";
        return $"{scenario.Name} plays {scenario.SelfPlay.Rounds} rounds of {scenario.Environment.Name} with {agents} and {model}; seed {scenario.Seed}.";
    }
}
