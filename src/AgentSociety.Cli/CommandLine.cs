using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using AgentSociety.Cli.Commands;
using AgentSociety.Cli.Help;
using AgentSociety.Core;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli;

/// <summary>The commands of <c>agentsociety</c>, and what becomes of a failure: one line, and an exit code.</summary>
internal static class CommandLine
{
    private const string Verbose = "--verbose";
    private const string Libtorch = "--libtorch";

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code: see <see cref="ExitCode"/>.</returns>
    public static async Task<int> Run(string[] args, Terminal terminal)
    {
        RootCommand root = Root(terminal);
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpPageAction) return Refuse(parsed, terminal);
        bool verbose = parsed.GetValue<bool>(Verbose);
        // Processes that a command starts use the same one.
        if (parsed.GetValue<string?>(Libtorch) is { } folder) Environment.SetEnvironmentVariable(TorchRuntime.FolderVariable, Path.GetFullPath(folder));
        try
        {
            // Signals are the commands' own business: a run must reach a safe point first.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = terminal.Raw }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            terminal.Complain("stopped", "yellow", "nothing was left half done");
            return ExitCode.Interrupted;
        }
        catch (SocietyException failure)
        {
            terminal.Complain("error", "red", failure.Message);
            if (verbose) terminal.Complain("trace", "grey", failure.ToString());
            return failure.BadInput ? ExitCode.BadInput : ExitCode.Failed;
        }
        catch (UnauthorizedAccessException failure)
        {
            terminal.Complain("error", "red", $"{failure.Message.ReplaceLineEndings(" ").TrimEnd('.')}; name another place, or get access to this one");
            if (verbose) terminal.Complain("trace", "grey", failure.ToString());
            return ExitCode.BadInput;
        }
        catch (IOException failure)
        {
            terminal.Complain("error", "red", $"{failure.Message.ReplaceLineEndings(" ")}");
            if (verbose) terminal.Complain("trace", "grey", failure.ToString());
            return ExitCode.Failed;
        }
        catch (Exception failure)
        {
            // A defect: the last resort of the whole program, so that even then the user sees a line and not a page.
            terminal.Complain("error", "red", $"the program has met a defect: {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")} (the same command with --verbose shows where)");
            if (verbose) terminal.Complain("trace", "grey", failure.ToString());
            return ExitCode.Failed;
        }
    }

    /// <summary>All commands. A new one is a file in <c>Commands</c> and a line here.</summary>
    public static RootCommand Root(Terminal terminal)
    {
        RootCommand root = new("A society of language models that play, write down what they learn, and train on it.")
        {
            RunCommand.Create(terminal),
            ResumeCommand.Create(terminal),
            ExperimentCommand.Create(terminal),
            ValidateCommand.Create(terminal),
            SchemaCommand.Create(terminal),
            RunsCommand.Create(terminal),
            ShowCommand.Create(terminal),
            EvalCommand.Create(terminal),
            BrowseCommand.Create(terminal),
            TrainCommand.Create(terminal),
            ExportCommand.Create(terminal),
            CultureCommand.Create(terminal),
            McpCommand.Create(terminal),
            ServeCommand.Create(terminal),
            EnvCommand.Create(terminal),
            ModelCommand.Create(terminal),
            DevicesCommand.Create(terminal),
        };
        root.Add(new Option<string?>(Libtorch) { Description = $"The lib folder of the libtorch to compute with, such as an installed PyTorch's, where the program was built without one; {TorchRuntime.FolderVariable} does the same.", HelpName = "DIR", Recursive = true });
        root.Add(new Option<bool>(Verbose) { Description = "Show where in the program a failure happened.", Recursive = true });
        HelpPageAction help = new(terminal);
        foreach (Option option in root.Options)
        {
            if (option is HelpOption) (option.Action, option.Description) = (help, "Show this page.");
            if (option is VersionOption) option.Description = "Show the version.";
        }

        root.SetAction(help.Invoke);
        foreach (Command group in root.Subcommands.Where(command => command.Subcommands.Count > 0)) group.SetAction(help.Invoke);
        return root;
    }

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        Command command = parsed.CommandResult.Command;
        foreach (ParseError error in parsed.Errors) terminal.Complain("error", "red", Sentence(error, parsed, command));
        terminal.Complain("  try", "grey", $"{HelpPage.PathOf(command)} --help");
        return ExitCode.BadInput;
    }

    private static string Sentence(ParseError error, ParseResult parsed, Command command)
    {
        string sentence = error.Message.ReplaceLineEndings(" ").TrimEnd('.');
        return parsed.UnmatchedTokens.FirstOrDefault(token => sentence.EndsWith($" '{token}'", StringComparison.Ordinal)) is { } unknown ? sentence + Hint(unknown, command) : sentence;
    }

    private static string Hint(string token, Command command)
    {
        string[] known = token.StartsWith('-') ? [.. command.Options.Select(option => option.Name), Verbose, Libtorch, "--help"] : [.. command.Subcommands.Select(sub => sub.Name)];
        return Nearest.To(token, known) is { } near ? $"; did you mean {near}?" : "";
    }
}
