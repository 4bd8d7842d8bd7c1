namespace AgentSociety.Models.Cpu;

/// <summary>The decoder's forward pass on the CPU, computed in float32, without torch: rows go through all layers in blocks, and threads take blocks.</summary>
/// <remarks>Threads meet once a run, and where a long prompt is cut once a layer too: rows of different sequences never look at each other (see <see cref="BlockOrder"/>).</remarks>
internal sealed unsafe class CpuPass : IForwardPass
{
    /// <summary>Multiply-adds below which a second thread costs more than it brings.</summary>
    private const long WorthAThread = 2_000_000;

    /// <summary>Rows of one sequence below which a thread of their own is not worth that they wait for those before.</summary>
    private const int WorthCutting = 16;

    private readonly LanguageModel _model;
    private readonly int _context;
    private readonly PackedDecoder _weights;
    private readonly KeyValueCache?[] _caches;
    private readonly FloatBlock _cosines;
    private readonly FloatBlock _sines;
    private readonly FloatBlock _logits;
    private readonly RowBlock[] _blocks;
    private readonly BlockOrder _order = new();
    private readonly Team _team;
    private readonly Action<int> _runBlocks;
    private readonly long _multiplications;

    public CpuPass(LanguageModel model, PassSize size, int threads)
    {
        DecoderConfig config = model.Decoder.Config;
        _model = model;
        _context = size.Context;
        _weights = new PackedDecoder(model.Decoder);
        _caches = new KeyValueCache?[size.Slots];
        _logits = new FloatBlock((long)Math.Min(size.Slots, size.Rows) * _weights.Head.PaddedOutputs);
        int half = config.HeadWidth / 2;
        _cosines = new FloatBlock((long)_context * half);
        _sines = new FloatBlock((long)_context * half);
        RotaryTable.Fill(config, Values(_cosines), Values(_sines));
        _blocks = [.. Enumerable.Range(0, threads).Select(_ => new RowBlock(_weights, _context, _caches, _cosines, _sines, _logits))];
        _multiplications = model.ParameterCount;
        _runBlocks = RunBlocks;
        // Last, since threads stay where what comes after them fails.
        _team = new Team(threads);
    }

    /// <inheritdoc />
    public void Refresh() => _weights.Pack(_model.Decoder);

    /// <inheritdoc />
    public IDisposable Pack(Adapter adapter, bool halved) => new PackedAdapter(adapter, _weights.Config, halved);

    /// <inheritdoc />
    public void Run(ReadOnlySpan<Row> rows)
    {
        int sequences = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            _caches[rows[row].Slot] ??= new KeyValueCache(_weights.Config, _context);
            if (row == 0 || rows[row].Slot != rows[row - 1].Slot) sequences++;
        }

        // A thread without a block would be woken for nothing.
        int useful = Math.Clamp(Math.Max(sequences, rows.Length / WorthCutting), 1, _blocks.Length);
        int threads = (int)Math.Clamp(rows.Length * _multiplications / WorthAThread, 1, useful);
        _order.Cut(rows, threads);
        if (threads == 1) _blocks[0].Run(_order, 0);
        else _team.Run(Math.Min(threads, _order.Count), _runBlocks);
    }

    /// <inheritdoc />
    public Span<float> Logits(int output) => new(_logits.Start + (long)output * _weights.Head.PaddedOutputs, _weights.Config.VocabularySize);

    /// <inheritdoc />
    public void Reserve(int slot, int positions, int kept)
    {
        if (_caches[slot] is { } old && old.Positions >= positions) return;
        KeyValueCache grown = new(_weights.Config, positions);
        if (_caches[slot] is { } before)
        {
            grown.CopyFrom(before, kept);
            before.Dispose();
        }

        _caches[slot] = grown;
    }

    /// <inheritdoc />
    public void Release(int slot)
    {
        _caches[slot]?.Dispose();
        _caches[slot] = null;
    }

    /// <inheritdoc />
    public void CopyPrefix(int from, int to, int length) => (_caches[to] ??= new KeyValueCache(_weights.Config, _context)).CopyFrom(_caches[from]!, length);

    public void Dispose()
    {
        _team.Dispose();
        _weights.Dispose();
        _cosines.Dispose();
        _sines.Dispose();
        _logits.Dispose();
        foreach (KeyValueCache? cache in _caches) cache?.Dispose();
        foreach (RowBlock block in _blocks) block.Dispose();
    }

    private void RunBlocks(int thread)
    {
        try
        {
            _blocks[thread].Run(_order, thread);
        }
        catch (Exception cause)
        {
            // Others may wait for what this thread was to store.
            _order.Break(cause);
            throw;
        }
    }

    private static Span<float> Values(FloatBlock block) => new(block.Start, checked((int)block.Length));
}
