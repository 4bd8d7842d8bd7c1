using System.Runtime.ExceptionServices;

namespace AgentSociety.Models.Cpu;

/// <summary>Threads that do shares of one piece of work together with the caller, which takes the first share.</summary>
internal sealed class Team : IDisposable
{
    private readonly Thread[] _members;
    private readonly SemaphoreSlim[] _starts;
    private readonly CountdownEvent _running = new(1);
    private Action<int> _work = static _ => { };
    private ExceptionDispatchInfo? _failure;
    private bool _over;

    public Team(int threads)
    {
        _starts = [.. Enumerable.Range(1, threads - 1).Select(_ => new SemaphoreSlim(0))];
        _members = [.. _starts.Select((start, index) => new Thread(() => Serve(start, index + 1)) { IsBackground = true, Name = $"decoding-{index + 1}" })];
        foreach (Thread member in _members) member.Start();
    }

    /// <summary>Does all shares and returns when the last is done.</summary>
    public void Run(int shares, Action<int> work)
    {
        _work = work;
        _running.Reset(shares);
        for (int share = 1; share < shares; share++) _starts[share - 1].Release();
        try
        {
            work(0);
        }
        finally
        {
            _running.Signal();
            _running.Wait();
        }

        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    public void Dispose()
    {
        _over = true;
        foreach (SemaphoreSlim start in _starts) start.Release();
        foreach (Thread member in _members) member.Join();
        foreach (SemaphoreSlim start in _starts) start.Dispose();
        _running.Dispose();
    }

    private void Serve(SemaphoreSlim start, int share)
    {
        while (true)
        {
            start.Wait();
            if (_over) return;
            try
            {
                _work(share);
            }
            catch (Exception failure)
            {
                // Handed to the caller of Run; on this thread it would end the process.
                _failure = ExceptionDispatchInfo.Capture(failure);
            }

            _running.Signal();
        }
    }
}
