using System.Diagnostics;
using AgentSociety.Core;

namespace AgentSociety.Society;

/// <summary>Keeps two processes from playing the same run; the operating system lets go of it when the process dies.</summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>How long a lock that is held is asked for again: who looks whether the run is being played holds it for a moment.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a run.</summary>
    /// <exception cref="SocietyException">Another process plays the run, or the directory cannot be written.</exception>
    public static RunLock Take(RunDirectory directory)
    {
        long begun = Stopwatch.GetTimestamp();
        try
        {
            while (true)
            {
                try
                {
                    return new RunLock(new FileStream(directory.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                }
                catch (IOException) when (Stopwatch.GetElapsedTime(begun) < Patience)
                {
                    Thread.Sleep(Pause);
                }
            }
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new SocietyException($"{directory.Path}: cannot be written ({cause.Message})", cause: cause);
        }
        catch (IOException cause)
        {
            throw new SocietyException($"{directory.Path}: another process is running this run, or the place is full or read-only ({cause.Message}); wait for it, or name another directory with --out", cause: cause);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();
}
