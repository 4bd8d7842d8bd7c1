using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Models.Fused;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace AgentSociety.Models;

/// <summary>
/// The Llama decoder as it is trained: RMSNorm before each block, rotary positions, grouped-query attention, SwiGLU, tied or
/// untied head. It turns token ids into logits; tokenisation and sampling are not its business.
/// </summary>
/// <remarks>
/// Touvron et al. (2023), section 2.2; rotary positions in Hugging Face's half-split layout. Weights bear Hugging Face's names.
/// Positions are given with the tokens and may have gaps. Not thread-safe while its weights are being changed.
/// </remarks>
public sealed class Decoder : IDisposable
{
    private readonly Dictionary<string, Tensor> _weights;
    private readonly Layer[] _layers;
    private readonly Tensor _cosines;
    private readonly Tensor _sines;

    private Decoder(DecoderConfig config, Dictionary<string, Tensor> weights)
    {
        Config = config;
        _weights = weights;
        _layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new Layer(layer))];
        (Tensor cosines, Tensor sines) = RotaryTables(config, weights["model.norm.weight"].device);
        (_cosines, _sines) = (cosines.to(weights["model.norm.weight"].dtype).DetachFromDisposeScope(), sines.to(weights["model.norm.weight"].dtype).DetachFromDisposeScope());
    }

    /// <summary>The shape.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Where the weights live.</summary>
    public Device Device => _weights["model.norm.weight"].device;

    /// <summary>Weights by name, in file order.</summary>
    public IEnumerable<(string Name, Tensor Weight)> Parameters => Shapes(Config).Select(shape => (shape.Name, _weights[shape.Name]));

    /// <summary>One weight by name.</summary>
    public Tensor this[string name] => _weights[name];

    /// <summary>A decoder with drawn weights: normal with deviation 0.02, output projections scaled down by the root of twice the depth (GPT-2), norms one.</summary>
    public static Decoder Create(DecoderConfig config, ulong seed, Device device)
    {
        Dictionary<string, Tensor> weights = [];
        foreach ((string name, long[] shape) in Shapes(config))
        {
            KeyedRandom random = KeyedRandom.For(seed, $"initial/{name}");
            bool norm = shape.Length == 1, projectsOut = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
            double deviation = projectsOut ? 0.02 / Math.Sqrt(2.0 * config.Layers) : 0.02;
            float[] values = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
            for (int index = 0; index < values.Length; index++) values[index] = norm ? 1 : (float)(random.NextGaussian() * deviation);
            weights[name] = tensor(values, shape, device: device).requires_grad_().DetachFromDisposeScope();
        }

        return new Decoder(config, weights);
    }

    /// <summary>A decoder with the weights of a safetensors file.</summary>
    /// <exception cref="SocietyException">A tensor is missing, has another shape, or has no place in the model.</exception>
    public static Decoder Load(DecoderConfig config, string file, Device device)
    {
        Dictionary<string, Tensor> read = SafetensorsFile.Read(file);
        Dictionary<string, Tensor> weights = [];
        foreach ((string name, long[] shape) in Shapes(config))
        {
            if (!read.Remove(name, out Tensor? source)) throw new SocietyException($"{file}: tensor {name} is missing");
            if (!source.shape.SequenceEqual(shape)) throw new SocietyException($"{file}: tensor {name} has shape [{string.Join(", ", source.shape)}] where config.json asks for [{string.Join(", ", shape)}]");
            weights[name] = source.to(ScalarType.Float32).to(device).requires_grad_().DetachFromDisposeScope();
            if (!ReferenceEquals(weights[name], source)) source.Dispose();
        }

        if (read.Count > 0) throw new SocietyException($"{file}: holds tensors that config.json has no place for, such as {read.Keys.First()}");
        return new Decoder(config, weights);
    }

    /// <summary>A copy in another number format, on the same device.</summary>
    public Decoder To(ScalarType type)
    {
        using var frozen = no_grad();
        return new Decoder(Config, Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Weight.detach().to(type, copy: true).requires_grad_().DetachFromDisposeScope()));
    }

    /// <summary>Names and shapes of all weights.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Shapes(DecoderConfig config)
    {
        long width = config.Width, keyWidth = config.KeyValueHeads * config.HeadWidth;
        yield return ("model.embed_tokens.weight", [config.VocabularySize, width]);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            yield return (prefix + "input_layernorm.weight", [width]);
            yield return (prefix + "self_attn.q_proj.weight", [width, width]);
            yield return (prefix + "self_attn.k_proj.weight", [keyWidth, width]);
            yield return (prefix + "self_attn.v_proj.weight", [keyWidth, width]);
            yield return (prefix + "self_attn.o_proj.weight", [width, width]);
            yield return (prefix + "post_attention_layernorm.weight", [width]);
            yield return (prefix + "mlp.gate_proj.weight", [config.FeedForward, width]);
            yield return (prefix + "mlp.up_proj.weight", [config.FeedForward, width]);
            yield return (prefix + "mlp.down_proj.weight", [width, config.FeedForward]);
        }

        yield return ("model.norm.weight", [width]);
        if (!config.TiedHead) yield return ("lm_head.weight", [config.VocabularySize, width]);
    }

    /// <summary>Logits of every position.</summary>
    /// <param name="tokens">[batch, time], int64, padded on the right with any token.</param>
    /// <param name="positions">[batch, time], int64, rising along time and less than <see cref="DecoderConfig.Context"/>.</param>
    /// <param name="adapter">Low-rank updates to apply; null for none.</param>
    /// <returns>[batch, time, vocabulary], float32; a position sees itself and those before it. The caller owns it.</returns>
    public Tensor Forward(Tensor tokens, Tensor positions, Adapter? adapter = null)
    {
        using DisposeScope scope = NewDisposeScope();
        long batch = tokens.shape[0], time = tokens.shape[1];
        Tensor flat = positions.reshape(-1);
        Tensor cosines = _cosines.index_select(0, flat).view(batch, time, -1); // [batch, time, headWidth / 2]
        Tensor sines = _sines.index_select(0, flat).view(batch, time, -1);
        Tensor stream = _weights["model.embed_tokens.weight"].index_select(0, tokens.reshape(-1)).view(batch, time, -1); // [batch, time, width]
        foreach (Layer layer in _layers)
        {
            stream = stream + Attend(layer, Normalise(stream, layer.AttentionNorm), cosines, sines, adapter);
            stream = stream + FeedForward(layer, Normalise(stream, layer.FeedForwardNorm), adapter);
        }

        Tensor head = Config.TiedHead ? _weights["model.embed_tokens.weight"] : _weights["lm_head.weight"];
        return F.linear(Normalise(stream, "model.norm.weight"), head).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Tensor weight in _weights.Values) weight.Dispose();
        _cosines.Dispose();
        _sines.Dispose();
    }

    private Tensor Attend(Layer layer, Tensor input, Tensor cosines, Tensor sines, Adapter? adapter)
    {
        Tensor fused = Project(layer.Attention, input, adapter); // [batch, time, (heads + 2 keyHeads) headWidth]
        (Tensor query, Tensor key, Tensor value) = Values.Supports(fused) && FusedHeads.apply(fused, cosines, sines, Config.Heads, Config.KeyValueHeads) is [var q, var k, var v]
            ? (q, k, v)
            : Heads(fused, cosines.unsqueeze(2), sines.unsqueeze(2));
        Tensor mixed = F.scaled_dot_product_attention(query, key, value, is_casual: true); // [batch, heads, time, headWidth]
        return Project(layer.Output, mixed.transpose(1, 2).reshape(input.shape[0], input.shape[1], Config.Width), adapter);
    }

    /// <summary>What <see cref="FusedHeads"/> does, in torch's operations.</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Heads(Tensor fused, Tensor cosines, Tensor sines)
    {
        Tensor heads = fused.view(fused.shape[0], fused.shape[1], Config.Heads + 2 * Config.KeyValueHeads, Config.HeadWidth);
        int group = Config.Heads / Config.KeyValueHeads;
        Tensor Turn(Tensor part)
        {
            Tensor[] halves = part.chunk(2, -1);
            return cat([halves[0] * cosines - halves[1] * sines, halves[1] * cosines + halves[0] * sines], -1);
        }

        Tensor query = Turn(heads.narrow(2, 0, Config.Heads)), key = Turn(heads.narrow(2, Config.Heads, Config.KeyValueHeads));
        Tensor value = heads.narrow(2, Config.Heads + Config.KeyValueHeads, Config.KeyValueHeads);
        return (query.transpose(1, 2), key.repeat_interleave(group, 2).transpose(1, 2), value.repeat_interleave(group, 2).transpose(1, 2));
    }

    private Tensor FeedForward(Layer layer, Tensor input, Adapter? adapter)
    {
        Tensor fused = Project(layer.GateUp, input, adapter); // [batch, time, 2 feedForward]
        Tensor hidden = Values.Supports(fused) ? FusedGate.apply(fused) : F.silu(fused.narrow(-1, 0, Config.FeedForward)) * fused.narrow(-1, Config.FeedForward, Config.FeedForward);
        return Project(layer.Down, hidden, adapter);
    }

    /// <summary>The products of one input with one or more matrices, side by side in the last dimension.</summary>
    private Tensor Project(string[] modules, Tensor input, Adapter? adapter)
    {
        Tensor[] weights = [.. modules.Select(module => _weights[module + ".weight"])];
        Tensor output = F.linear(input, weights.Length == 1 ? weights[0] : cat(weights, 0));
        if (adapter is null || !modules.Any(module => adapter.TryGet(module, out _, out _))) return output;
        Tensor[] updates = [.. modules.Zip(weights, (module, weight) => adapter.TryGet(module, out Tensor a, out Tensor b)
            ? F.linear(F.linear(input, a), b)
            : zeros(input.shape[0], input.shape[1], weight.shape[0], input.dtype, input.device))];
        return output + (updates.Length == 1 ? updates[0] : cat(updates, -1)) * adapter.Scale;
    }

    private Tensor Normalise(Tensor input, string name)
    {
        Tensor weight = _weights[name];
        return Values.Supports(input) ? FusedNorm.apply(input, weight, Config.NormEpsilon) : input * (input.square().mean([-1], keepdim: true) + Config.NormEpsilon).rsqrt() * weight;
    }

    private static (Tensor Cosines, Tensor Sines) RotaryTables(DecoderConfig config, Device device)
    {
        int half = config.HeadWidth / 2;
        float[] cosines = new float[config.Context * half], sines = new float[cosines.Length];
        for (int position = 0; position < config.Context; position++)
        {
            for (int index = 0; index < half; index++)
            {
                double angle = position * Math.Pow(config.RopeTheta, -(double)index / half);
                cosines[position * half + index] = (float)Math.Cos(angle);
                sines[position * half + index] = (float)Math.Sin(angle);
            }
        }

        return (tensor(cosines, [config.Context, half], device: device).DetachFromDisposeScope(), tensor(sines, [config.Context, half], device: device).DetachFromDisposeScope());
    }

    /// <summary>The names of a layer's weights; matrices with the same input stand together.</summary>
    private sealed class Layer(int index)
    {
        public string AttentionNorm { get; } = $"model.layers.{index}.input_layernorm.weight";

        public string[] Attention { get; } = [$"model.layers.{index}.self_attn.q_proj", $"model.layers.{index}.self_attn.k_proj", $"model.layers.{index}.self_attn.v_proj"];

        public string[] Output { get; } = [$"model.layers.{index}.self_attn.o_proj"];

        public string FeedForwardNorm { get; } = $"model.layers.{index}.post_attention_layernorm.weight";

        public string[] GateUp { get; } = [$"model.layers.{index}.mlp.gate_proj", $"model.layers.{index}.mlp.up_proj"];

        public string[] Down { get; } = [$"model.layers.{index}.mlp.down_proj"];
    }
}
