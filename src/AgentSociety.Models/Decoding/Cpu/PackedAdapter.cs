using TorchSharp;

namespace AgentSociety.Models.Cpu;

/// <summary>An adapter's low-rank updates as the kernels read them, in one piece.</summary>
/// <remarks>An adapter whose weights are all in bfloat16 is kept so, any other in float32; both give the same bits.</remarks>
internal sealed class PackedAdapter : IDisposable
{
    /// <summary>The matrices of a layer that can be adapted, those with the same input together.</summary>
    private static readonly string[][] Modules =
        [["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], ["self_attn.o_proj"], ["mlp.gate_proj", "mlp.up_proj"], ["mlp.down_proj"]];

    private readonly WeightBlock _weights;
    private readonly LowRankUpdate?[] _updates;

    /// <summary>Takes up an adapter's weights as they are now.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="config">The decoder's shape.</param>
    /// <param name="halved">True to round them to bfloat16.</param>
    public PackedAdapter(Adapter adapter, DecoderConfig config, bool halved = false)
    {
        List<Module>[] modules = [.. Enumerable.Range(0, config.Layers * Modules.Length).Select(index => Found(adapter, config, index / Modules.Length, (Place)(index % Modules.Length)))];
        _weights = new WeightBlock(modules.Where(found => found.Count > 0).Sum(found => LowRankUpdate.Room(found[0].Inputs, found.Select(module => module.Shape))), halved || adapter.Halved);
        _updates = new LowRankUpdate?[modules.Length];
        long first = 0;
        for (int index = 0; index < modules.Length; index++)
        {
            if (modules[index].Count == 0) continue;
            LowRankUpdate update = _updates[index] = new LowRankUpdate(_weights, first, modules[index][0].Inputs, (float)adapter.Scale, [.. modules[index].Select(module => module.Shape)]);
            first += update.Length;
            if (_weights.Halved) Pack<BFloat16>(update, modules[index]);
            else Pack<float>(update, modules[index]);
        }

        Ranks = _updates.Max(update => update?.Ranks ?? 0);
    }

    /// <summary>Where in a layer an update applies: the fused product it adds to.</summary>
    internal enum Place
    {
        Attention,
        Output,
        GateUp,
        Down,
    }

    /// <summary>The most values that lie between A and B.</summary>
    public int Ranks { get; }

    /// <summary>What the weights take.</summary>
    public long Bytes => _weights.Bytes;

    /// <summary>The update of one fused product; null where the adapter has none.</summary>
    public LowRankUpdate? Update(int layer, Place place) => _updates[layer * Modules.Length + (int)place];

    public void Dispose() => _weights.Dispose();

    private static void Pack<TWeight>(LowRankUpdate update, List<Module> modules)
        where TWeight : unmanaged
    {
        int start = 0;
        for (int part = 0; part < modules.Count; part++)
        {
            int row = start, module = part;
            TensorValues.Read<TWeight>(modules[part].Down, (values, first) => update.PackDown(values, row + first));
            TensorValues.Read<TWeight>(modules[part].Up, (values, first) => update.PackUp(module, values, first));
            start += modules[part].Shape.Rank;
        }
    }

    private static List<Module> Found(Adapter adapter, DecoderConfig config, int layer, Place place)
    {
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        int[] firsts = place == Place.Attention ? [0, queries, queries + keys] : [0, config.FeedForward];
        List<Module> found = [];
        for (int module = 0; module < Modules[(int)place].Length; module++)
        {
            if (adapter.TryGet($"model.layers.{layer}.{Modules[(int)place][module]}", out torch.Tensor down, out torch.Tensor up)) found.Add(new Module(down, up, firsts[module]));
        }

        return found;
    }

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
