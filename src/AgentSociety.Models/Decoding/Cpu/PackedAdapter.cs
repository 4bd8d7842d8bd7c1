using TorchSharp;

namespace AgentSociety.Models.Cpu;

/// <summary>An adapter's low-rank updates as the kernels read them, in one piece.</summary>
/// <remarks>An adapter whose weights are all in bfloat16 is kept so, any other in float32; both give the same bits.</remarks>
internal sealed class PackedAdapter : IDisposable
{
    private readonly WeightBlock _weights;
    private readonly LowRankUpdate?[] _updates;

    /// <summary>Takes up an adapter's weights as they are now.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="config">The decoder's shape.</param>
    /// <param name="halved">True to round them to bfloat16.</param>
    public PackedAdapter(Adapter adapter, DecoderConfig config, bool halved = false)
    {
        Module[][] modules = [.. Enumerable.Range(0, config.Layers).SelectMany(layer => LayerMatrices.Products.Select(product => Found(adapter, config, layer, product)))];
        _weights = new WeightBlock(modules.Where(found => found.Length > 0).Sum(found => LowRankUpdate.Room(found[0].Inputs, found.Select(module => module.Shape))), halved || adapter.Halved);
        _updates = new LowRankUpdate?[modules.Length];
        long first = 0;
        for (int index = 0; index < modules.Length; index++)
        {
            if (modules[index].Length == 0) continue;
            LowRankUpdate update = _updates[index] = new LowRankUpdate(_weights, first, modules[index][0].Inputs, (float)adapter.Scale, [.. modules[index].Select(module => module.Shape)]);
            first += update.Length;
            if (_weights.Halved) Pack<BFloat16>(update, modules[index]);
            else Pack<float>(update, modules[index]);
        }

        Ranks = _updates.Max(update => update?.Ranks ?? 0);
    }

    /// <summary>The most values that lie between A and B.</summary>
    public int Ranks { get; }

    /// <summary>What the weights take.</summary>
    public long Bytes => _weights.Bytes;

    /// <summary>The update of one fused product; null where the adapter has none.</summary>
    public LowRankUpdate? Update(int layer, LayerProduct product) => _updates[layer * LayerMatrices.Products.Count + (int)product];

    public void Dispose() => _weights.Dispose();

    private static void Pack<TWeight>(LowRankUpdate update, Module[] modules)
        where TWeight : unmanaged
    {
        int start = 0;
        for (int part = 0; part < modules.Length; part++)
        {
            int row = start, module = part;
            TensorValues.Read<TWeight>(modules[part].Down, (values, first) => update.PackDown(values, row + first));
            TensorValues.Read<TWeight>(modules[part].Up, (values, first) => update.PackUp(module, values, first));
            start += modules[part].Shape.Rank;
        }
    }

    private static Module[] Found(Adapter adapter, DecoderConfig config, int layer, LayerProduct product) =>
    [
        .. LayerMatrices.Of(config, layer, product).SelectMany(matrix => adapter.TryGet(matrix.Name, out torch.Tensor down, out torch.Tensor up) ? (Module[])[new Module(down, up, matrix.First)] : []),
    ];

    /// <summary>An adapted matrix.</summary>
    /// <param name="Down">A: [rank, inputs].</param>
    /// <param name="Up">B: [outputs, rank].</param>
    /// <param name="First">Its first output in the fused product.</param>
    private sealed record Module(torch.Tensor Down, torch.Tensor Up, int First)
    {
        public int Inputs => (int)Down.shape[1];

        public (int Rank, int Outputs, int First) Shape => ((int)Down.shape[0], (int)Up.shape[0], First);
    }
}
