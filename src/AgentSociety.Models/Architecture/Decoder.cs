using AgentSociety.Core.Randomness;
using AgentSociety.Models.Fused;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace AgentSociety.Models;

/// <summary>
/// The decoder of the Llama family as it is trained: RMSNorm before each block, rotary positions, grouped-query attention, SwiGLU, tied or
/// untied head; where the configuration asks for it biases, normalised heads and a sliding window. It turns token ids into logits; tokenisation and sampling are not its business.
/// </summary>
/// <remarks>
/// Touvron et al. (2023), section 2.2; rotary positions in Hugging Face's half-split layout. Weights bear Hugging Face's names.
/// Positions are given with the tokens and may have gaps. Not thread-safe while its weights are being changed.
/// </remarks>
public sealed partial class Decoder : IDisposable
{
    private const int FirstPositions = 8192;

    private readonly Dictionary<string, Tensor> _weights;
    private readonly Layer[] _layers;
    private readonly Lock _rotaryGate = new();
    private Tensor _cosines;
    private Tensor _sines;

    private Decoder(DecoderConfig config, Dictionary<string, Tensor> weights)
    {
        Config = config;
        _weights = weights;
        _layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new Layer(config, layer))];
        (_cosines, _sines) = RotaryTables(Math.Min(config.Context, FirstPositions));
    }

    /// <summary>The shape.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Where the weights live.</summary>
    public Device Device => _weights["model.norm.weight"].device;

    /// <summary>Weights by name, in file order.</summary>
    public IEnumerable<(string Name, Tensor Weight)> Parameters => Shapes(Config).Select(shape => (shape.Name, _weights[shape.Name]));

    /// <summary>The first weight that holds a value that is no number or has no end; null where all are finite.</summary>
    public string? NotFinite()
    {
        using IDisposable frozen = no_grad();
        return Parameters.FirstOrDefault(parameter => !IsFinite(parameter.Weight)).Name;
    }

    /// <summary>True where all values of a tensor, of which there is one at least, are finite numbers.</summary>
    internal static bool IsFinite(Tensor tensor)
    {
        // Both ends, and not a mask as large as the tensor: a NaN is its own least and greatest value.
        using Tensor least = tensor.min(), greatest = tensor.max(), low = least.to(ScalarType.Float32), high = greatest.to(ScalarType.Float32);
        return float.IsFinite(low.item<float>()) && float.IsFinite(high.item<float>());
    }

    /// <summary>One weight by name.</summary>
    public Tensor this[string name] => _weights[name];

    /// <summary>A decoder with drawn weights: normal with deviation 0.02, output projections scaled down by the root of twice the depth (GPT-2), norms one, biases zero.</summary>
    public static Decoder Create(DecoderConfig config, ulong seed, Device device)
    {
        Dictionary<string, Tensor> weights = [];
        foreach ((string name, long[] shape) in Shapes(config))
        {
            KeyedRandom random = KeyedRandom.For(seed, $"initial/{name}");
            bool bias = name.EndsWith(".bias", StringComparison.Ordinal), norm = shape.Length == 1 && !bias, projectsOut = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
            double deviation = projectsOut ? 0.02 / Math.Sqrt(2.0 * config.Layers) : 0.02;
            float[] values = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
            for (int index = 0; index < values.Length; index++) values[index] = norm ? 1 : bias ? 0 : (float)(random.NextGaussian() * deviation);
            weights[name] = tensor(values, shape, device: device).requires_grad_().DetachFromDisposeScope();
        }

        return new Decoder(config, weights);
    }

    /// <summary>A copy in another number format, on the same device.</summary>
    public Decoder To(ScalarType type)
    {
        using var frozen = no_grad();
        return new Decoder(Config, Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Weight.detach().to(type, copy: true).requires_grad_().DetachFromDisposeScope()));
    }

    /// <summary>Logits of every position.</summary>
    /// <param name="tokens">[batch, time], int64, padded on the right with any token.</param>
    /// <param name="positions">[batch, time], int64, rising along time and less than <see cref="DecoderConfig.Context"/>. Where they do not rise another text begins in the row, which sees nothing of those before it.</param>
    /// <param name="adapter">Low-rank updates to apply; null for none.</param>
    /// <param name="pass">What is given up for memory or speed in training.</param>
    /// <returns>[batch, time, vocabulary], in the number format of the embedding; a position sees itself and those before it. The caller owns it.</returns>
    public Tensor Forward(Tensor tokens, Tensor positions, Adapter? adapter = null, TrainingPass pass = default)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = tokens.shape[0], time = tokens.shape[1];
        Tensor flat = positions.reshape(-1);
        (Tensor cosineRows, Tensor sineRows) = RotaryRows(flat);
        Tensor cosines = cosineRows.view(batch, time, -1), sines = sineRows.view(batch, time, -1); // [batch, time, headWidth / 2]
        Tensor? texts = TextsOf(positions);
        Tensor stream = _weights["model.embed_tokens.weight"].index_select(0, tokens.reshape(-1)).view(batch, time, -1); // [batch, time, width]
        foreach (Layer layer in _layers)
        {
            stream = pass.Recomputed && is_grad_enabled()
                ? RecomputedLayer.Through((input, cosine, sine, text) => Through(layer, input, cosine, sine, text, adapter, pass), Leaves(layer, adapter), stream, cosines, sines, texts)
                : Through(layer, stream, cosines, sines, texts, adapter, pass);
        }

        Tensor head = Config.TiedHead ? _weights["model.embed_tokens.weight"] : _weights["lm_head.weight"];
        return Product(Normalise(stream, "model.norm.weight"), [head], [], pass).MoveToOuterDisposeScope();
    }

    private Tensor Through(Layer layer, Tensor stream, Tensor cosines, Tensor sines, Tensor? texts, Adapter? adapter, TrainingPass pass)
    {
        stream = stream.Plus(Attend(layer, Normalise(stream, layer.AttentionNorm), cosines, sines, texts, adapter, pass));
        return stream.Plus(FeedForward(layer, Normalise(stream, layer.FeedForwardNorm), adapter, pass));
    }

    /// <summary>What of a layer is trained.</summary>
    private Tensor[] Leaves(Layer layer, Adapter? adapter)
    {
        IEnumerable<Tensor> own = _weights.Where(weight => weight.Key.StartsWith(layer.Prefix, StringComparison.Ordinal)).OrderBy(weight => weight.Key, StringComparer.Ordinal).Select(weight => weight.Value);
        IEnumerable<Tensor> low = adapter?.Parameters.Where(parameter => parameter.Name.StartsWith(layer.Prefix, StringComparison.Ordinal)).Select(parameter => parameter.Weight) ?? [];
        return [.. own.Concat(low).Where(leaf => leaf.requires_grad)];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Tensor weight in _weights.Values) weight.Dispose();
        _cosines.Dispose();
        _sines.Dispose();
    }

    private Tensor Attend(Layer layer, Tensor input, Tensor cosines, Tensor sines, Tensor? texts, Adapter? adapter, TrainingPass pass)
    {
        Tensor fused = Project(layer.Attention, input, adapter, pass); // [batch, time, (heads + 2 keyHeads) headWidth]
        if (Config.QueryKeyNorm) fused = NormaliseHeads(layer, fused);
        (Tensor query, Tensor key, Tensor value) = Values.Supports(fused) && Values.Supports(cosines) && FusedHeads.apply(fused, cosines, sines, Config.Heads, Config.KeyValueHeads) is [var q, var k, var v]
            ? (q, k, v)
            : Heads(fused, cosines.unsqueeze(2), sines.unsqueeze(2));
        long time = input.shape[1];
        Tensor mixed = texts is not null || Config.Window < time // [batch, heads, time, headWidth]
            ? F.scaled_dot_product_attention(query, key, value, attn_mask: Seen(time, texts, input.device))
            : F.scaled_dot_product_attention(query, key, value, is_casual: true);
        return Project(layer.Output, mixed.transpose(1, 2).reshape(input.shape[0], time, Config.Heads * Config.HeadWidth), adapter, pass);
    }

    /// <summary>The number of each cell's text in its row, [batch, time]; null where every row is one text.</summary>
    private static Tensor? TextsOf(Tensor positions)
    {
        long time = positions.shape[1];
        if (time < 2) return null;
        Tensor begins = positions.narrow(1, 1, time - 1).le(positions.narrow(1, 0, time - 1)); // [batch, time - 1]
        return begins.any().item<bool>() ? cat([zeros_like(positions.narrow(1, 0, 1)), begins.to(ScalarType.Int64).cumsum(1)], 1) : null;
    }

    /// <summary>True where a row's position sees a column's: itself and as many before it as the window holds, of its own text. [time, time], or [batch, 1, time, time] where rows hold several texts.</summary>
    private Tensor Seen(long time, Tensor? texts, Device device)
    {
        Tensor seen = ones(time, time, ScalarType.Bool, device).tril();
        if (Config.Window < time) seen = seen.logical_and(ones(time, time, ScalarType.Bool, device).triu(1 - Config.Window.Value));
        return texts is null ? seen : texts.unsqueeze(2).eq(texts.unsqueeze(1)).logical_and(seen).unsqueeze(1);
    }

    /// <summary>Normalises each head of q and k; v passes.</summary>
    private Tensor NormaliseHeads(Layer layer, Tensor fused)
    {
        long queries = Config.Heads * Config.HeadWidth, keys = Config.KeyValueHeads * Config.HeadWidth;
        Tensor Part(long start, long length, string norm) =>
            Normalise(fused.narrow(-1, start, length).reshape(fused.shape[0], fused.shape[1], -1, Config.HeadWidth).contiguous(), norm).view(fused.shape[0], fused.shape[1], length);
        return cat([Part(0, queries, layer.QueryNorm), Part(queries, keys, layer.KeyNorm), fused.narrow(-1, queries + keys, keys)], -1);
    }

    /// <summary>What <see cref="FusedHeads"/> does, in torch's operations.</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Heads(Tensor fused, Tensor cosines, Tensor sines)
    {
        Tensor heads = fused.view(fused.shape[0], fused.shape[1], Config.Heads + 2 * Config.KeyValueHeads, Config.HeadWidth);
        int group = Config.Heads / Config.KeyValueHeads;
        Tensor query = RotaryTable.Turn(heads.narrow(2, 0, Config.Heads), cosines, sines).to(fused.dtype), key = RotaryTable.Turn(heads.narrow(2, Config.Heads, Config.KeyValueHeads), cosines, sines).to(fused.dtype);
        Tensor value = heads.narrow(2, Config.Heads + Config.KeyValueHeads, Config.KeyValueHeads);
        return (query.transpose(1, 2), key.repeat_interleave(group, 2).transpose(1, 2), value.repeat_interleave(group, 2).transpose(1, 2));
    }

    private Tensor FeedForward(Layer layer, Tensor input, Adapter? adapter, TrainingPass pass)
    {
        Tensor fused = Project(layer.GateUp, input, adapter, pass); // [batch, time, 2 feedForward]
        Tensor hidden = Values.Supports(fused) ? FusedGate.apply(fused) : F.silu(fused.narrow(-1, 0, Config.FeedForward)) * fused.narrow(-1, Config.FeedForward, Config.FeedForward);
        return Project(layer.Down, hidden, adapter, pass);
    }

    /// <summary>The products of one input with one or more matrices, side by side in the last dimension.</summary>
    private Tensor Project(string[] modules, Tensor input, Adapter? adapter, TrainingPass pass)
    {
        Tensor[] weights = [.. modules.Select(module => _weights[module + ".weight"])];
        Tensor[] biases = [.. modules.Where(module => _weights.ContainsKey(module + ".bias")).Select(module => _weights[module + ".bias"])];
        Tensor output = Product(input, weights, biases, pass);
        if (adapter is null || !modules.Any(module => adapter.TryGet(module, out _, out _))) return output;
        Tensor[] updates = [.. modules.Zip(weights, (module, weight) => adapter.TryGet(module, out Tensor a, out Tensor b)
            ? Product(Product(input, [a], [], pass), [b], [], pass)
            : zeros(input.shape[0], input.shape[1], weight.shape[0], input.dtype, input.device))];
        return output.Plus((updates.Length == 1 ? updates[0] : cat(updates, -1)).Times(adapter.Scale));
    }

    private static Tensor Product(Tensor input, Tensor[] weights, Tensor[] biases, TrainingPass pass)
    {
        // Files and adapters may mix number formats: the stream's counts.
        (weights, biases) = ([.. weights.Select(Alike)], [.. biases.Select(Alike)]);
        if (!pass.HalfProducts && MatrixProduct.Supports(input, weights)) return MatrixProduct.Of(input, weights, biases);
        Tensor weight = weights.Length == 1 ? weights[0] : cat(weights, 0);
        Tensor? bias = biases.Length switch { 0 => null, 1 => biases[0], _ => cat(biases, 0) };
        return pass.HalfProducts
            ? F.linear(input.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16)).to(input.dtype)
            : F.linear(input, weight, bias);

        Tensor Alike(Tensor tensor) => tensor.dtype == input.dtype ? tensor : tensor.to(input.dtype);
    }

    private Tensor Normalise(Tensor input, string name) => RootMeanSquare.Normalise(input, _weights[name], Config.NormEpsilon);

    /// <summary>The tables' rows of these positions. Under the lock, since another thread may ask for later ones and replace the tables.</summary>
    private (Tensor Cosines, Tensor Sines) RotaryRows(Tensor positions)
    {
        lock (_rotaryGate)
        {
            long held = _cosines.shape[0];
            if (held < Config.Context && positions.max().item<long>() is var last && last >= held)
            {
                (Tensor cosines, Tensor sines) = (_cosines, _sines);
                (_cosines, _sines) = RotaryTables((int)Math.Min(Config.Context, Math.Max(2 * held, last + 1)));
                cosines.Dispose();
                sines.Dispose();
            }

            return (_cosines.index_select(0, positions), _sines.index_select(0, positions));
        }
    }

    /// <summary>float32, whatever the weights are in: half precision tells no two of a long context's positions apart.</summary>
    private (Tensor Cosines, Tensor Sines) RotaryTables(int positions) => RotaryTable.Tensors(Config, positions, ScalarType.Float32, Device);

    /// <summary>The names of a layer's weights; matrices with the same input stand together.</summary>
    private sealed class Layer(DecoderConfig config, int index)
    {
        public string Prefix { get; } = LayerMatrices.Prefix(index);

        public string AttentionNorm { get; } = $"model.layers.{index}.input_layernorm.weight";

        public string[] Attention { get; } = Names(config, index, LayerProduct.Attention);

        public string QueryNorm { get; } = $"model.layers.{index}.self_attn.q_norm.weight";

        public string KeyNorm { get; } = $"model.layers.{index}.self_attn.k_norm.weight";

        public string[] Output { get; } = Names(config, index, LayerProduct.Output);

        public string FeedForwardNorm { get; } = $"model.layers.{index}.post_attention_layernorm.weight";

        public string[] GateUp { get; } = Names(config, index, LayerProduct.GateUp);

        public string[] Down { get; } = Names(config, index, LayerProduct.Down);

        private static string[] Names(DecoderConfig config, int index, LayerProduct product) => [.. LayerMatrices.Of(config, index, product).Select(matrix => matrix.Name)];
    }
}
