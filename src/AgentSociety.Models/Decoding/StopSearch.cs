using System.Text;

namespace AgentSociety.Models;

/// <summary>Looks for texts in what a model writes, token by token; they may begin within one token and end within another.</summary>
/// <remarks>It compares bytes: in UTF-8 no character's bytes are part of another's, and half a character needs no care.</remarks>
internal sealed class StopSearch
{
    private readonly byte[][] _stops;
    private readonly byte[] _window;
    private readonly int _kept;
    private int _length;

    public StopSearch(IReadOnlyList<string> stops, int longestToken)
    {
        _stops = [.. stops.Select(Encoding.UTF8.GetBytes)];
        _kept = _stops.Max(stop => stop.Length) - 1;
        _window = new byte[_kept + longestToken];
    }

    /// <summary>Takes the next token's bytes in; true where they complete one of the texts.</summary>
    public bool Completes(ReadOnlySpan<byte> more)
    {
        more.CopyTo(_window.AsSpan(_length));
        Span<byte> seen = _window.AsSpan(0, _length + more.Length);
        foreach (byte[] stop in _stops)
        {
            if (seen.IndexOf(stop) >= 0) return true;
        }

        _length = Math.Min(_kept, seen.Length);
        seen[^_length..].CopyTo(_window);
        return false;
    }

    /// <summary>Forgets what was written, as where a tool's reply stands between.</summary>
    public void Clear() => _length = 0;
}
