using System.Text.Json;
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

    /// <summary>What belongs to an adapter in its folder.</summary>
    internal static readonly FolderSave Files = new(ConfigFile, [WeightsFile]);

    private readonly Dictionary<string, (Tensor A, Tensor B)> _updates;

    private readonly bool _everyLayer;

    private Adapter(LoraSettings settings, Dictionary<string, (Tensor A, Tensor B)> updates, bool everyLayer)
    {
        Settings = settings;
        _updates = updates;
        _everyLayer = everyLayer;
    }

    /// <summary>Rank, scale and targets.</summary>
    public LoraSettings Settings { get; }

    /// <summary>What B A x is multiplied by.</summary>
    public double Scale => Settings.Alpha / (Settings.RankStabilised ? Math.Sqrt(Settings.Rank) : Settings.Rank);

    /// <summary>The trained matrices by name: A is [rank, inputs], B is [outputs, rank].</summary>
    public IEnumerable<(string Name, Tensor Weight)> Parameters => _updates.OrderBy(update => update.Key, StringComparer.Ordinal)
        .SelectMany(update => new[] { ($"{update.Key}.lora_A.weight", update.Value.A), ($"{update.Key}.lora_B.weight", update.Value.B) });

    /// <summary>True where all weights are in bfloat16, as <see cref="Load"/> leaves those of a file that holds them so.</summary>
    internal bool Halved => _updates.Values.All(update => update.A.dtype == ScalarType.BFloat16 && update.B.dtype == ScalarType.BFloat16);

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

        return new Adapter(settings, updates, everyLayer: true);
    }

    /// <summary>Writes the adapter as a PEFT folder; an adapter that was there before is replaced whole.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="type">Number format of the weights in the file; null for the one that they have.</param>
    /// <exception cref="SocietyException">The place takes no more.</exception>
    public void Save(string folder, ScalarType? type = null) => Files.Write(folder, place => Write(place, type));

    /// <summary>Writes the files of a PEFT folder that nobody reads yet.</summary>
    internal void Write(string folder, ScalarType? type = null)
    {
        Directory.CreateDirectory(folder);
        PeftConfig stored = new()
        {
            Rank = Settings.Rank,
            Alpha = Settings.Alpha,
            RankStabilised = Settings.RankStabilised,
            // Where some layers have no update, matrices are named one by one, so that the gaps are known for what they are.
            Targets = JsonSerializer.SerializeToElement(_everyLayer ? Settings.Targets : [.. _updates.Keys.Order(StringComparer.Ordinal)]),
        };
        WholeFile.Write(Path.Combine(folder, ConfigFile), JsonSerializer.Serialize(stored) + "\n");
        SafetensorsFile.Write(Path.Combine(folder, WeightsFile), Parameters.Select(parameter => (Prefix + parameter.Name, parameter.Weight)), type);
    }

    /// <summary>True where a folder holds an adapter, also one whose save was broken off and has still to be brought to an end, as <see cref="Load"/> does.</summary>
    public static bool IsAdapter(string folder) => Files.IsIn(folder);

    /// <summary>Reads a PEFT folder that fits a decoder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="decoder">The decoder.</param>
    /// <param name="foreign">True for a folder from elsewhere, which is only read: one in which a save was broken off is refused.</param>
    /// <param name="asStored">True to leave bfloat16 as it is, which is enough to decode, convert and look at, not to train; false for float32.</param>
    /// <exception cref="SocietyException">A file is missing or damaged, or a matrix does not fit.</exception>
    public static Adapter Load(string folder, Decoder decoder, bool foreign = false, bool asStored = false)
    {
        string configFile = Path.Combine(folder, ConfigFile), weightsFile = Path.Combine(folder, WeightsFile);
        if (foreign) FolderSave.RequireSettled(folder);
        else Files.Settle(folder);
        PeftConfig stored;
        try
        {
            stored = JsonSerializer.Deserialize<PeftConfig>(File.ReadAllText(configFile)) ?? throw new SocietyException($"{configFile}: is empty");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new SocietyException($"{configFile}: cannot be read as an adapter's configuration ({cause.Message})", cause: cause);
        }

        if (stored.Foreign is { } unsupported) throw new SocietyException($"{configFile}: {unsupported} is not supported; use a plain LoRA adapter");
        string[] modules = [.. decoder.Parameters.Where(parameter => parameter.Weight.dim() == 2 && parameter.Name.EndsWith(".weight", StringComparison.Ordinal)).Select(parameter => parameter.Name[..^".weight".Length])];
        Dictionary<string, Tensor> read = SafetensorsFile.Read(weightsFile);
        Dictionary<string, (Tensor A, Tensor B)> updates = [];
        try
        {
            using (no_grad())
            {
                foreach (string module in modules)
                {
                    string nameOfA = NameOf(module, 'A'), nameOfB = NameOf(module, 'B');
                    if (!read.ContainsKey(nameOfA) && !read.ContainsKey(nameOfB)) continue;
                    if (module is "model.embed_tokens" or "lm_head") throw new SocietyException($"{weightsFile}: adapts {module}; adapters of layers' matrices are supported");
                    long[] shape = decoder[module + ".weight"].shape;
                    Tensor a = Take(nameOfA, [stored.Rank, shape[1]]);
                    try
                    {
                        updates[module] = (a, Take(nameOfB, [shape[0], stored.Rank]));
                    }
                    catch
                    {
                        a.Dispose();
                        throw;
                    }
                }
            }

            if (read.Count > 0) throw new SocietyException($"{weightsFile}: holds tensors that the model has no place for, such as {read.Keys.First()}");
            if (updates.Count == 0) throw new SocietyException($"{weightsFile}: holds no update of any of the model's matrices");
            string[] inLayers = [.. modules.Where(module => module.StartsWith("model.layers.", StringComparison.Ordinal))];
            if (stored.Unknown(inLayers).FirstOrDefault() is { } unknown) throw new SocietyException($"{configFile}: names the target {unknown}, which is no matrix of the model's layers");
            if (stored.Wanted(inLayers, updates.Keys).FirstOrDefault(module => !updates.ContainsKey(module)) is { } missing)
                throw new SocietyException($"{weightsFile}: tensor {NameOf(missing, 'A')} is missing, which {ConfigFile} asks for");
            string[] targets = [.. updates.Keys.Select(module => module[(module.LastIndexOf('.') + 1)..]).Distinct()];
            LoraSettings settings = new() { Rank = stored.Rank, Alpha = stored.Alpha, RankStabilised = stored.RankStabilised, Targets = targets };
            return new Adapter(settings, updates, everyLayer: updates.Count == targets.Length * decoder.Config.Layers);
        }
        catch (Exception cause)
        {
            foreach ((Tensor a, Tensor b) in updates.Values)
            {
                a.Dispose();
                b.Dispose();
            }

            // The platform's reader says so of a text with half of a surrogate pair, and of a number with a fraction where a layer is meant.
            if (cause is InvalidOperationException or FormatException) throw new SocietyException($"{configFile}: cannot be read as an adapter's configuration ({cause.Message})", cause: cause);
            throw;
        }
        finally
        {
            foreach (Tensor left in read.Values) left.Dispose();
        }

        static string NameOf(string module, char half) => $"{Prefix}{module}.lora_{half}.weight";

        Tensor Take(string name, long[] shape)
        {
            if (!read.Remove(name, out Tensor? source)) throw new SocietyException($"{weightsFile}: tensor {name} is missing");
            if (!source.shape.SequenceEqual(shape)) throw new SocietyException($"{weightsFile}: tensor {name} has shape [{string.Join(", ", source.shape)}] where the model needs [{string.Join(", ", shape)}]");
            using (source)
            {
                if (!source.is_floating_point()) throw new SocietyException($"{weightsFile}: tensor {name} holds {source.dtype}; an adapter's weights are floating-point numbers");
                using Tensor finite = source.isfinite(), all = finite.all();
                if (!all.item<bool>()) throw new SocietyException($"{weightsFile}: tensor {name} holds values that are no numbers (NaN or infinite); a model with them can say nothing: take an earlier checkpoint");
                bool halved = asStored && source.dtype == ScalarType.BFloat16;
                return empty(shape, halved ? ScalarType.BFloat16 : ScalarType.Float32, decoder.Device).copy_(source).DetachFromDisposeScope().requires_grad_(!halved);
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
}
