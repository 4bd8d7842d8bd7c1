using Spectre.Console;

namespace AgentSociety.Cli;

/// <summary>Where a command writes: results for people, results for programs, and troubles.</summary>
/// <param name="Out">Results for people, on standard output.</param>
/// <param name="Error">Troubles and hints, on standard error.</param>
/// <param name="Raw">Results for programs, written as they are: never wrapped, never coloured.</param>
/// <param name="IsInteractive">True where somebody watches a terminal that can redraw.</param>
internal sealed record Terminal(IAnsiConsole Out, IAnsiConsole Error, TextWriter Raw, bool IsInteractive)
{
    private const int WidthWithoutTerminal = 120;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        Terminal terminal = new(Open(Console.Out), Open(Console.Error), Console.Out, !Console.IsOutputRedirected && !Console.IsInputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb");
        if (Console.IsOutputRedirected) terminal.Out.Profile.Width = WidthWithoutTerminal;
        if (Console.IsErrorRedirected) terminal.Error.Profile.Width = WidthWithoutTerminal;
        return terminal;
    }

    /// <summary>Writes a line of troubles, whole: a path or a command must not be broken in two.</summary>
    public void Complain(string kind, string style, string text)
    {
        foreach (string line in Plain(text).Split('\n'))
        {
            Error.Markup($"[{style}]{Markup.Escape(kind)}[/] ");
            Error.Profile.Out.Writer.WriteLine(line);
        }
    }

    /// <summary>Writes a line to standard output, never wrapped and never coloured.</summary>
    public void Line(string text) => Raw.WriteLine(Plain(text));

    /// <summary>A text of files or of models without characters that a terminal takes for commands, such as those that set its title: each becomes U+FFFD. Line ends and tabs stay.</summary>
    public static string Plain(string text) => text.Any(Commands) ? string.Concat(text.Select(character => Commands(character) ? '\uFFFD' : character)) : text;

    private static bool Commands(char character) => char.IsControl(character) && character is not ('\n' or '\r' or '\t');

    private static IAnsiConsole Open(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
}
