using System.Diagnostics.Metrics;

namespace AgentSociety.Models;

/// <summary>What one engine reports to <see cref="System.Diagnostics.Metrics"/>; levels add up over the engines of a process.</summary>
internal sealed class EngineMetrics(TimeProvider time)
{
    private static readonly Meter Meter = new(DecodingEngine.MeterName);
    private static readonly Counter<long> Decoded = Meter.CreateCounter<long>("decoding.tokens", "{token}", "Tokens sampled");
    private static readonly Counter<long> Prefilled = Meter.CreateCounter<long>("decoding.prefilled", "{token}", "Tokens of prompts and tool replies computed");
    private static readonly Histogram<double> StepSeconds = Meter.CreateHistogram<double>("decoding.step", "s", "Time of one step");
    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("decoding.batch", "{sequence}", "Sequences in a step");
    private static readonly UpDownCounter<int> Waiting = Meter.CreateUpDownCounter<int>("decoding.queue", "{request}", "Requests that wait for a slot");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("decoding.refused", "{request}", "Requests that the queue had no room for");
    private static readonly UpDownCounter<int> Running = Meter.CreateUpDownCounter<int>("decoding.running", "{sequence}", "Sequences that have a slot");
    private static readonly UpDownCounter<long> Cached = Meter.CreateUpDownCounter<long>("decoding.cache.tokens", "{token}", "Positions of running sequences in the cache");
    private static readonly UpDownCounter<long> Room = Meter.CreateUpDownCounter<long>("decoding.cache.room", "{token}", "Positions that the caches have room for");
    private static readonly Histogram<double> Rate = Meter.CreateHistogram<double>("decoding.rate", "{token}/s", "Tokens sampled a second, over stretches of about a second in which something ran");

    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(1);
    private (int Waiting, int Running, long Cached, long Room) _level;
    private double _seconds;
    private long _tokens;

    /// <summary>When a step began.</summary>
    public long Start() => time.GetTimestamp();

    /// <summary>Notes a step.</summary>
    /// <param name="started">What <see cref="Start"/> gave.</param>
    /// <param name="batch">Sequences in it.</param>
    /// <param name="decoded">Tokens sampled.</param>
    /// <param name="prefilled">Other tokens computed.</param>
    /// <returns>Seconds it took.</returns>
    public double Step(long started, int batch, int decoded, int prefilled)
    {
        double seconds = time.GetElapsedTime(started).TotalSeconds;
        Decoded.Add(decoded);
        Prefilled.Add(prefilled);
        StepSeconds.Record(seconds);
        BatchSize.Record(batch);
        _seconds += seconds;
        _tokens += decoded;
        if (_seconds < Stretch.TotalSeconds) return seconds;
        Rate.Record(_tokens / _seconds);
        (_seconds, _tokens) = (0, 0);
        return seconds;
    }

    /// <summary>Notes a request that there was no room for.</summary>
    public static void Refuse() => Refusals.Add(1);

    /// <summary>Notes levels as they are now.</summary>
    public void Level(int waiting, int running, long cached, long room)
    {
        Waiting.Add(waiting - _level.Waiting);
        Running.Add(running - _level.Running);
        Cached.Add(cached - _level.Cached);
        Room.Add(room - _level.Room);
        _level = (waiting, running, cached, room);
    }
}
