using System.Diagnostics;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Benchmarks;

/// <summary>The same model in plain PyTorch, run by a Python that has it (Debian's <c>python3-torch</c>, or the one after <c>--python</c>).</summary>
internal static class TorchPeer
{
    /// <summary>Tokens a second by figure; empty where no Python with PyTorch was found, which is said on the console.</summary>
    public static Dictionary<string, double> Measure(string[] arguments, ArchitectureSettings shape, int vocabulary)
    {
        int option = Array.IndexOf(arguments, "--python");
        string? python = ((string[])(option >= 0 ? [arguments[option + 1]] : ["python3", "/usr/bin/python3"])).FirstOrDefault(candidate => Start(candidate, "-c", "import torch") is not null);
        if (python is null)
        {
            Console.WriteLine("no Python with PyTorch found: figures without peer (install python3-torch, or name one with --python)");
            return [];
        }

        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_peer.py");
        int[] sizes = [shape.Width, shape.Layers, shape.Heads, shape.KeyValueHeads, shape.FeedForward, vocabulary, TorchRuntime.Threads];
        string output = Start(python, [script, .. sizes.Select(size => $"{size}")]) ?? "";
        if (output.Length == 0) Console.WriteLine($"{python} {script} {string.Join(' ', sizes)} failed: figures without peer");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => double.Parse(parts[1]));
    }

    private static string? Start(string file, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
