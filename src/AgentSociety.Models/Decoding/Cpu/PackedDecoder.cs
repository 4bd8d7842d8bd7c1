using TorchSharp;

namespace AgentSociety.Models.Cpu;

/// <summary>A decoder's weights as the kernels read them: q, k, v in one matrix, gate and up in another.</summary>
/// <remarks>A matrix that the decoder has in bfloat16 is kept so, all else in float32; both give the same bits.</remarks>
internal sealed unsafe class PackedDecoder : IDisposable
{
    private const long KeptTwice = 1 << 23;

    /// <summary>Room for a decoder's weights, each in the format that it has there.</summary>
    public PackedDecoder(Decoder decoder)
    {
        DecoderConfig config = decoder.Config;
        Config = config;
        // A tied head holds the same values. Small ones are kept twice, since a row of the head lies scattered.
        long embedding = (long)config.VocabularySize * config.Width;
        Embedding = config.TiedHead && embedding > KeptTwice ? null : new WeightBlock(embedding, Halved("model.embed_tokens"));
        FinalNorm = new FloatBlock(config.Width);
        Head = new PackedMatrix(config.Width, config.VocabularySize, Halved(HeadOf(config)));
        Layers = new Layer[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Layers[layer] = new Layer(
                new FloatBlock(config.Width),
                config.QueryKeyValueBias ? new FloatBlock(LayerMatrices.Outputs(config, LayerProduct.Attention)) : null,
                config.OutputBias ? new FloatBlock(config.Width) : null,
                config.QueryKeyNorm ? new FloatBlock(config.HeadWidth) : null,
                config.QueryKeyNorm ? new FloatBlock(config.HeadWidth) : null,
                Room(layer, LayerProduct.Attention),
                Room(layer, LayerProduct.Output),
                new FloatBlock(config.Width),
                Room(layer, LayerProduct.GateUp),
                Room(layer, LayerProduct.Down));
        }

        PackedMatrix Room(int layer, LayerProduct product) =>
            new(LayerMatrices.Inputs(config, product), LayerMatrices.Outputs(config, product), Halved([.. LayerMatrices.Of(config, layer, product).Select(matrix => matrix.Name)]));

        bool Halved(params string[] modules) => modules.All(module => decoder[module + ".weight"].dtype == torch.ScalarType.BFloat16);
    }

    public DecoderConfig Config { get; }

    /// <summary>[token, width]; null where the head serves.</summary>
    public WeightBlock? Embedding { get; }

    public FloatBlock FinalNorm { get; }

    public PackedMatrix Head { get; }

    public Layer[] Layers { get; }

    /// <summary>What the embedding and all matrices take.</summary>
    public long MatrixBytes => (Embedding?.Bytes ?? 0) + Head.Bytes + Layers.Sum(layer => layer.Attention.Bytes + layer.Output.Bytes + layer.GateUp.Bytes + layer.Down.Bytes);

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
        public PackedMatrix this[LayerProduct product] => product switch
        {
            LayerProduct.Attention => Attention,
            LayerProduct.Output => Output,
            LayerProduct.GateUp => GateUp,
            _ => Down,
        };

        public FloatBlock? Bias(LayerProduct product) => product switch
        {
            LayerProduct.Attention => AttentionBias,
            LayerProduct.Output => OutputBias,
            _ => null,
        };

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
        if (Embedding is { Halved: true } halved) Copy(decoder["model.embed_tokens.weight"], halved.Start<BFloat16>());
        else if (Embedding is { } embedding) Copy(decoder["model.embed_tokens.weight"], embedding.Start<float>());
        Copy(decoder, "model.norm.weight", FinalNorm);
        Pack(decoder, HeadOf(Config) + ".weight", Head);
        for (int index = 0; index < Layers.Length; index++)
        {
            Layer layer = Layers[index];
            string prefix = LayerMatrices.Prefix(index);
            Copy(decoder, prefix + "input_layernorm.weight", layer.AttentionNorm);
            foreach (LayerProduct product in LayerMatrices.Products)
            {
                foreach (LayerMatrix matrix in LayerMatrices.Of(Config, index, product))
                {
                    Pack(decoder, matrix.Name + ".weight", layer[product], matrix.First);
                    if (layer.Bias(product) is { } bias) Copy(decoder, matrix.Name + ".bias", bias, matrix.First);
                }
            }

            if (layer.QueryNorm is { } queryNorm) Copy(decoder, prefix + "self_attn.q_norm.weight", queryNorm);
            if (layer.KeyNorm is { } keyNorm) Copy(decoder, prefix + "self_attn.k_norm.weight", keyNorm);
            Copy(decoder, prefix + "post_attention_layernorm.weight", layer.FeedForwardNorm);
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
        if (Embedding is not { } embedding) Head.CopyRow(token, target);
        else if (embedding.Halved) Widen(embedding.Start<BFloat16>() + (long)token * Config.Width, target);
        else new ReadOnlySpan<float>(embedding.Start<float>() + (long)token * Config.Width, Config.Width).CopyTo(new(target, Config.Width));
    }

    private static string HeadOf(DecoderConfig config) => config.TiedHead ? "model.embed_tokens" : "lm_head";

    private static void Pack(Decoder decoder, string name, PackedMatrix matrix, int firstOutput = 0)
    {
        if (matrix.Halved) TensorValues.Read<BFloat16>(decoder[name], (values, row) => matrix.Pack(values, firstOutput + row));
        else TensorValues.Read<float>(decoder[name], (values, row) => matrix.Pack(values, firstOutput + row));
    }

    private static void Copy(Decoder decoder, string name, FloatBlock block, int first = 0) => Copy(decoder[name], block.Start + first);

    private static void Copy<TWeight>(torch.Tensor tensor, TWeight* target)
        where TWeight : unmanaged
    {
        long columns = tensor.numel() / tensor.shape[0];
        TensorValues.Read<TWeight>(tensor, (values, row) => values.CopyTo(new Span<TWeight>(target + row * columns, values.Length)));
    }

    private void Widen(BFloat16* source, float* target)
    {
        for (int index = 0; index < Config.Width; index++) target[index] = PackedWeight.Single(source[index]);
    }
}
