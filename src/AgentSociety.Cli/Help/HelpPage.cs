using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using AgentSociety.Cli.Commands;
using Spectre.Console;

namespace AgentSociety.Cli.Help;

/// <summary>Shows the help page of the command that it is asked of.</summary>
internal sealed class HelpPageAction(Terminal terminal) : SynchronousCommandLineAction
{
    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        HelpPage.Write(parseResult.CommandResult.Command, terminal.Out);
        return ExitCode.Done;
    }
}

/// <summary>Help pages: what a command does, how it is called, and lines that can be typed as they stand.</summary>
internal static class HelpPage
{
    private const string Program = "agentsociety";

    /// <summary>Writes the page of a command.</summary>
    public static void Write(Command command, IAnsiConsole console)
    {
        console.WriteLine();
        if (command is RootCommand root) WriteOverview(root, console);
        else WriteCommand(command, console);
        console.WriteLine();
    }

    /// <summary>The command with those above it, as it is typed.</summary>
    public static string PathOf(Command command)
    {
        List<string> names = [];
        for (Symbol? symbol = command; symbol is Command and not RootCommand; symbol = symbol.Parents.FirstOrDefault()) names.Insert(0, symbol.Name);
        return string.Join(' ', names.Prepend(Program));
    }

    private static void WriteOverview(RootCommand root, IAnsiConsole console)
    {
        console.MarkupLine($"[bold]{Program}[/]  {Markup.Escape(root.Description!)}");
        Heading(console, "Usage");
        console.MarkupLine($"  {Program} [green]COMMAND[/] [grey][[options]][/]");
        int widest = root.Subcommands.OfType<Verb>().Max(verb => Signature(verb).Length);
        foreach (IGrouping<string, Verb> group in root.Subcommands.OfType<Verb>().GroupBy(verb => verb.Group))
        {
            Heading(console, group.Key);
            Grid grid = Columns(widest);
            foreach (Verb verb in group)
            {
                grid.AddRow($"[green]{Markup.Escape(Signature(verb))}[/]", Markup.Escape(verb.Description!));
                grid.AddRow("", $"[grey]{Markup.Escape($"{Program} {verb.Examples[0].Line}")}[/]");
            }

            console.Write(grid);
        }

        Heading(console, "Options of every command");
        console.Write(OptionGrid(root));
        console.WriteLine();
        console.MarkupLine($"[grey]{Program} COMMAND --help says more. Exit codes: 0 done, 2 bad input, 3 failed run, 130 interrupted.[/]");
    }

    private static void WriteCommand(Command command, IAnsiConsole console)
    {
        Verb? verb = command as Verb;
        console.MarkupLine($"[bold]{PathOf(command)}[/]  {Markup.Escape(command.Description!)}");
        if (verb?.More.Length > 0)
        {
            console.WriteLine();
            console.Write(new Padder(new Text(verb.More), new Padding(2, 0, 0, 0)));
        }

        Heading(console, "Usage");
        string[] parts = [.. command.Arguments.Select(Form), .. command.Subcommands.Count > 0 ? ["COMMAND"] : Array.Empty<string>()];
        string form = string.Concat(parts.Select(part => $" [green]{Markup.Escape(part)}[/]"));
        console.MarkupLine($"  {PathOf(command)}{form} [grey][[options]][/]");
        if (command.Arguments.Count > 0)
        {
            Heading(console, "Arguments");
            Grid grid = Columns();
            foreach (Argument argument in command.Arguments) grid.AddRow($"[green]{Markup.Escape(Form(argument))}[/]", Markup.Escape(argument.Description ?? ""));
            console.Write(grid);
        }

        if (command.Subcommands.Count > 0)
        {
            Heading(console, "Commands");
            Grid grid = Columns();
            foreach (Command sub in command.Subcommands) grid.AddRow($"[green]{Markup.Escape(Signature(sub))}[/]", Markup.Escape(sub.Description ?? ""));
            console.Write(grid);
        }

        if (command.Options.Any(option => option is not HelpOption))
        {
            Heading(console, "Options");
            console.Write(OptionGrid(command));
        }

        if (verb is null) return;
        Heading(console, verb.Examples.Count > 1 ? "Examples" : "Example");
        foreach (Example example in verb.Examples)
        {
            console.MarkupLine($"  [grey]# {Markup.Escape(example.Purpose)}[/]");
            console.MarkupLine($"  {Markup.Escape($"{Program} {example.Line}")}");
        }
    }

    private static Grid OptionGrid(Command command)
    {
        Grid grid = Columns();
        foreach (Option option in command.Options.Where(option => !option.Hidden))
        {
            string value = option.ValueType == typeof(bool) || option is HelpOption or VersionOption ? "" : $" {option.HelpName ?? "VALUE"}";
            string names = string.Join(", ", option.Aliases.Where(alias => alias is "-h" || alias.StartsWith("--", StringComparison.Ordinal)).Prepend(option.Name).Distinct());
            string standing = option.HasDefaultValue && option.ValueType != typeof(bool) && option.GetDefaultValue() is { } given and not System.Collections.ICollection ? $" [grey]({Markup.Escape(given.ToString()!)})[/]" : "";
            string required = option.Required ? " [grey](required)[/]" : "";
            grid.AddRow($"[green]{Markup.Escape(names)}[/][grey]{Markup.Escape(value)}[/]", Markup.Escape(option.Description ?? "") + standing + required);
        }

        return grid;
    }

    private static string Signature(Command command) => string.Join(' ', command.Arguments.Select(Form).Prepend(command.Name));

    private static string Form(Argument argument) => argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.HelpName ?? argument.Name}]" : argument.HelpName ?? argument.Name;

    private static Grid Columns(int? width = null)
    {
        Grid grid = new();
        grid.AddColumn(new GridColumn { NoWrap = true, Width = width, Padding = new Padding(2, 0, 2, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) });
        return grid;
    }

    private static void Heading(IAnsiConsole console, string text)
    {
        console.WriteLine();
        console.MarkupLine($"[bold yellow]{Markup.Escape(text)}[/]");
    }
}
