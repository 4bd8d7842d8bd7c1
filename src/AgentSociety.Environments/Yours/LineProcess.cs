using System.Diagnostics;
using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Environments.Yours;

/// <summary>A child process that answers a line with a line, in time and of bounded length, or is ended.</summary>
/// <remarks>Nothing of it is waited for longer than the timeout: not that it reads, not that its line ends.</remarks>
sealed class LineProcess : IDisposable
{
    private const int LongestLine = 1 << 20;
    private const int LongestComplaint = 300;
    private readonly Process _process;
    private readonly TimeSpan _timeout;
    private readonly byte[] _chunk = new byte[1 << 13];
    private readonly MemoryStream _read = new();
    private readonly StringBuilder _complaint = new();

    private LineProcess(Process process, TimeSpan timeout)
    {
        (_process, _timeout) = (process, timeout);
        _process.ErrorDataReceived += (_, said) => Complain(said.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>The last that it wrote to its standard error: what most languages say there when they end.</summary>
    public string Complaint
    {
        get
        {
            lock (_complaint) return _complaint.ToString().Trim();
        }
    }

    /// <exception cref="SocietyException">It cannot be started.</exception>
    public static LineProcess Start(ExternalOptions options)
    {
        string folder = Path.GetFullPath(options.WorkingDirectory);
        // A program beside the scenario is named as one, and looked for where it will run.
        string command = options.Command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? Path.GetFullPath(options.Command, folder) : options.Command;
        ProcessStartInfo start = new(command, options.Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = folder };
        try
        {
            return new(Process.Start(start) ?? throw new SocietyException($"environment 'external': '{options.Command}' could not be started"), TimeSpan.FromSeconds(options.TimeoutSeconds));
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new SocietyException($"environment 'external': cannot start '{options.Command}' in {folder}: {failure.Message}", cause: failure) { Option = "command" };
        }
    }

    /// <summary>Writes a line and reads one; null where none came, and why.</summary>
    public string? Ask(string line, out string failure)
    {
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            Stream to = _process.StandardInput.BaseStream, from = _process.StandardOutput.BaseStream;
            failure = $"did not read for {_timeout.TotalSeconds} s";
            if (!Done(to.WriteAsync(Encoding.UTF8.GetBytes(line + '\n')).AsTask(), clock) || !Done(to.FlushAsync(), clock)) return null;
            failure = $"silent for {_timeout.TotalSeconds} s";
            while (Line() is var end)
            {
                if (end >= 0) return Taken(end);
                if (_read.Length > LongestLine)
                {
                    failure = "a line longer than 1 MiB";
                    return null;
                }

                Task<int> more = from.ReadAsync(_chunk).AsTask();
                if (!Done(more, clock)) return null;
                if (more.Result == 0) break;
                _read.Write(_chunk, 0, more.Result);
            }
        }
        catch (AggregateException broken) when (broken.InnerException is IOException)
        {
            // The pipe ended while it was written to.
        }

        failure = "it left";
        // What it said on leaving may still be under way.
        SpinWait.SpinUntil(() => Complaint.Length > 0, TimeSpan.FromMilliseconds(200));
        return null;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private bool Done(Task task, Stopwatch clock)
    {
        TimeSpan left = _timeout - clock.Elapsed;
        if (task.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero)) return true;
        // The process is ended next, and the pipe breaks under what still waits on it.
        _ = task.ContinueWith(static late => _ = late.Exception, TaskScheduler.Default);
        return false;
    }

    private int Line() => _read.GetBuffer().AsSpan(0, (int)_read.Length).IndexOf((byte)'\n');

    private string Taken(int end)
    {
        byte[] all = _read.ToArray();
        _read.SetLength(0);
        _read.Write(all, end + 1, all.Length - end - 1);
        return Encoding.UTF8.GetString(all, 0, end);
    }

    private void Complain(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_complaint)
        {
            _complaint.Append(_complaint.Length > 0 ? " / " : "").Append(line.Trim());
            if (_complaint.Length > LongestComplaint) _complaint.Remove(0, _complaint.Length - LongestComplaint);
        }
    }
}
