using System.CommandLine;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>Options that change a scenario: <c>--seed</c> and <c>--set</c>.</summary>
internal sealed class ScenarioOptions
{
    private readonly Option<long?> _seed = new("--seed") { Description = "Draw everything from this number in place of the scenario's own seed.", HelpName = "N", CustomParser = result => OptionValue.Whole<long>(result) };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Change a key of the scenario, such as selfPlay.rounds=10 or population[1].count=8; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_seed);
        command.Add(_set);
    }

    /// <summary>The scenario of a file with these changes.</summary>
    /// <exception cref="Core.SocietyException">Something in the file or in the changes is wrong.</exception>
    public LoadedScenario Load(ParseResult parsed, string file) => ScenarioFile.Load(file, parsed.GetValue(_set) ?? [], parsed.GetValue(_seed));
}
