using System.Runtime.InteropServices;
using TorchSharp;

namespace AgentSociety.Models.Cpu;

/// <summary>A decoder's weights as the kernels read them: q, k, v in one matrix, gate and up in another.</summary>
internal sealed unsafe class PackedDecoder : IDisposable
{
    private const long KeptTwice = 1 << 23;
    private const long ValuesAtOnce = 1 << 22;

    public PackedDecoder(DecoderConfig config)
    {
        int keys = config.KeyValueHeads * config.HeadWidth, queries = config.Heads * config.HeadWidth;
        Config = config;
        // A tied head holds the same values. Small ones are kept twice, since a row of the head lies scattered.
        long embedding = (long)config.VocabularySize * config.Width;
        Embedding = config.TiedHead && embedding > KeptTwice ? null : new FloatBlock(embedding);
        FinalNorm = new FloatBlock(config.Width);
        Head = new PackedMatrix(config.Width, config.VocabularySize);
        Layers = new Layer[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Layers[layer] = new Layer(
                new FloatBlock(config.Width),
                config.QueryKeyValueBias ? new FloatBlock(queries + 2 * keys) : null,
                config.OutputBias ? new FloatBlock(config.Width) : null,
                config.QueryKeyNorm ? new FloatBlock(config.HeadWidth) : null,
                config.QueryKeyNorm ? new FloatBlock(config.HeadWidth) : null,
                new PackedMatrix(config.Width, queries + 2 * keys),
                new PackedMatrix(queries, config.Width),
                new FloatBlock(config.Width),
                new PackedMatrix(config.Width, 2 * config.FeedForward),
                new PackedMatrix(config.FeedForward, config.Width));
        }
    }

    public DecoderConfig Config { get; }

    /// <summary>[token, width]; null where the head serves.</summary>
    public FloatBlock? Embedding { get; }

    public FloatBlock FinalNorm { get; }

    public PackedMatrix Head { get; }

    public Layer[] Layers { get; }

    /// <summary>The weights of one layer; null where the shape has none.</summary>
    internal sealed record Layer(
        FloatBlock AttentionNorm,
        FloatBlock? AttentionBias,
        FloatBlock? OutputBias,
        FloatBlock? QueryNorm,
        FloatBlock? KeyNorm,
        PackedMatrix Attention,
        PackedMatrix Output,
        FloatBlock FeedForwardNorm,
        PackedMatrix GateUp,
        PackedMatrix Down) : IDisposable
    {
        public void Dispose()
        {
            AttentionNorm.Dispose();
            AttentionBias?.Dispose();
            OutputBias?.Dispose();
            QueryNorm?.Dispose();
            KeyNorm?.Dispose();
            Attention.Dispose();
            Output.Dispose();
            FeedForwardNorm.Dispose();
            GateUp.Dispose();
            Down.Dispose();
        }
    }

    /// <summary>Takes up a decoder's weights as they are now, from whichever device.</summary>
    public void Pack(Decoder decoder)
    {
        int keys = Config.KeyValueHeads * Config.HeadWidth, queries = Config.Heads * Config.HeadWidth;
        if (Embedding is not null) Copy(decoder, "model.embed_tokens.weight", Embedding);
        Copy(decoder, "model.norm.weight", FinalNorm);
        Pack(decoder, Config.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight", Head);
        for (int index = 0; index < Layers.Length; index++)
        {
            Layer layer = Layers[index];
            string prefix = $"model.layers.{index}.";
            Copy(decoder, prefix + "input_layernorm.weight", layer.AttentionNorm);
            Pack(decoder, prefix + "self_attn.q_proj.weight", layer.Attention);
            Pack(decoder, prefix + "self_attn.k_proj.weight", layer.Attention, queries);
            Pack(decoder, prefix + "self_attn.v_proj.weight", layer.Attention, queries + keys);
            if (layer.AttentionBias is { } bias)
            {
                Copy(decoder, prefix + "self_attn.q_proj.bias", bias);
                Copy(decoder, prefix + "self_attn.k_proj.bias", bias, queries);
                Copy(decoder, prefix + "self_attn.v_proj.bias", bias, queries + keys);
            }

            if (layer.OutputBias is { } outputBias) Copy(decoder, prefix + "self_attn.o_proj.bias", outputBias);
            if (layer.QueryNorm is { } queryNorm) Copy(decoder, prefix + "self_attn.q_norm.weight", queryNorm);
            if (layer.KeyNorm is { } keyNorm) Copy(decoder, prefix + "self_attn.k_norm.weight", keyNorm);
            Pack(decoder, prefix + "self_attn.o_proj.weight", layer.Output);
            Copy(decoder, prefix + "post_attention_layernorm.weight", layer.FeedForwardNorm);
            Pack(decoder, prefix + "mlp.gate_proj.weight", layer.GateUp);
            Pack(decoder, prefix + "mlp.up_proj.weight", layer.GateUp, Config.FeedForward);
            Pack(decoder, prefix + "mlp.down_proj.weight", layer.Down);
        }
    }

    public void Dispose()
    {
        Embedding?.Dispose();
        FinalNorm.Dispose();
        Head.Dispose();
        foreach (Layer layer in Layers) layer.Dispose();
    }

    /// <summary>Copies a token's embedding to where its row begins.</summary>
    public void Embed(int token, float* target)
    {
        if (Embedding is { } embedding) new ReadOnlySpan<float>(embedding.Start + (long)token * Config.Width, Config.Width).CopyTo(new(target, Config.Width));
        else Head.CopyRow(token, target);
    }

    /// <summary>Hands over a tensor's values, row-major, a block of rows at a time so that no second copy of a large one is made.</summary>
    /// <param name="tensor">[rows] or [rows, columns], on any device, in any number format.</param>
    /// <param name="use">Takes the values and the row at which they begin.</param>
    internal static void Read(torch.Tensor tensor, Action<ReadOnlySpan<float>, int> use)
    {
        long rows = tensor.shape[0], block = Math.Max(1, ValuesAtOnce / Math.Max(1, tensor.numel() / Math.Max(1, rows)));
        for (long start = 0; start < rows; start += block)
        {
            using torch.Tensor detached = tensor.detach(), part = detached.narrow(0, start, Math.Min(block, rows - start)), near = part.cpu(), single = near.to(torch.ScalarType.Float32), plain = single.contiguous();
            use(MemoryMarshal.Cast<byte, float>(plain.bytes), (int)start);
        }
    }

    private static void Pack(Decoder decoder, string name, PackedMatrix matrix, int firstOutput = 0) => Read(decoder[name], (values, row) => matrix.Pack(values, firstOutput + row));

    private static void Copy(Decoder decoder, string name, FloatBlock block, int first = 0)
    {
        long columns = decoder[name].numel() / decoder[name].shape[0];
        Read(decoder[name], (values, row) => values.CopyTo(new Span<float>(block.Start + first + row * columns, values.Length)));
    }
}
