using System.Runtime.InteropServices;
using TorchSharp;

namespace AgentSociety.Models.Cpu;

/// <summary>A decoder's weights as the kernels read them: q, k, v in one matrix, gate and up in another.</summary>
internal sealed unsafe class PackedDecoder : IDisposable
{
    public PackedDecoder(DecoderConfig config)
    {
        int keys = config.KeyValueHeads * config.HeadWidth, queries = config.Heads * config.HeadWidth;
        Config = config;
        Embedding = new FloatBlock((long)config.VocabularySize * config.Width);
        FinalNorm = new FloatBlock(config.Width);
        Head = new PackedMatrix(config.Width, config.VocabularySize);
        Layers = new Layer[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Layers[layer] = new Layer(
                new FloatBlock(config.Width),
                new PackedMatrix(config.Width, queries + 2 * keys),
                new PackedMatrix(queries, config.Width),
                new FloatBlock(config.Width),
                new PackedMatrix(config.Width, 2 * config.FeedForward),
                new PackedMatrix(config.FeedForward, config.Width));
        }
    }

    public DecoderConfig Config { get; }

    public FloatBlock Embedding { get; }

    public FloatBlock FinalNorm { get; }

    public PackedMatrix Head { get; }

    public Layer[] Layers { get; }

    /// <summary>The matrices of one layer.</summary>
    internal sealed record Layer(FloatBlock AttentionNorm, PackedMatrix Attention, PackedMatrix Output, FloatBlock FeedForwardNorm, PackedMatrix GateUp, PackedMatrix Down) : IDisposable
    {
        public void Dispose()
        {
            AttentionNorm.Dispose();
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
        With(decoder, "model.embed_tokens.weight", values => values.CopyTo(Values(Embedding)));
        With(decoder, "model.norm.weight", values => values.CopyTo(Values(FinalNorm)));
        With(decoder, Config.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight", values => Head.Pack(values, 0));
        for (int index = 0; index < Layers.Length; index++)
        {
            Layer layer = Layers[index];
            string prefix = $"model.layers.{index}.";
            With(decoder, prefix + "input_layernorm.weight", values => values.CopyTo(Values(layer.AttentionNorm)));
            With(decoder, prefix + "self_attn.q_proj.weight", values => layer.Attention.Pack(values, 0));
            With(decoder, prefix + "self_attn.k_proj.weight", values => layer.Attention.Pack(values, queries));
            With(decoder, prefix + "self_attn.v_proj.weight", values => layer.Attention.Pack(values, queries + keys));
            With(decoder, prefix + "self_attn.o_proj.weight", values => layer.Output.Pack(values, 0));
            With(decoder, prefix + "post_attention_layernorm.weight", values => values.CopyTo(Values(layer.FeedForwardNorm)));
            With(decoder, prefix + "mlp.gate_proj.weight", values => layer.GateUp.Pack(values, 0));
            With(decoder, prefix + "mlp.up_proj.weight", values => layer.GateUp.Pack(values, Config.FeedForward));
            With(decoder, prefix + "mlp.down_proj.weight", values => layer.Down.Pack(values, 0));
        }
    }

    public void Dispose()
    {
        Embedding.Dispose();
        FinalNorm.Dispose();
        Head.Dispose();
        foreach (Layer layer in Layers) layer.Dispose();
    }

    /// <summary>Hands over a tensor's values, row-major.</summary>
    internal static void Read(torch.Tensor tensor, Action<ReadOnlySpan<float>> use)
    {
        using torch.Tensor detached = tensor.detach(), near = detached.cpu(), single = near.to(torch.ScalarType.Float32), plain = single.contiguous();
        use(MemoryMarshal.Cast<byte, float>(plain.bytes));
    }

    private static void With(Decoder decoder, string name, Action<ReadOnlySpan<float>> use) => Read(decoder[name], use);

    private static Span<float> Values(FloatBlock block) => new(block.Start, checked((int)block.Length));
}
