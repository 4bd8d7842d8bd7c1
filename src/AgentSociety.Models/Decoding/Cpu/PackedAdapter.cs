namespace AgentSociety.Models.Cpu;

/// <summary>An adapter's low-rank updates as the kernels read them, the scale folded into B.</summary>
internal sealed unsafe class PackedAdapter : IDisposable
{
    /// <summary>The matrices of a layer that can be adapted, those with the same input together.</summary>
    private static readonly string[][] Modules =
        [["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], ["self_attn.o_proj"], ["mlp.gate_proj", "mlp.up_proj"], ["mlp.down_proj"]];

    private readonly Update?[] _updates;

    /// <summary>Takes up an adapter's weights as they are now.</summary>
    public PackedAdapter(Adapter adapter, DecoderConfig config)
    {
        _updates = new Update?[config.Layers * Modules.Length];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            for (int place = 0; place < Modules.Length; place++) _updates[layer * Modules.Length + place] = Pack(adapter, config, layer, (Place)place);
        }
    }

    /// <summary>Where in a layer an update applies: the fused product it adds to.</summary>
    internal enum Place
    {
        Attention,
        Output,
        GateUp,
        Down,
    }

    /// <summary>A of all modules side by side, and B of each with the first output it adds to.</summary>
    private sealed record Update(PackedMatrix A, List<(PackedMatrix B, int Row, int Output)> Parts);

    /// <summary>The widest intermediate row.</summary>
    public int Room => _updates.Max(update => update?.A.PaddedOutputs ?? 0);

    /// <summary>Adds the update of one fused product to its outputs.</summary>
    public void Apply(int layer, Place place, float* input, int inputStride, float* output, int outputStride, int rows, float* scratch)
    {
        if (_updates[layer * Modules.Length + (int)place] is not { } update) return;
        update.A.Multiply(input, inputStride, scratch, update.A.PaddedOutputs, rows);
        foreach ((PackedMatrix b, int row, int first) in update.Parts)
            b.Multiply(scratch + row, update.A.PaddedOutputs, output + first, outputStride, rows, add: true);
    }

    /// <summary>Asks for the weights of one fused product to be brought near.</summary>
    public void Prefetch(int layer, Place place)
    {
        if (_updates[layer * Modules.Length + (int)place] is not { } update) return;
        update.A.Prefetch();
        foreach ((PackedMatrix b, _, _) in update.Parts) b.Prefetch();
    }

    public void Dispose()
    {
        foreach (Update? update in _updates)
        {
            update?.A.Dispose();
            foreach ((PackedMatrix b, _, _) in update?.Parts ?? []) b.Dispose();
        }
    }

    private static Update? Pack(Adapter adapter, DecoderConfig config, int layer, Place place)
    {
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        int[] firsts = place == Place.Attention ? [0, queries, queries + keys] : [0, config.FeedForward];
        List<(TorchSharp.torch.Tensor A, TorchSharp.torch.Tensor B, int First)> found = [];
        for (int module = 0; module < Modules[(int)place].Length; module++)
        {
            if (adapter.TryGet($"model.layers.{layer}.{Modules[(int)place][module]}", out TorchSharp.torch.Tensor a, out TorchSharp.torch.Tensor b)) found.Add((a, b, firsts[module]));
        }

        if (found.Count == 0) return null;
        Update update = new(new PackedMatrix((int)found[0].A.shape[1], found.Sum(part => (int)part.A.shape[0])), []);
        int row = 0;
        foreach ((TorchSharp.torch.Tensor down, TorchSharp.torch.Tensor up, int first) in found)
        {
            int rank = (int)down.shape[0], start = row;
            PackedMatrix b = new(rank, (int)up.shape[0]);
            PackedDecoder.Read(down, (values, first) => update.A.Pack(values, start + first));
            PackedDecoder.Read(up, (values, first) => b.Pack(values, first, (float)adapter.Scale));
            update.Parts.Add((b, row, first));
            row += rank;
        }

        return update;
    }
}
