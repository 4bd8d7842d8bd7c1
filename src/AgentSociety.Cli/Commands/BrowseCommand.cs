using System.CommandLine;
using System.Net;
using AgentSociety.Web;

namespace AgentSociety.Cli.Commands;

/// <summary><c>browse [DIR]</c>.</summary>
internal static class BrowseCommand
{
    private const int UsualPort = 5210;

    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = new("DIR") { Description = "The folder that holds the runs, or the directory of one run.", DefaultValueFactory = _ => RunPlace.Runs };
        Option<int> port = new("--port") { Description = "The port; 0 takes any that is free.", DefaultValueFactory = _ => UsualPort, HelpName = "N", CustomParser = result => OptionValue.Whole(result, 0, 65_535) };
        Option<IPAddress> listen = new("--listen")
        {
            Description = "The address to listen on. Any but this machine's own asks visitors for a token.",
            DefaultValueFactory = _ => IPAddress.Loopback,
            HelpName = "ADDRESS",
            CustomParser = OptionValue.Address,
        };
        Option<string?> token = new("--token") { Description = "What visitors from elsewhere must know; made up where none is given.", HelpName = "TEXT" };
        Option<string[]> host = new("--host") { Description = "A name of this machine that visitors may use; can be given several times.", HelpName = "NAME", DefaultValueFactory = _ => [] };
        Verb command = new("browse", "Look at runs", "Opens the runs of a folder in the browser: curves, the scratchpad and its history, transcripts, agents; live while they run.",
            new("browse", "Those under runs/, at http://127.0.0.1:5210"),
            new("browse runs/first-society --port 8080", "One run"),
            new("browse --listen 0.0.0.0", "For other machines too, which need the token that is printed"))
        {
            More = "People can repair the scratchpad there: edit and revert pages, and decide edits that wait. What is running sees it at once.",
        };
        command.Add(folder);
        foreach (Option option in (ReadOnlySpan<Option>)[port, listen, token, host]) command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            using Interruption interruption = new(() => terminal.Line("Stopping."));
            BrowseOptions options = new()
            {
                RunsDirectory = parsed.GetRequiredValue(folder),
                Port = parsed.GetValue(port),
                Listen = parsed.GetRequiredValue(listen),
                Token = parsed.GetValue(token),
                Hosts = parsed.GetRequiredValue(host),
            };
            await BrowseServer.Run(options, interruption.Token, server => terminal.Line($"Open {server.Entrance}\nCtrl-C ends it.")).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
