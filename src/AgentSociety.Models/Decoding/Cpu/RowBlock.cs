namespace AgentSociety.Models.Cpu;

/// <summary>One thread's working memory, and the way of a block of rows through the layers.</summary>
internal sealed unsafe class RowBlock : IDisposable
{
    private const int Rows = BlockOrder.MostRows;
    private readonly PackedDecoder _weights;
    private readonly DecoderConfig _config;
    private readonly KeyValueCache?[] _caches;
    private readonly FloatBlock _cosines;
    private readonly FloatBlock _sines;
    private readonly FloatBlock _logits;
    private readonly int _width;
    private readonly int _wide;
    private readonly int _fused;
    private readonly FloatBlock _stream;
    private readonly FloatBlock _normed;
    private readonly FloatBlock _product;
    private readonly FloatBlock _hidden;
    private readonly FloatBlock _scores;
    private readonly PackedAdapter?[] _adapters = new PackedAdapter?[Rows];
    private FloatBlock _middle = new(16);
    private readonly Lookahead _soon = new();
    private bool _adapted;

    public RowBlock(PackedDecoder weights, int context, KeyValueCache?[] caches, FloatBlock cosines, FloatBlock sines, FloatBlock logits)
    {
        _weights = weights;
        _config = weights.Config;
        (_caches, _cosines, _sines, _logits) = (caches, cosines, sines, logits);
        // One vector of spare room: an adapter's outputs are written, and its inputs read, in whole vectors.
        _width = KeyValueCache.Padded(Math.Max(_config.Width, _config.Heads * _config.HeadWidth)) + 16;
        _fused = weights.Layers[0].Attention.PaddedOutputs + 16;
        _wide = weights.Layers[0].GateUp.PaddedOutputs + 16;
        _stream = new FloatBlock((long)Rows * _width);
        _normed = new FloatBlock((long)Rows * _width);
        _product = new FloatBlock((long)Rows * _width);
        _hidden = new FloatBlock((long)Rows * Math.Max(_fused, _wide));
        _scores = new FloatBlock(KeyValueCache.Padded(context));
    }

    /// <summary>Takes blocks until none is left.</summary>
    public void Run(BlockOrder order, int thread)
    {
        while (order.TryTake(thread, out int block)) RunBlock(order, block);
    }

    public void Dispose()
    {
        foreach (FloatBlock block in (FloatBlock[])[_stream, _normed, _product, _hidden, _scores, _middle]) block.Dispose();
    }

    private void RunBlock(BlockOrder order, int block)
    {
        ReadOnlySpan<Row> rows = order.Rows(block);
        TakeAdapters(rows);
        for (int row = 0; row < rows.Length; row++) _weights.Embed(rows[row].Token, Row(_stream, row));
        for (int index = 0; index < _weights.Layers.Length; index++)
        {
            PackedDecoder.Layer layer = _weights.Layers[index];
            Normalise(layer.AttentionNorm, rows.Length);
            layer.Attention.Multiply(_normed.Start, _width, _hidden.Start, _fused, rows.Length, Soon(rows.Length, index, LayerProduct.Attention));
            Adapt(rows.Length, index, LayerProduct.Attention, _normed.Start, _width, _hidden.Start, _fused);
            if (layer.AttentionBias is { } bias) AddBias(bias, _hidden.Start, _fused, rows.Length);
            if (layer.QueryNorm is { } queryNorm) NormaliseHeads(queryNorm, layer.KeyNorm!, rows.Length);
            AttendAll(order, block, index, rows);
            layer.Output.Multiply(_normed.Start, _width, _product.Start, _width, rows.Length, Soon(rows.Length, index, LayerProduct.Output));
            Adapt(rows.Length, index, LayerProduct.Output, _normed.Start, _width, _product.Start, _width);
            if (layer.OutputBias is { } outputBias) AddBias(outputBias, _product.Start, _width, rows.Length);
            AddProduct(rows.Length);
            Normalise(layer.FeedForwardNorm, rows.Length);
            layer.GateUp.Multiply(_normed.Start, _width, _hidden.Start, _wide, rows.Length, Soon(rows.Length, index, LayerProduct.GateUp));
            Adapt(rows.Length, index, LayerProduct.GateUp, _normed.Start, _width, _hidden.Start, _wide);
            for (int row = 0; row < rows.Length; row++)
            {
                float* gate = _hidden.Start + (long)row * _wide;
                Elementwise.Gate(gate, gate + _config.FeedForward, _config.FeedForward);
            }

            layer.Down.Multiply(_hidden.Start, _wide, _product.Start, _width, rows.Length, Soon(rows.Length, index, LayerProduct.Down));
            Adapt(rows.Length, index, LayerProduct.Down, _hidden.Start, _wide, _product.Start, _width);
            AddProduct(rows.Length);
        }

        int outputs = 0, first = 0;
        foreach (Row row in rows)
        {
            if (row.Output < 0) continue;
            if (outputs == 0) first = row.Output;
            outputs++;
        }

        // Outputs are numbered in the order of rows, so that a block's are consecutive.
        for (int row = 0; row < rows.Length; row++)
        {
            if (rows[row].Output >= 0) Elementwise.Normalise(Row(_stream, row), _weights.FinalNorm.Start, Row(_normed, rows[row].Output - first), _config.Width, (float)_config.NormEpsilon);
        }

        int padded = _weights.Head.PaddedOutputs;
        _weights.Head.Multiply(_normed.Start, _width, _logits.Start + (long)first * padded, padded, outputs);
    }

    private float* Row(FloatBlock block, int row) => block.Start + (long)row * _width;

    private void Normalise(FloatBlock norm, int rows)
    {
        for (int row = 0; row < rows; row++) Elementwise.Normalise(Row(_stream, row), norm.Start, Row(_normed, row), _config.Width, (float)_config.NormEpsilon);
    }

    private void AddProduct(int rows)
    {
        for (int row = 0; row < rows; row++) Elementwise.Add(Row(_stream, row), Row(_product, row), _config.Width);
    }

    private static void AddBias(FloatBlock bias, float* rows, int stride, int count)
    {
        for (int row = 0; row < count; row++) Elementwise.Add(rows + (long)row * stride, bias.Start, (int)bias.Length);
    }

    private void NormaliseHeads(FloatBlock queryNorm, FloatBlock keyNorm, int rows)
    {
        int width = _config.HeadWidth;
        for (int row = 0; row < rows; row++)
        {
            float* fused = _hidden.Start + (long)row * _fused;
            for (int head = 0; head < _config.Heads + _config.KeyValueHeads; head++)
                Elementwise.Normalise(fused + head * width, (head < _config.Heads ? queryNorm : keyNorm).Start, fused + head * width, width, (float)_config.NormEpsilon);
        }
    }

    private void AttendAll(BlockOrder order, int block, int layer, ReadOnlySpan<Row> rows)
    {
        // A row sees those before it only, so that where nobody waits it can follow its own keys at once, while they are near.
        for (int row = 0; row < rows.Length; row++)
        {
            float* fused = _hidden.Start + (long)row * _fused;
            Store(layer, rows[row], fused);
            if (order.Independent) Attend(layer, rows[row], fused, Row(_normed, row));
        }

        if (order.Independent) return;
        order.Stored(block, layer);
        for (int row = 0; row < rows.Length; row++) Attend(layer, rows[row], _hidden.Start + (long)row * _fused, Row(_normed, row));
    }

    /// <summary>Turns queries and keys to the row's position and puts keys and values into its sequence's cache.</summary>
    private void Store(int layer, Row row, float* fused)
    {
        int width = _config.HeadWidth, half = width / 2, queries = _config.Heads * width, keys = _config.KeyValueHeads * width;
        float* cosines = _cosines.Start + (long)row.Position * half, sines = _sines.Start + (long)row.Position * half;
        for (int head = 0; head < _config.Heads + _config.KeyValueHeads; head++) Elementwise.Rotate(fused + head * width, cosines, sines, half);
        _caches[row.Slot]!.Store(layer, row.Position, fused + queries, fused + queries + keys);
        Elementwise.Scale(fused, 1 / MathF.Sqrt(width), queries);
    }

    private void Attend(int layer, Row row, float* fused, float* output)
    {
        int width = _config.HeadWidth, group = _config.Heads / _config.KeyValueHeads;
        KeyValueCache cache = _caches[row.Slot]!;
        // A head's padding is overwritten by the next head; the last one's falls into the row's spare room.
        for (int head = 0; head < _config.Heads; head++) cache.Attend(layer, head / group, row.Position, fused + head * width, _scores.Start, output + head * width);
    }

    /// <summary>Notes the adapters of a block's rows.</summary>
    private void TakeAdapters(ReadOnlySpan<Row> rows)
    {
        _adapted = false;
        for (int row = 0; row < rows.Length; row++)
        {
            PackedAdapter? adapter = _adapters[row] = (PackedAdapter?)rows[row].Adapter?.Weights;
            if (adapter is null) continue;
            _adapted = true;
            if (_middle.Length >= 2 * adapter.Ranks) continue;
            _middle.Dispose();
            _middle = new FloatBlock(2 * adapter.Ranks);
        }
    }

    /// <summary>The adapters' weights that are read after a product, to be asked for while it is computed.</summary>
    private Lookahead? Soon(int rows, int layer, LayerProduct product)
    {
        if (!_adapted) return null;
        _soon.Clear();
        for (int row = 0; row < rows; row++)
        {
            if ((row == 0 || _adapters[row] != _adapters[row - 1]) && _adapters[row]?.Update(layer, product) is { } update) _soon.Add(update.Start, update.Bytes);
        }

        return _soon;
    }

    /// <summary>Adds the updates of the rows' adapters.</summary>
    private void Adapt(int rows, int layer, LayerProduct product, float* input, int inputStride, float* output, int outputStride)
    {
        if (!_adapted) return;
        for (int row = 0; row < rows; row++)
        {
            if (_adapters[row]?.Update(layer, product) is not { } update) continue;
            if (row + 1 < rows && _adapters[row + 1] == _adapters[row])
            {
                update.ApplyTwo(input + (long)row * inputStride, inputStride, output + (long)row * outputStride, outputStride, _middle.Start);
                row++;
                continue;
            }

            update.Apply(input + (long)row * inputStride, output + (long)row * outputStride, _middle.Start);
        }
    }
}
