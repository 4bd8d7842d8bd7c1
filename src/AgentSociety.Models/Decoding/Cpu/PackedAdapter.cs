namespace AgentSociety.Models.Cpu;

/// <summary>An adapter's low-rank updates as the kernels read them, the scale folded into B.</summary>
internal sealed unsafe class PackedAdapter : IDisposable
{
    private readonly Dictionary<(int Layer, string Module), (PackedMatrix A, PackedMatrix B)> _updates = [];

    public PackedAdapter(Adapter adapter, int layers)
    {
        for (int layer = 0; layer < layers; layer++)
        {
            foreach (string module in (string[])["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"])
            {
                if (!adapter.TryGet($"model.layers.{layer}.{module}", out TorchSharp.torch.Tensor down, out TorchSharp.torch.Tensor up)) continue;
                PackedMatrix a = new((int)down.shape[1], (int)down.shape[0]), b = new((int)up.shape[1], (int)up.shape[0]);
                PackedDecoder.Read(down, values => a.Pack(values, 0));
                PackedDecoder.Read(up, values => b.Pack(values, 0, (float)adapter.Scale));
                _updates[(layer, module)] = (a, b);
            }
        }
    }

    /// <summary>The widest intermediate row.</summary>
    public int Room => _updates.Values.Max(update => update.A.PaddedOutputs);

    /// <summary>Adds the update of one matrix to its outputs.</summary>
    public void Apply(int layer, string module, float* input, int inputStride, float* output, int outputStride, int rows, float* scratch)
    {
        if (!_updates.TryGetValue((layer, module), out (PackedMatrix A, PackedMatrix B) update)) return;
        update.A.Multiply(input, inputStride, scratch, update.A.PaddedOutputs, rows);
        update.B.Multiply(scratch, update.A.PaddedOutputs, output, outputStride, rows, add: true);
    }

    public void Dispose()
    {
        foreach ((PackedMatrix a, PackedMatrix b) in _updates.Values)
        {
            a.Dispose();
            b.Dispose();
        }
    }
}
