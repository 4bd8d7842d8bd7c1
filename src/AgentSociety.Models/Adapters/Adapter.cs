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

        if (updates.Count == 0) throw new SocietyException($"the adapter's targets ({string.Join(", ", settings.Targets)}) name no matrix of the model; use q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj or down_proj");
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
            Targets = Settings.Targets,
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

        LoraSettings settings = new() { Rank = stored.Rank, Alpha = stored.Alpha, RankStabilised = stored.RankStabilised, Targets = stored.Targets };
        Adapter adapter = Create(decoder, settings, seed: 0);
        Dictionary<string, Tensor> read = SafetensorsFile.Read(weightsFile);
        using (no_grad())
        {
            foreach ((string name, Tensor weight) in adapter.Parameters)
            {
                if (!read.Remove(Prefix + name, out Tensor? source)) throw new SocietyException($"{weightsFile}: tensor {Prefix + name} is missing");
                if (!source.shape.SequenceEqual(weight.shape)) throw new SocietyException($"{weightsFile}: tensor {Prefix + name} has shape [{string.Join(", ", source.shape)}] where the model needs [{string.Join(", ", weight.shape)}]");
                weight.copy_(source);
                source.Dispose();
            }
        }

        if (read.Count > 0) throw new SocietyException($"{weightsFile}: holds tensors that the model has no place for, such as {read.Keys.First()}");
        return adapter;
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

        [JsonPropertyName("target_modules")]
        public required IReadOnlyList<string> Targets { get; init; }

        [JsonPropertyName("bias")]
        public string Bias { get; init; } = "none";
    }
}
