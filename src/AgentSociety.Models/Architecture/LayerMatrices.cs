namespace AgentSociety.Models;

/// <summary>What a layer multiplies by, in order; matrices with the same input are one product.</summary>
internal enum LayerProduct
{
    Attention,
    Output,
    GateUp,
    Down,
}

/// <summary>A matrix of a layer, which adapters may update.</summary>
/// <param name="Name">Its name in files without <c>.weight</c>, as in <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="First">Its first output in the product.</param>
/// <param name="Outputs">How many outputs it has.</param>
internal sealed record LayerMatrix(string Name, int First, int Outputs);

/// <summary>The matrices of a decoder's layers: their names, and which of them are multiplied together.</summary>
internal static class LayerMatrices
{
    /// <summary>All products of a layer, in order.</summary>
    public static IReadOnlyList<LayerProduct> Products { get; } = Enum.GetValues<LayerProduct>();

    /// <summary>How the names of a layer's weights begin.</summary>
    public static string Prefix(int layer) => $"model.layers.{layer}.";

    /// <summary>The matrices of a product, in the order of their outputs.</summary>
    public static LayerMatrix[] Of(DecoderConfig config, int layer, LayerProduct product)
    {
        int queries = config.Heads * config.HeadWidth, keys = config.KeyValueHeads * config.HeadWidth;
        (string Name, int Outputs)[] matrices = product switch
        {
            LayerProduct.Attention => [("self_attn.q_proj", queries), ("self_attn.k_proj", keys), ("self_attn.v_proj", keys)],
            LayerProduct.Output => [("self_attn.o_proj", config.Width)],
            LayerProduct.GateUp => [("mlp.gate_proj", config.FeedForward), ("mlp.up_proj", config.FeedForward)],
            LayerProduct.Down => [("mlp.down_proj", config.Width)],
            _ => throw new ArgumentOutOfRangeException(nameof(product)),
        };
        int first = 0;
        return [.. matrices.Select(matrix => new LayerMatrix(Prefix(layer) + matrix.Name, (first += matrix.Outputs) - matrix.Outputs, matrix.Outputs))];
    }

    /// <summary>How many inputs a product has.</summary>
    public static int Inputs(DecoderConfig config, LayerProduct product) => product switch
    {
        LayerProduct.Output => config.Heads * config.HeadWidth,
        LayerProduct.Down => config.FeedForward,
        _ => config.Width,
    };

    /// <summary>How many outputs a product has.</summary>
    public static int Outputs(DecoderConfig config, LayerProduct product) => Of(config, 0, product).Sum(matrix => matrix.Outputs);
}
