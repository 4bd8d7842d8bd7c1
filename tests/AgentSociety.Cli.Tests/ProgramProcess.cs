using System.Diagnostics;
using System.Globalization;

namespace AgentSociety.Cli.Tests;

/// <summary>The program as a process of its own, with what it says kept from the terminal.</summary>
internal static class ProgramProcess
{
    private const int InterruptSignal = 2;

    /// <summary>How to start it.</summary>
    /// <remarks>A shell that starts a command in the background has it ignore interrupts, and so does everything that the command starts; the program is given back what a terminal would give it.</remarks>
    public static ProcessStartInfo With(params IEnumerable<string> arguments) => Of(typeof(CommandLine).Assembly.Location, arguments);

    /// <summary>How to start a copy of it that lies elsewhere.</summary>
    public static ProcessStartInfo Of(string assembly, params IEnumerable<string> arguments)
    {
        string[] program = ["dotnet", assembly, .. arguments];
        if (IgnoresInterrupts()) program = ["env", "--default-signal=INT", .. program];
        return new ProcessStartInfo(program[0], program[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    /// <summary>Sends what Ctrl-C sends.</summary>
    public static async Task Interrupt(Process process)
    {
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static bool IgnoresInterrupts()
    {
        if (!OperatingSystem.IsLinux()) return false;
        string ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split(':')[1].Trim();
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (InterruptSignal - 1) & 1) != 0;
    }
}
