using System.CommandLine;
using System.CommandLine.Parsing;
using AgentSociety.Cli.Commands;

namespace AgentSociety.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Pages => [.. All(CommandLine.Root(new KeptTerminal().Terminal)).Select(Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_help_page_reads_as_its_golden_file(string command)
    {
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"], kept.Terminal));
        GoldenFile.Matches($"help{(command.Length == 0 ? "" : "-")}{command.Replace(' ', '-')}.txt", kept.Out.Output);
    }

    [Fact]
    public async Task The_program_alone_shows_the_overview()
    {
        KeptTerminal alone = new(), asked = new();
        Assert.Equal(0, await CommandLine.Run([], alone.Terminal));
        await CommandLine.Run(["--help"], asked.Terminal);
        Assert.Equal(asked.Out.Output, alone.Out.Output);
    }

    [Fact]
    public void Every_command_says_what_it_does_and_shows_examples_that_parse()
    {
        RootCommand root = CommandLine.Root(new KeptTerminal().Terminal);
        foreach (Command command in All(root).Where(command => command is not RootCommand))
        {
            Verb verb = Assert.IsType<Verb>(command);
            Assert.EndsWith(".", verb.Description);
            Assert.NotEmpty(verb.Examples);
            foreach (Example example in verb.Examples)
            {
                string line = example.Line.Split(" > ")[0];
                Assert.StartsWith(Path(verb), line);
                ParseResult parsed = root.Parse(CommandLineParser.SplitCommandLine(line).ToArray());
                Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
            }
        }
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static string Path(Command command) => command is RootCommand ? "" : $"{Path((Command)command.Parents.First())} {command.Name}".Trim();
}
