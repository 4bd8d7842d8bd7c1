using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AgentSociety.Models.Cpu;

/// <summary>Weights that are read soon and lie far away, asked for a little at a time while something is computed that waits for no memory.</summary>
internal sealed unsafe class Lookahead
{
    /// <summary>What one request asks for: a cache line. More at once fills what a core may wait for, so that the product waits too, and what does not fit is lost.</summary>
    public const int Step = 64;

    private readonly List<(nint Start, nint End)> _pieces = [];
    private long _each;
    private int _piece;
    private nint _at;

    /// <summary>True where all has been asked for.</summary>
    public bool Done => _piece >= _pieces.Count;

    /// <summary>Asks for a cache line.</summary>
    /// <returns>Where the next one begins.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Ask(byte* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
        return line + Step;
    }

    /// <summary>Forgets what was to be read.</summary>
    public void Clear() => _pieces.Clear();

    /// <summary>Something that will be read, in the order of reading.</summary>
    public void Add(byte* start, long bytes) => _pieces.Add(((nint)start, (nint)(start + bytes)));

    /// <summary>Begins anew, to be done in a number of parts.</summary>
    public void Spread(int parts)
    {
        long bytes = 0;
        foreach ((nint start, nint end) in _pieces) bytes += end - start;
        _each = parts == 0 ? 0 : (bytes / parts / Step + 1) * Step;
        _piece = 0;
        _at = _pieces.Count == 0 ? 0 : _pieces[0].Start;
    }

    /// <summary>The next part, as far as it lies in one piece; what it holds of pieces before that one, and what is more than there are occasions for, is asked for at once.</summary>
    /// <param name="occasions">How often the one who takes it will ask.</param>
    /// <param name="from">Where it begins.</param>
    /// <param name="to">Where it ends; not behind <paramref name="from"/> where nothing is left.</param>
    public void Take(int occasions, out byte* from, out byte* to)
    {
        from = to = null;
        for (long left = _each; left > 0 && !Done;)
        {
            while (from < to) from = Ask(from);
            nint end = (nint)Math.Min(_at + left, _pieces[_piece].End);
            from = (byte*)_at;
            to = (byte*)end;
            left -= end - _at;
            _at = end;
            if (end == _pieces[_piece].End && ++_piece < _pieces.Count) _at = _pieces[_piece].Start;
        }

        while (to - from > (long)occasions * Step) from = Ask(from);
    }
}
