using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>A decoder's weights as <see cref="TensorPass"/> multiplies by them: q, k, v in one matrix, gate and up in another. What needs neither joining nor another number format is the decoder's own memory.</summary>
internal sealed class TensorWeights : IDisposable
{
    private readonly List<Tensor> _tensors = [];
    private readonly Decoder _decoder;
    private readonly ScalarType _type;

    /// <summary>Takes up a decoder's weights as they are now.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="type">The number format of products; norms are float32.</param>
    public TensorWeights(Decoder decoder, ScalarType type)
    {
        (_decoder, _type) = (decoder, type);
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        DecoderConfig config = decoder.Config;
        Embedding = Own("model.embed_tokens.weight", type);
        Head = config.TiedHead ? Embedding : Own("lm_head.weight", type);
        FinalNorm = Own("model.norm.weight", ScalarType.Float32);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(LayerOf)];
    }

    /// <summary>[tokens, width].</summary>
    public Tensor Embedding { get; }

    /// <summary>[tokens, width].</summary>
    public Tensor Head { get; }

    public Tensor FinalNorm { get; }

    public IReadOnlyList<Layer> Layers { get; }

    public void Dispose()
    {
        foreach (Tensor tensor in _tensors) tensor.Dispose();
    }

    private Layer LayerOf(int index)
    {
        DecoderConfig config = _decoder.Config;
        string prefix = LayerMatrices.Prefix(index);
        Tensor? HeadNorm(string name) => config.QueryKeyNorm ? Own($"{prefix}self_attn.{name}.weight", ScalarType.Float32) : null;
        return new Layer(
            Own(prefix + "input_layernorm.weight", ScalarType.Float32),
            Joined(index, LayerProduct.Attention, config.QueryKeyValueBias),
            HeadNorm("q_norm"),
            HeadNorm("k_norm"),
            Joined(index, LayerProduct.Output, config.OutputBias),
            Own(prefix + "post_attention_layernorm.weight", ScalarType.Float32),
            Joined(index, LayerProduct.GateUp, biased: false),
            Joined(index, LayerProduct.Down, biased: false));
    }

    private Product Joined(int layer, LayerProduct product, bool biased)
    {
        LayerMatrix[] matrices = LayerMatrices.Of(_decoder.Config, layer, product);
        return new Product(Side("weight"), biased ? Side("bias") : null, matrices);

        Tensor Side(string part) => matrices.Length == 1
            ? Own($"{matrices[0].Name}.{part}", _type)
            : Keep(cat([.. matrices.Select(matrix => _decoder[$"{matrix.Name}.{part}"].detach())], 0).to(_type));
    }

    private Tensor Own(string name, ScalarType type) => Keep(_decoder[name].detach().to(type));

    private Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>Matrices with one input as one, and its bias.</summary>
    /// <param name="Weight">[outputs, inputs].</param>
    /// <param name="Bias">[outputs]; null for none.</param>
    /// <param name="Matrices">The matrices, in order.</param>
    internal sealed record Product(Tensor Weight, Tensor? Bias, IReadOnlyList<LayerMatrix> Matrices);

    /// <summary>The weights of one layer; null where the shape has none.</summary>
    internal sealed record Layer(Tensor AttentionNorm, Product Attention, Tensor? QueryNorm, Tensor? KeyNorm, Product Output, Tensor FeedForwardNorm, Product GateUp, Product Down);
}
