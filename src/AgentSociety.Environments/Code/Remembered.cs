using System.Collections.Concurrent;

namespace AgentSociety.Environments.Code;

/// <summary>What has been worked out for a text lately, so that it is not worked out again for each attempt. Nothing depends on what is remembered but the time it takes.</summary>
/// <remarks>Begins anew when it is full: the texts of a round come together, those of earlier rounds do not come back. Safe to call from any thread.</remarks>
sealed class Remembered<TValue>(int most)
{
    private ConcurrentDictionary<string, TValue> _known = new(StringComparer.Ordinal);
    private int _count;

    public TValue Of(string text, Func<string, TValue> work)
    {
        if (_known.TryGetValue(text, out TValue? known)) return known;
        TValue worked = work(text);
        Keep(text, worked);
        return worked;
    }

    public bool TryGet(string text, out TValue? value) => _known.TryGetValue(text, out value);

    public void Keep(string text, TValue value)
    {
        if (Interlocked.Increment(ref _count) > most)
        {
            _known = new(StringComparer.Ordinal);
            _count = 1;
        }

        _known[text] = value;
    }
}
