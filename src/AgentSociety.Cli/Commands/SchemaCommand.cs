using System.CommandLine;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>schema</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        Verb command = new("schema", "Write scenarios", "Prints the JSON Schema of scenario or experiment files, with every key, default and range, for editors.",
            new("schema > scenario.schema.json", "Write it where an editor finds it"),
            new("schema --experiment > experiment.schema.json", "That of experiment files"))
        {
            More = "A first line of '# yaml-language-server: $schema=scenario.schema.json' in a scenario gives completion and checks in editors with a YAML language server.",
        };
        Option<bool> experiment = new("--experiment") { Description = "The schema of experiment files." };
        command.Add(experiment);
        command.SetAction(parsed => terminal.Raw.Write(parsed.GetValue(experiment) ? ScenarioSchema.ExperimentJson() : ScenarioSchema.Json()));
        return command;
    }
}
