namespace AgentSociety.Kernel;

/// <summary>Holds requests to an endpoint back: so many at a time, and so many begun in a minute, evenly spaced.</summary>
internal sealed class EndpointPace(int concurrency, double requestsPerMinute, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _places = new(concurrency, concurrency);
    private readonly TimeSpan _spacing = requestsPerMinute > 0 ? TimeSpan.FromMinutes(1 / requestsPerMinute) : TimeSpan.Zero;
    private readonly Lock _gate = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Waits until a request may begin. Give the result back when it is over.</summary>
    public async Task<Place> EnterAsync(CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            TimeSpan wait;
            lock (_gate)
            {
                DateTimeOffset now = clock.GetUtcNow(), turn = _next > now ? _next : now;
                _next = turn + _spacing;
                wait = turn - now;
            }

            if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, cancellation).ConfigureAwait(false);
            return new Place(_places);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    public void Dispose() => _places.Dispose();

    /// <summary>One of the requests that may be under way.</summary>
    internal readonly struct Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
