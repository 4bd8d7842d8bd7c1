using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace AgentSociety.Models.Tensors;

/// <summary>The decoder's forward pass in torch's operations, on whichever device the model lives: all rows of a step go through each layer together.</summary>
/// <remarks>
/// Which order torch adds a product's terms in follows from the shape of the batch, so that a row's last bits do depend on its company, unlike those of
/// <see cref="Cpu.CpuPass"/>. Between products all is float32, whatever these are in.
/// </remarks>
internal sealed class TensorPass : IForwardPass
{
    private readonly LanguageModel _model;
    private readonly DecoderConfig _config;
    private readonly Device _device;
    private readonly ScalarType _type;
    private readonly CachePool _pool;
    private readonly Tensor _cosines; // [context, headWidth / 2]
    private readonly Tensor _sines;
    private readonly Tensor _columns; // 0, 1, 2, ...
    private readonly AdapterStacks _adapters;
    private TensorWeights? _weights;
    private Tensor? _logits;

    /// <summary>A pass over a model's decoder, on its device.</summary>
    /// <param name="model">The model.</param>
    /// <param name="size">What to make room for; the memory of the caches is taken at once.</param>
    /// <param name="type">The number format of products and caches, or null for <see cref="TypeFor"/>.</param>
    public TensorPass(LanguageModel model, PassSize size, ScalarType? type = null)
    {
        _model = model;
        _config = model.Decoder.Config;
        _device = model.Decoder.Device;
        _type = type ?? TypeFor(model.Decoder);
        (_cosines, _sines) = RotaryTable.Tensors(_config, size.Context, ScalarType.Float32, _device);
        // A gathered cache is padded to the longest of its group, which a page may round up.
        _columns = tensor([.. Enumerable.Range(0, size.Context + CachePool.Page).Select(column => (long)column)], ScalarType.Int64, _device).DetachFromDisposeScope();
        _adapters = new AdapterStacks(model.Decoder, _type);
        _pool = new CachePool(_config, size.Slots, size.Positions, _type, _device);
    }

    /// <summary>bfloat16 where a GPU holds the weights so, float32 otherwise: weights that are trained are float32, and what is sampled should be what the trainer computes.</summary>
    public static ScalarType TypeFor(Decoder decoder) =>
        decoder.Device.type != DeviceType.CPU && decoder["model.norm.weight"].dtype == ScalarType.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <inheritdoc />
    public void Refresh()
    {
        _weights?.Dispose();
        _weights = new TensorWeights(_model.Decoder, _type);
    }

    /// <inheritdoc />
    public IDisposable Pack(Adapter adapter, bool halved) => _adapters.Pack(adapter, halved);

    /// <inheritdoc />
    public void Run(ReadOnlySpan<Row> rows)
    {
        if (rows.Length == 0) return;
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        Plan plan = PlanOf(rows);
        Tensor positions = plan.Numbers.Of(plan.Positions);
        Tensor cosines = _cosines.index_select(0, positions).unsqueeze(1), sines = _sines.index_select(0, positions).unsqueeze(1); // [rows, 1, headWidth / 2]
        Tensor stream = _weights!.Embedding.index_select(0, plan.Numbers.Of(plan.Tokens)).to(ScalarType.Float32); // [rows, width]
        for (int index = 0; index < _weights.Layers.Count; index++)
        {
            TensorWeights.Layer layer = _weights.Layers[index];
            // A scope a layer: what lies between two layers is the stream alone.
            using DisposeScope inner = NewDisposeScope();
            stream = stream.Plus(Project(layer.Output, Attend(layer, index, Normalise(stream, layer.AttentionNorm), cosines, sines, plan), plan));
            Tensor fused = Project(layer.GateUp, Normalise(stream, layer.FeedForwardNorm), plan); // [rows, 2 feedForward]
            Tensor hidden = F.silu(fused.narrow(1, 0, _config.FeedForward)) * fused.narrow(1, _config.FeedForward, _config.FeedForward);
            stream = stream.Plus(Project(layer.Down, hidden, plan)).MoveToOuterDisposeScope();
        }

        if (plan.Outputs.Length == 0) return;
        Tensor last = RootMeanSquare.Normalise(stream.index_select(0, plan.Numbers.Of(plan.Outputs)), _weights.FinalNorm, _config.NormEpsilon).to(_type);
        _logits?.Dispose();
        _logits = F.linear(last, _weights.Head).to(ScalarType.Float32).cpu().DetachFromDisposeScope(); // [outputs, vocabulary]
    }

    /// <inheritdoc />
    public Span<float> Logits(int output)
    {
        // A row alone, since a span holds no more than 2 GiB; it is valid while all of them live.
        using Tensor row = _logits!.select(0, output);
        return MemoryMarshal.Cast<byte, float>(row.bytes);
    }

    /// <summary>Does nothing: a slot takes pages as it writes, of which there are as many as the engine counts on.</summary>
    public void Reserve(int slot, int positions, int kept)
    {
    }

    /// <inheritdoc />
    public void Release(int slot) => _pool.Release(slot);

    /// <inheritdoc />
    public void CopyPrefix(int from, int to, int length) => _pool.CopyPrefix(from, to, length);

    public void Dispose()
    {
        _adapters.Dispose();
        _weights?.Dispose();
        _logits?.Dispose();
        _pool.Dispose();
        foreach (Tensor table in (Tensor[])[_cosines, _sines, _columns]) table.Dispose();
    }

    private Plan PlanOf(ReadOnlySpan<Row> rows)
    {
        StepNumbers numbers = new();
        List<long> stale = [], outputs = [];
        long[] tokens = new long[rows.Length], positions = new long[rows.Length], cells = new long[rows.Length];
        int[] adapters = new int[rows.Length];
        for (int begin = 0, row = 0; row < rows.Length; row++)
        {
            if (row + 1 == rows.Length || rows[row + 1].Slot != rows[row].Slot)
            {
                _pool.Begin(rows[begin].Slot, rows[begin].Position, row + 1 - begin, stale);
                begin = row + 1;
            }

            (tokens[row], positions[row]) = (rows[row].Token, rows[row].Position);
            adapters[row] = rows[row].Adapter is { } adapter ? ((TensorAdapter)adapter.Weights).Number : -1;
            if (rows[row].Output >= 0) outputs.Add(row);
        }

        for (int row = 0; row < rows.Length; row++) cells[row] = _pool.Cell(rows[row].Slot, rows[row].Position);
        StepNumbers.Part cleared = numbers.Add(stale);
        Plan plan = new(numbers, numbers.Add(tokens), numbers.Add(positions), numbers.Add(cells), numbers.Add(outputs), new AttentionPlan(_config, _pool, rows, numbers), AdapterPlan.Of(adapters, numbers));
        numbers.Send(_device);
        plan.Attention.Prepare(_columns);
        if (stale.Count > 0) _pool.Clear(numbers.Of(cleared));
        return plan;
    }

    private Tensor Attend(TensorWeights.Layer layer, int index, Tensor input, Tensor cosines, Tensor sines, Plan plan)
    {
        int heads = _config.Heads, keyHeads = _config.KeyValueHeads;
        Tensor fused = Project(layer.Attention, input, plan).view(input.shape[0], heads + 2 * keyHeads, _config.HeadWidth);
        Tensor query = fused.narrow(1, 0, heads), key = fused.narrow(1, heads, keyHeads), value = fused.narrow(1, heads + keyHeads, keyHeads);
        if (layer.QueryNorm is { } queryNorm) query = RootMeanSquare.Normalise(query.contiguous(), queryNorm, _config.NormEpsilon);
        if (layer.KeyNorm is { } keyNorm) key = RootMeanSquare.Normalise(key.contiguous(), keyNorm, _config.NormEpsilon);
        _pool.Store(index, plan.Numbers.Of(plan.Cells), RotaryTable.Turn(key, cosines, sines).to(_type), value);
        return plan.Attention.Attend(index, RotaryTable.Turn(query, cosines, sines).to(_type));
    }

    private Tensor Normalise(Tensor stream, Tensor norm) => RootMeanSquare.Normalise(stream, norm, _config.NormEpsilon).to(_type);

    private Tensor Project(TensorWeights.Product product, Tensor input, Plan plan)
    {
        Tensor output = F.linear(input, product.Weight, product.Bias);
        return plan.Adapters?.Add(_adapters.Of(product), input, output) ?? output;
    }

    /// <summary>A step's rows as lists on the device, and what belongs together.</summary>
    private sealed record Plan(
        StepNumbers Numbers,
        StepNumbers.Part Tokens,
        StepNumbers.Part Positions,
        StepNumbers.Part Cells,
        StepNumbers.Part Outputs,
        AttentionPlan Attention,
        AdapterPlan? Adapters);
}
