using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace AgentSociety.Learning;

/// <summary>The process' threads for shares of gradient steps; they live as long as it.</summary>
/// <remarks>
/// The C library's heap keeps what a thread has freed for that thread. With threads of a pool, which come and go, every new one would have gigabytes of large models'
/// values mapped and zeroed anew, and hold them.
/// </remarks>
internal static class TrainingThreads
{
    private static readonly BlockingCollection<Action> Waiting = [];
    private static readonly Lock Gate = new();
    private static int _count;

    [ThreadStatic]
    private static bool _member;

    /// <summary>Does something for every share and returns when the last is done. On one of these threads itself, and for a single share, on the calling one.</summary>
    /// <exception cref="Exception">The first that a share threw; shares that had not begun by then are left out.</exception>
    public static void Run(int shares, int threads, Action<int> work)
    {
        if (threads == 1 || shares == 1 || _member)
        {
            for (int share = 0; share < shares; share++) work(share);
            return;
        }

        int helpers = Math.Min(threads, shares), next = -1;
        ExceptionDispatchInfo? failure = null;
        using CountdownEvent running = new(helpers);
        void TakeShares()
        {
            try
            {
                for (int share; failure is null && (share = Interlocked.Increment(ref next)) < shares;) work(share);
            }
            catch (Exception thrown)
            {
                // Handed to the caller; on this thread it would end the process.
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(thrown), null);
            }

            running.Signal();
        }

        Muster(helpers);
        for (int helper = 0; helper < helpers; helper++) Waiting.Add(TakeShares);
        running.Wait();
        failure?.Throw();
    }

    private static void Muster(int threads)
    {
        lock (Gate)
        {
            for (; _count < threads; _count++) new Thread(Serve) { IsBackground = true, Name = $"training-{_count + 1}" }.Start();
        }
    }

    private static void Serve()
    {
        _member = true;
        foreach (Action work in Waiting.GetConsumingEnumerable()) work();
    }
}
