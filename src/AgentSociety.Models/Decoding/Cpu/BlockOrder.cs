namespace AgentSociety.Models.Cpu;

/// <summary>The rows of one run, cut into blocks that threads take one after another.</summary>
/// <remarks>
/// A sequence may be cut: a block that goes on with the sequence of the one before needs its keys and values, and waits for them layer by layer, so that both are under
/// way at the same time, a fraction of a layer apart. Blocks are then taken in an order in which the one that is waited for comes first; the earliest of those under way waits
/// for nobody. Where no sequence is cut each thread begins with a part of its own, the same from step to step as far as sequences stay, so that their caches are near it, and then
/// helps the others. Which rows stand together changes no bits (see <see cref="Tile{TWeight}"/>).
/// </remarks>
internal sealed class BlockOrder
{
    /// <summary>Most rows of a block.</summary>
    public const int MostRows = 64;

    /// <summary>Rows of a tile; blocks are whole numbers of them as far as possible. Tiles of six and four leave none by itself there either.</summary>
    private const int RowsTogether = 4;

    private Row[] _rows = [];
    private int[] _starts = [0];
    private int[] _depths = [];
    private int[] _order = [];
    private int[] _stored = [];
    private int[] _next = [];
    private int[] _ends = [];
    private bool _cut;
    private volatile Exception? _failure;

    /// <summary>How many blocks there are.</summary>
    public int Count { get; private set; }

    /// <summary>Cuts the rows of a new run.</summary>
    /// <param name="rows">Rows; those of one slot are consecutive and in order of position.</param>
    /// <param name="threads">How many threads will take blocks.</param>
    public void Cut(ReadOnlySpan<Row> rows, int threads)
    {
        if (_rows.Length < rows.Length) _rows = new Row[rows.Length];
        rows.CopyTo(_rows);
        int rounds = (rows.Length + MostRows * threads - 1) / (MostRows * threads), parts = Math.Max(1, rounds * threads);
        int size = Math.Min(MostRows, ((rows.Length + parts - 1) / parts + RowsTogether - 1) / RowsTogether * RowsTogether);
        Count = 0;
        for (int start = 0; start < rows.Length; Count++)
        {
            if (_starts.Length < Count + 2) Grow();
            _starts[Count] = start;
            _depths[Count] = Continues(rows, start) ? _depths[Count - 1] + 1 : 0;
            (_order[Count], _stored[Count]) = (Count, 0);
            start = End(rows, start, size);
            _starts[Count + 1] = start;
        }

        // The beginnings of all sequences before what follows: threads then seldom meet in one sequence while there are several.
        _cut = _depths.AsSpan(0, Count).ContainsAnyExcept(0);
        if (_cut) _order.AsSpan(0, Count).Sort((left, right) => _depths[left] != _depths[right] ? _depths[left].CompareTo(_depths[right]) : left.CompareTo(right));
        int parted = _cut ? 1 : threads;
        if (_next.Length != parted) (_next, _ends) = (new int[parted], new int[parted]);
        for (int part = 0; part < parted; part++) (_next[part], _ends[part]) = (Count * part / parted, Count * (part + 1) / parted);
        _failure = null;
    }

    /// <summary>True where no sequence of the run is cut, so that no block waits for another.</summary>
    public bool Independent => !_cut;

    /// <summary>Takes a thread's next block; false where all are taken.</summary>
    public bool TryTake(int thread, out int block)
    {
        for (int turn = 0; turn < _next.Length; turn++)
        {
            int part = (thread + turn) % _next.Length;
            if (Volatile.Read(ref _next[part]) >= _ends[part]) continue;
            int place = Interlocked.Increment(ref _next[part]) - 1;
            if (place >= _ends[part]) continue;
            block = _order[place];
            return true;
        }

        block = -1;
        return false;
    }

    /// <summary>The rows of a block.</summary>
    public ReadOnlySpan<Row> Rows(int block) => _rows.AsSpan(_starts[block].._starts[block + 1]);

    /// <summary>Says that a block's keys and values of a layer are in the caches, and returns when those before them are as well.</summary>
    /// <exception cref="InvalidOperationException">Another thread has failed.</exception>
    public void Stored(int block, int layer)
    {
        if (_depths[block] > 0)
        {
            // Yields and never sleeps: the other is a fraction of a layer behind.
            SpinWait wait = default;
            while (Volatile.Read(ref _stored[block - 1]) <= layer)
            {
                if (_failure is { } cause) throw new InvalidOperationException("Another thread of the run has failed.", cause);
                wait.SpinOnce(sleep1Threshold: -1);
            }
        }

        // After the wait, so that whoever waits for this block has what was before it too.
        Volatile.Write(ref _stored[block], layer + 1);
    }

    /// <summary>Lets nobody wait any more for a thread that has failed.</summary>
    public void Break(Exception cause) => _failure ??= cause;

    /// <summary>True where a block that begins here goes on with the sequence of the row before.</summary>
    private static bool Continues(ReadOnlySpan<Row> rows, int start) => start > 0 && rows[start].Slot == rows[start - 1].Slot;

    /// <summary>Where a block ends: with a sequence where one ends in its second half, so that not more sequences are cut than need be.</summary>
    private static int End(ReadOnlySpan<Row> rows, int start, int size)
    {
        int full = Math.Min(start + size, rows.Length), end = full;
        if (full == rows.Length) return full;
        while (end > start + size / 2 && Continues(rows, end)) end--;
        return Continues(rows, end) ? full : end;
    }

    private void Grow()
    {
        int room = 2 * _starts.Length + 14;
        Array.Resize(ref _starts, room + 1);
        Array.Resize(ref _depths, room);
        Array.Resize(ref _order, room);
        Array.Resize(ref _stored, room);
    }
}
