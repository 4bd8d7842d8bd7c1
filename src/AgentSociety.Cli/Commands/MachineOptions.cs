using System.CommandLine;
using AgentSociety.Kernel;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>Options of commands that compute: <c>--device</c> and <c>--threads</c>.</summary>
internal sealed class MachineOptions
{
    private const int MostThreads = 1024;

    private readonly Option<string> _device = new("--device") { Description = "Where to compute: auto, cpu, cuda or cuda:N.", HelpName = "DEVICE", DefaultValueFactory = _ => "auto" };
    private readonly Option<int?> _threads = new("--threads") { Description = "Threads that decode and train; as many as the machine has cores where it is not given.", HelpName = "N", CustomParser = result => OptionValue.Whole(result, 1, MostThreads) };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_threads);
    }

    /// <summary>What was given.</summary>
    public RunOptions Read(ParseResult parsed) => new() { Device = parsed.GetValue(_device)!, Threads = parsed.GetValue(_threads), OpenRemote = static settings => new RemotePolicy(settings) };
}
