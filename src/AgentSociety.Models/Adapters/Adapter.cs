using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>A low-rank update of some matrices of a decoder: W x + scale * B (A x).</summary>
/// <remarks>Hu et al., "LoRA" (2021), section 4.1; rank-stabilised scale of Kalajdzievski (2023), theorem 3.2. Stored as a PEFT folder.</remarks>
public sealed class Adapter : IDisposable
{
    private const string WeightsFile = "adapter_model.safetensors";
    private const string ConfigFile = "adapter_config.json";
    private const string Prefix = "base_model.model.";

    private readonly Dictionary<string, (Tensor A, Tensor B)> _updates;

    private Adapter(LoraSettings settings, Dictionary<string, (Tensor A, Tensor B)> updates)
    {
        Settings = settings;
        _updates = updates;
    }

    /// <summary>Rank, scale and targets.</summary>
    public LoraSettings Settings { get; }

    /// <summary>What B A x is multiplied by.</summary>
    public double Scale => Settings.Alpha / (Settings.RankStabilised ? Math.Sqrt(Settings.Rank) : Settings.Rank);

    /// <summary>The trained matrices by name: A is [rank, inputs], B is [outputs, rank].</summary>
    public IEnumerable<(string Name, Tensor Weight)> Parameters => _updates.OrderBy(update => update.Key, StringComparer.Ordinal)
        .SelectMany(update => new[] { ($"{update.Key}.lora_A.weight", update.Value.A), ($"{update.Key}.lora_B.weight", update.Value.B) });

    /// <summary>The update of one matrix, by the matrix' name without <c>.weight</c>.</summary>
    public bool TryGet(string module, out Tensor a, out Tensor b)
    {
        bool found = _updates.TryGetValue(module, out (Tensor A, Tensor B) update);
        (a, b) = update;
        return found;
    }

    /// <summary>A new adapter, which changes nothing yet: A is drawn, B is zero.</summary>
    public static Adapter Create(Decoder decoder, LoraSettings settings, ulong seed)
    {
        if (settings.Targets.FirstOrDefault(target => !LoraSettings.Matrices.Contains(target)) is { } strange)
            throw new SocietyException($"the adapter's target {strange} is no matrix of a layer; these are: {string.Join(", ", LoraSettings.Matrices)}");
        Dictionary<string, (Tensor, Tensor)> updates = [];
        foreach ((string name, Tensor weight) in decoder.Parameters)
        {
            // Biases and norms end otherwise or name no target.
            string module = name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
            if (!settings.Targets.Contains(module[(module.LastIndexOf('.') + 1)..])) continue;
            long outputs = weight.shape[0], inputs = weight.shape[1];
            KeyedRandom random = KeyedRandom.For(seed, $"adapter/{module}");
            double deviation = 1 / Math.Sqrt(inputs);
            float[] values = new float[settings.Rank * inputs];
            for (int index = 0; index < values.Length; index++) values[index] = (float)(random.NextGaussian() * deviation);
            Tensor a = tensor(values, [settings.Rank, inputs], device: weight.device).requires_grad_().DetachFromDisposeScope();
            Tensor b = zeros(outputs, settings.Rank, device: weight.device).requires_grad_().DetachFromDisposeScope();
            updates[module] = (a, b);
        }

        return new Adapter(settings, updates);
    }

    /// <summary>Writes the adapter as a PEFT folder.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        Stored stored = new()
        {
            Rank = Settings.Rank,
            Alpha = Settings.Alpha,
            RankStabilised = Settings.RankStabilised,
            Targets = JsonSerializer.SerializeToElement(Settings.Targets),
        };
        WholeFile.Write(Path.Combine(folder, ConfigFile), JsonSerializer.Serialize(stored) + "\n");
        SafetensorsFile.Write(Path.Combine(folder, WeightsFile), Parameters.Select(parameter => (Prefix + parameter.Name, parameter.Weight)));
    }

    /// <summary>Reads a PEFT folder that fits a decoder.</summary>
    /// <exception cref="SocietyException">A file is missing or damaged, or a matrix does not fit.</exception>
    public static Adapter Load(string folder, Decoder decoder)
    {
        string configFile = Path.Combine(folder, ConfigFile), weightsFile = Path.Combine(folder, WeightsFile);
        Stored stored;
        try
        {
            stored = JsonSerializer.Deserialize<Stored>(File.ReadAllText(configFile)) ?? throw new SocietyException($"{configFile}: is empty");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SocietyException($"{configFile}: cannot be read as an adapter's configuration ({cause.Message})", cause: cause);
        }

        if (stored.Foreign is { } foreign) throw new SocietyException($"{configFile}: {foreign} is not supported; use a plain LoRA adapter");
        Dictionary<string, Tensor> read = SafetensorsFile.Read(weightsFile);
        Dictionary<string, (Tensor A, Tensor B)> updates = [];
        using (no_grad())
        {
            foreach ((string name, Tensor weight) in decoder.Parameters)
            {
                string module = name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
                string nameOfA = $"{Prefix}{module}.lora_A.weight", nameOfB = $"{Prefix}{module}.lora_B.weight";
                if (weight.dim() != 2 || (!read.ContainsKey(nameOfA) && !read.ContainsKey(nameOfB))) continue;
                updates[module] = (Take(nameOfA, [stored.Rank, weight.shape[1]]), Take(nameOfB, [weight.shape[0], stored.Rank]));
            }
        }

        if (updates.Keys.FirstOrDefault(module => module is "model.embed_tokens" or "lm_head") is { } outer) throw new SocietyException($"{weightsFile}: adapts {outer}; adapters of layers' matrices are supported");
        if (read.Count > 0) throw new SocietyException($"{weightsFile}: holds tensors that the model has no place for, such as {read.Keys.First()}");
        if (updates.Count == 0) throw new SocietyException($"{weightsFile}: holds no update of any of the model's matrices");
        string[] targets = [.. updates.Keys.Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct()];
        if (stored.Missing(targets) is { } missing) throw new SocietyException($"{weightsFile}: tensor {Prefix}model.layers.0.*.{missing}.lora_A.weight is missing, which {ConfigFile} names as a target");
        return new Adapter(new LoraSettings { Rank = stored.Rank, Alpha = stored.Alpha, RankStabilised = stored.RankStabilised, Targets = targets }, updates);

        Tensor Take(string name, long[] shape)
        {
            if (!read.Remove(name, out Tensor? source)) throw new SocietyException($"{weightsFile}: tensor {name} is missing");
            if (!source.shape.SequenceEqual(shape)) throw new SocietyException($"{weightsFile}: tensor {name} has shape [{string.Join(", ", source.shape)}] where the model needs [{string.Join(", ", shape)}]");
            using (source)
            {
                if (!source.is_floating_point()) throw new SocietyException($"{weightsFile}: tensor {name} holds {source.dtype}; an adapter's weights are floating-point numbers");
                using Tensor finite = source.isfinite(), all = finite.all();
                if (!all.item<bool>()) throw new SocietyException($"{weightsFile}: tensor {name} holds values that are no numbers (NaN or infinite); a model with them can say nothing: take an earlier checkpoint");
                return empty(shape, ScalarType.Float32, decoder.Device).copy_(source).DetachFromDisposeScope().requires_grad_();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach ((Tensor a, Tensor b) in _updates.Values)
        {
            a.Dispose();
            b.Dispose();
        }
    }

    private sealed record Stored
    {
        [JsonPropertyName("peft_type")]
        public string Type { get; init; } = "LORA";

        [JsonPropertyName("task_type")]
        public string Task { get; init; } = "CAUSAL_LM";

        [JsonPropertyName("r")]
        public required int Rank { get; init; }

        [JsonPropertyName("lora_alpha")]
        public required double Alpha { get; init; }

        [JsonPropertyName("use_rslora")]
        public bool RankStabilised { get; init; }

        /// <summary>Names, or a pattern of names; which matrices are adapted is told by the tensors.</summary>
        [JsonPropertyName("target_modules")]
        public JsonElement Targets { get; init; }

        [JsonPropertyName("bias")]
        public string Bias { get; init; } = "none";

        [JsonPropertyName("lora_dropout")]
        public double Dropout { get; init; }

        [JsonPropertyName("fan_in_fan_out")]
        public bool Transposed { get; init; }

        [JsonPropertyName("inference_mode")]
        public bool ForInference { get; init; } = true;

        [JsonExtensionData]
        public IDictionary<string, JsonElement>? Others { get; init; }

        /// <summary>The first thing that would change the result and is not built; null for none.</summary>
        [JsonIgnore]
        public string? Foreign =>
            Type != "LORA" ? $"peft_type '{Type}'"
            : Rank < 1 ? $"r {Rank}"
            : Bias != "none" ? $"bias '{Bias}'"
            : Transposed ? "fan_in_fan_out"
            : Others?.FirstOrDefault(other => other.Key is "use_dora" or "modules_to_save" or "rank_pattern" or "alpha_pattern" or "layer_replication" or "trainable_token_indices" or "use_qalora" && Says(other.Value)) is { Key: { } key } ? key
            : null;

        /// <summary>A target that is named by itself and has no tensors; null for none.</summary>
        public string? Missing(string[] found) => Targets.ValueKind != JsonValueKind.Array ? null
            : Targets.EnumerateArray().Where(target => target.ValueKind == JsonValueKind.String).Select(target => target.GetString()!).FirstOrDefault(target => !found.Contains(target[(target.LastIndexOf('.') + 1)..]));

        private static bool Says(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => false,
            JsonValueKind.Array => value.GetArrayLength() > 0,
            JsonValueKind.Object => value.EnumerateObject().Any(),
            _ => true,
        };
    }
}
