using System.CommandLine;
using AgentSociety.Core.Play;
using AgentSociety.Kernel;
using AgentSociety.Web;

namespace AgentSociety.Cli.Commands;

/// <summary><c>mcp RUN</c>.</summary>
internal static class McpCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new("RUN") { Description = "A run's directory, or its name under runs/; it may be going on." };
        Option<string> author = new("--author") { Description = "The name that its edits carry in the history.", HelpName = "NAME", DefaultValueFactory = _ => "mcp" };
        Option<bool> person = new("--person") { Description = "A person sits at the client: gates and rates, which are for agents, do not hold." };
        Option<Role?> role = new("--role") { Description = "The part that the client plays, for gates that hold for one role.", HelpName = "ROLE", CustomParser = OptionValue.Name<Role> };
        Verb command = new("mcp", "Share", "Lets a client of the Model Context Protocol read and edit a run's scratchpad over standard input and output.",
            new("mcp runs/first-society", "What a client's configuration starts"),
            new("mcp runs/first-society --author ann --person", "Edits in a person's name"))
        {
            More = "The client starts this command itself and speaks with it; typed in a terminal it waits for messages. Edits pass the rules of the run's scenario, and conflicts come back with base, theirs and mine.",
        };
        command.Add(run);
        command.Add(author);
        command.Add(person);
        command.Add(role);
        command.SetAction(async (parsed, _) =>
        {
            using RunScratchpad scratchpad = new(RunPlace.Find(parsed.GetRequiredValue(run)));
            ScratchpadTools tools = scratchpad.Tools(parsed.GetRequiredValue(author), parsed.GetValue(person), parsed.GetValue(role));
            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "what was saved stays saved"));
            await ScratchpadMcpServer.ServeAsync(tools, null, interruption.Token).ConfigureAwait(false);
        });
        return command;
    }
}
