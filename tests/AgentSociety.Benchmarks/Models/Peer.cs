using System.Diagnostics;
using System.Globalization;

namespace AgentSociety.Benchmarks;

/// <summary>Another implementation in a process of its own, asked for one figure at a time, so that its runs and ours can take turns.</summary>
/// <remarks>It writes <c>ready NAME</c> when it has loaded, then answers each line with tokens a second. While it is not asked it sleeps.</remarks>
internal sealed class Peer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process? _process;

    private Peer(string name, string? problem)
    {
        Name = name;
        Problem = problem;
    }

    private Peer(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    /// <summary>What it is, with its version.</summary>
    public string Name { get; private set; }

    /// <summary>Why it gives no figures; null where it does.</summary>
    public string? Problem { get; private set; }

    /// <summary>One that is not there.</summary>
    public static Peer Missing(string name, string problem) => new(name, problem);

    /// <summary>Starts one.</summary>
    public static Peer Start(string name, string file, IEnumerable<string> arguments, string? folder = null)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        // As for our own tensors: threads that spin while they wait cost more than they bring wherever something else runs too.
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        try
        {
            Process process = Process.Start(start)!;
            string last = "";
            process.ErrorDataReceived += (_, line) => last = string.IsNullOrWhiteSpace(line.Data) ? last : line.Data.Trim();
            process.BeginErrorReadLine();
            Peer peer = new(name, process);
            string? ready = peer.Line();
            if (ready?.StartsWith("ready ", StringComparison.Ordinal) == true)
            {
                peer.Name = ready["ready ".Length..];
                return peer;
            }

            peer.Dispose();
            return Missing(name, last.Length > 0 ? last : "it ends at once");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return Missing(name, $"{file} cannot be started");
        }
    }

    /// <summary>Tokens a second of a load; null where it gives none any more.</summary>
    public double? Rate(string load)
    {
        if (Problem is not null) return null;
        _process!.StandardInput.WriteLine(load);
        _process.StandardInput.Flush();
        if (Line() is { } answer && double.TryParse(answer, CultureInfo.InvariantCulture, out double rate)) return rate;
        Problem = $"no answer to '{load}'";
        return null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private string? Line()
    {
        Task<string?> line = _process!.StandardOutput.ReadLineAsync();
        return line.Wait(Patience) ? line.Result : null;
    }
}
