using System.CommandLine;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>schema</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        Verb command = new("schema", "Write scenarios", "Prints the JSON Schema of scenario files, with every key, default and range, for editors.",
            new Example("schema > scenario.schema.json", "Write it where an editor finds it"))
        {
            More = "A first line of '# yaml-language-server: $schema=scenario.schema.json' in a scenario gives completion and checks in editors with a YAML language server.",
        };
        command.SetAction(_ => terminal.Raw.Write(ScenarioSchema.Json()));
        return command;
    }
}
