using System.Collections.Concurrent;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>One life of a run in this process: what its actors share and whom they tell how it ended.</summary>
internal sealed class RunSession : IDisposable
{
    private const int MostRestarts = 2;
    private readonly ConcurrentStack<IDisposable> _kept = new();
    private readonly TaskCompletionSource<RunEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public required RunPlan Plan { get; init; }

    public required RunDirectory Directory { get; init; }

    public required RunRecords Records { get; init; }

    public required SocietyDatabase Database { get; init; }

    public required Scratchpad Scratchpad { get; init; }

    /// <summary>Which held-out test is taken (<see cref="HeldOutTest.Fingerprint"/>).</summary>
    public required string HeldOut { get; init; }

    /// <summary>Opens an endpoint; null where there is none to be had.</summary>
    public Func<RemoteSettings, IRemotePolicy>? OpenRemote { get; init; }

    public required Action<RunProgress> Watch { get; init; }

    /// <summary>Called before a round is stored.</summary>
    public Action? Storing { get; init; }

    public required CancellationToken Stop { get; init; }

    /// <summary>Ends with the run; fails with what stopped it.</summary>
    public Task<RunEnd> End => _end.Task;

    private int _restarts;

    /// <summary>The society was restarted; an error that comes back again and again ends the run.</summary>
    public void Restarted(Exception cause)
    {
        if (++_restarts > MostRestarts) Fail(cause);
    }

    /// <summary>Keeps something alive until the run is over and none of its actors is left.</summary>
    public void Keep(IDisposable held) => _kept.Push(held);

    /// <summary>Lets go of what was kept; to be called when the actors are gone.</summary>
    public void Dispose()
    {
        while (_kept.TryPop(out IDisposable? held)) held.Dispose();
    }

    public void EndAs(RunEnd end) => _end.TrySetResult(end);

    public void Fail(Exception cause) => _end.TrySetException(cause);
}
