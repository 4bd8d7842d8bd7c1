using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>Keys and values of all slots in one tensor, cut into pages that slots take as they grow (Kwon et al. 2023, "PagedAttention", section 4.1).</summary>
/// <remarks>
/// A cell is the keys or values of one position, [keyHeads * headWidth]. What is gathered reaches to the end of a page, and a value that is no number stays
/// one under any weight: pages are zero when they are taken, and a page that is begun again is cleared behind what it keeps.
/// </remarks>
internal sealed class CachePool : IDisposable
{
    /// <summary>Positions of a page.</summary>
    public const int Page = 16;

    private static readonly Scalar Zero = 0.ToScalar();
    private readonly Tensor _cells; // [2, layers, cells, keyHeads * headWidth]
    private readonly Tensor[] _keys; // of each layer, [cells, keyHeads * headWidth]
    private readonly Tensor[] _values;
    private readonly int _heads;
    private readonly List<int>[] _pages;
    private readonly int[] _written;
    private readonly Stack<int> _free = [];
    private readonly bool[] _used;

    /// <summary>A pool for so many positions of all slots together; each slot may leave part of its last page empty.</summary>
    public CachePool(DecoderConfig config, int slots, long positions, ScalarType type, Device device)
    {
        // Page 0 is nobody's: it stands where a shorter sequence has no page.
        int pages = checked((int)(1 + (positions + Page - 1) / Page + slots));
        _heads = config.KeyValueHeads;
        _cells = zeros([2, config.Layers, (long)pages * Page, (long)config.KeyValueHeads * config.HeadWidth], type, device).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.Layers).Select(layer => Of(0, layer))];
        _values = [.. Enumerable.Range(0, config.Layers).Select(layer => Of(1, layer))];
        _pages = [.. Enumerable.Range(0, slots).Select(_ => new List<int>())];
        _written = new int[slots];
        _used = new bool[pages];
        for (int page = pages - 1; page > 0; page--) _free.Push(page);

        Tensor Of(int part, int layer)
        {
            using Tensor layers = _cells.select(0, part);
            return layers.select(0, layer).DetachFromDisposeScope();
        }
    }

    /// <summary>The cell of a slot's position.</summary>
    public long Cell(int slot, int position) => (long)_pages[slot][position / Page] * Page + position % Page;

    /// <summary>The page that holds a slot's positions from <see cref="Page"/> times <paramref name="index"/> on; 0 where the slot has none.</summary>
    public int PageOf(int slot, int index) => index < _pages[slot].Count ? _pages[slot][index] : 0;

    /// <summary>Makes room for positions that are about to be written; what the slot holds behind <paramref name="first"/> goes.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="first">The first position.</param>
    /// <param name="count">How many.</param>
    /// <param name="stale">Takes the cells to be cleared before anything is written.</param>
    public void Begin(int slot, int first, int count, List<long> stale)
    {
        if (first < _written[slot]) CutBack(slot, first, stale);
        for (int wanted = (first + count + Page - 1) / Page; _pages[slot].Count < wanted;)
        {
            int page = _free.Pop();
            if (_used[page]) stale.AddRange(Enumerable.Range(0, Page).Select(cell => (long)page * Page + cell));
            _used[page] = true;
            _pages[slot].Add(page);
        }

        _written[slot] = first + count;
    }

    /// <summary>Clears cells, [n], int64.</summary>
    public void Clear(Tensor cells) => _cells.index_fill_(2, cells, Zero);

    /// <summary>Gives a slot's pages back.</summary>
    public void Release(int slot)
    {
        foreach (int page in _pages[slot]) _free.Push(page);
        _pages[slot].Clear();
        _written[slot] = 0;
    }

    /// <summary>Copies the first positions of a slot to another.</summary>
    public void CopyPrefix(int from, int to, int length)
    {
        using DisposeScope scope = NewDisposeScope();
        List<long> stale = [];
        Begin(to, 0, length, stale);
        if (stale.Count > 0) Clear(tensor(stale.ToArray(), ScalarType.Int64, _cells.device));
        Tensor source = Cells(from), target = Cells(to);
        _cells.index_copy_(2, target, _cells.index_select(2, source));

        Tensor Cells(int slot) => tensor(Enumerable.Range(0, length).Select(position => Cell(slot, position)).ToArray(), ScalarType.Int64, _cells.device);
    }

    /// <summary>Writes a layer's keys and values, [rows, keyHeads, headWidth] each, to cells, [rows].</summary>
    public void Store(int layer, Tensor cells, Tensor keys, Tensor values)
    {
        _keys[layer].index_copy_(0, cells, keys.reshape(keys.shape[0], -1));
        _values[layer].index_copy_(0, cells, values.reshape(values.shape[0], -1));
    }

    /// <summary>A layer's keys and values on some pages.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pages">[sequences * pagesOfEach].</param>
    /// <param name="sequences">How many.</param>
    /// <returns>[sequences, keyHeads, positions, headWidth] each.</returns>
    public (Tensor Keys, Tensor Values) Gather(int layer, Tensor pages, long sequences) => (Gather(_keys[layer], pages, sequences), Gather(_values[layer], pages, sequences));

    public void Dispose()
    {
        foreach (Tensor view in _keys.Concat(_values)) view.Dispose();
        _cells.Dispose();
    }

    private Tensor Gather(Tensor cells, Tensor pages, long sequences)
    {
        long width = cells.shape[1];
        return cells.view(-1, Page * width).index_select(0, pages).view(sequences, -1, _heads, width / _heads).transpose(1, 2);
    }

    private void CutBack(int slot, int kept, List<long> stale)
    {
        int whole = (kept + Page - 1) / Page;
        for (int index = whole; index < _pages[slot].Count; index++) _free.Push(_pages[slot][index]);
        _pages[slot].RemoveRange(whole, _pages[slot].Count - whole);
        for (int position = kept; position % Page != 0; position++) stale.Add(Cell(slot, position));
    }
}
