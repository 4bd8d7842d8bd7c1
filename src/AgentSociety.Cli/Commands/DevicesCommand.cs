using System.CommandLine;
using AgentSociety.Models;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>devices</c>.</summary>
internal static class DevicesCommand
{
    public static Command Create(Terminal terminal)
    {
        Verb command = new("devices", "Models", "Shows which libtorch is in use and on what it can compute.",
            new("devices", "The one that the program was built with"),
            new("devices --libtorch ~/venv/lib/python3.12/site-packages/torch/lib", "An installed PyTorch's"))
        {
            More = "What --device may name, and what auto means, follows from it.",
        };
        command.SetAction(_ =>
        {
            TorchRuntime.Initialize();
            LibtorchInUse library = TorchRuntime.Libtorch!;
            Grid grid = new();
            grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
            grid.AddColumn();
            int gpus = TorchRuntime.Gpus;
            foreach ((string name, string value) in (IEnumerable<(string, string)>)
            [
                ("libtorch", $"{library.Version ?? "of an unknown version"}, {(library.Cuda ? "CUDA and CPU" : "CPU alone")}"),
                ("folder", library.Folder),
                ("cpu", $"{TorchRuntime.Threads} threads"),
                ("gpu", gpus > 0 ? string.Join(", ", Enumerable.Range(0, gpus).Select(gpu => $"cuda:{gpu}")) : "none seen"),
                ("auto", TorchRuntime.DeviceName),
            ]) grid.AddRow($"[green]{name}[/]", Markup.Escape(value));
            terminal.Out.Write(grid);
        });
        return command;
    }
}
