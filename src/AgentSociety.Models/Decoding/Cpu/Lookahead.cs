using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AgentSociety.Models.Cpu;

/// <summary>Weights that are read soon and lie far away, asked for a little at a time while something is computed that waits for no memory.</summary>
internal sealed unsafe class Lookahead
{
    /// <summary>What one request asks for: four cache lines.</summary>
    private const int Step = 256;

    private readonly List<(nint Start, nint End)> _pieces = [];
    private long _each;
    private int _piece;
    private nint _at;

    /// <summary>Asks for four cache lines.</summary>
    /// <returns>Where the next ones begin.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Ask(byte* lines)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(lines);
            Sse.Prefetch1(lines + 64);
            Sse.Prefetch1(lines + 128);
            Sse.Prefetch1(lines + 192);
        }

        return lines + Step;
    }

    /// <summary>Forgets what was to be read.</summary>
    public void Clear() => _pieces.Clear();

    /// <summary>Something that will be read, in the order of reading.</summary>
    public void Add(float* start, long length) => _pieces.Add(((nint)start, (nint)(start + length)));

    /// <summary>Begins anew, to be done in a number of parts.</summary>
    public void Spread(int parts)
    {
        long bytes = 0;
        foreach ((nint start, nint end) in _pieces) bytes += end - start;
        // A part ends where a piece does, so that there are more of them.
        _each = parts == 0 ? 0 : (bytes / parts / Step + 1) * Step * 5 / 4;
        _piece = 0;
        _at = _pieces.Count == 0 ? 0 : _pieces[0].Start;
    }

    /// <summary>The next part; empty after the last.</summary>
    public void Take(out byte* from, out byte* to)
    {
        from = to = null;
        if (_piece >= _pieces.Count) return;
        nint end = (nint)Math.Min(_at + _each, _pieces[_piece].End);
        from = (byte*)_at;
        to = (byte*)end;
        _at = end;
        if (end < _pieces[_piece].End) return;
        _piece++;
        if (_piece < _pieces.Count) _at = _pieces[_piece].Start;
    }
}
