using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Environments;
using AgentSociety.Environments.Yours;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>env list|test</c>.</summary>
internal static class EnvCommand
{
    public static Command Create(Terminal terminal) => new Verb("env", "Write scenarios", "Lists the environments that scenarios can name, and tests one, also your own.",
        new("env list", "What can be played"),
        new("env test external --set command=python3 --set 'arguments=[my_task.py]'", "Does my own task keep the rules?"))
    {
        List(terminal),
        Test(terminal),
    };

    private static Verb List(Terminal terminal)
    {
        Verb command = new("list", "Write scenarios", "Lists the environments with what each is about.", new Example("env list", "What can be played"));
        command.SetAction(_ =>
        {
            Grid grid = new();
            grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
            grid.AddColumn();
            foreach (EnvironmentEntry entry in EnvironmentCatalog.All) grid.AddRow($"[green]{Markup.Escape(entry.Name)}[/]", Markup.Escape(entry.Summary));
            terminal.Out.Write(grid);
        });
        return command;
    }

    private static Verb Test(Terminal terminal)
    {
        Argument<string> name = new("NAME") { Description = "An environment of the list; plugin and external are your own." };
        Option<string[]> set = new("--set") { Description = "An option of the environment; may be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
        Option<long> seed = new("--seed") { Description = "The world's seed.", HelpName = "N", DefaultValueFactory = _ => 1L, CustomParser = OptionValue.Whole<long> };
        Option<int> samples = new("--samples") { Description = "Problems to play with.", HelpName = "N", DefaultValueFactory = _ => 20, CustomParser = result => OptionValue.Whole(result, 1, int.MaxValue) };
        Verb command = new("test", "Write scenarios", "Plays with an environment and names every promise that it breaks.",
            new("env test arithmetic --set operations=+-", "One of ours"),
            new("env test plugin --set assembly=MyTask.dll --set type=My.Task", "A class of yours"));
        command.Add(name);
        command.Add(set);
        command.Add(seed);
        command.Add(samples);
        command.SetAction(parsed => Check(parsed.GetRequiredValue(name), parsed.GetValue(set) ?? [], (ulong)parsed.GetValue(seed), parsed.GetValue(samples), terminal));
        return command;
    }

    private static int Check(string name, string[] options, ulong seed, int samples, Terminal terminal)
    {
        EnvironmentEntry entry = EnvironmentCatalog.Find(name)
            ?? throw new SocietyException($"there is no environment '{name}'; {Nearest.Hint(name, [.. EnvironmentCatalog.All.Select(known => known.Name)])}");
        object settings = ScenarioFile.Settings(entry.OptionsType, options);
        IEnvironment environment = entry.Create(settings, seed);
        using IDisposable? held = environment as IDisposable;
        IReadOnlyList<string> failures = Conformance.Check(environment, samples, () => entry.Create(settings, seed));
        foreach (string failure in failures) terminal.Complain("broken", "red", failure);
        if (failures.Count > 0) return ExitCode.Failed;
        terminal.Line($"{environment.Name}: keeps every promise in {samples} problems of difficulty 1 to {Math.Min(samples, environment.MaximumDifficulty)}.");
        return ExitCode.Done;
    }
}
