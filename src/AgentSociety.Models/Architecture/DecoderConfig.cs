using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models;

/// <summary>Shape of a decoder of the Llama family, as <c>config.json</c> holds it under Hugging Face's names.</summary>
/// <remarks>What the file says beyond this is kept and written back. A feature that would change the logits and is not built is refused by name.</remarks>
public sealed record DecoderConfig
{
    private readonly int? _keyValueHeads;

    /// <summary>The file that holds it in a model's folder.</summary>
    public const string FileName = "config.json";

    /// <summary>The class that other tools load it with.</summary>
    [JsonPropertyName("architectures")]
    public IReadOnlyList<string> Architectures { get; init; } = ["LlamaForCausalLM"];

    /// <summary>The family.</summary>
    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "llama";

    /// <summary>Width of the residual stream.</summary>
    [JsonPropertyName("hidden_size")]
    public required int Width { get; init; }

    /// <summary>Decoder layers.</summary>
    [JsonPropertyName("num_hidden_layers")]
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    [JsonPropertyName("num_attention_heads")]
    public required int Heads { get; init; }

    /// <summary>Key and value heads; as many as query heads where the file gives none.</summary>
    [JsonPropertyName("num_key_value_heads")]
    public int KeyValueHeads { get => _keyValueHeads ?? Heads; init => _keyValueHeads = value; }

    /// <summary>Width of the feed-forward layer.</summary>
    [JsonPropertyName("intermediate_size")]
    public required int FeedForward { get; init; }

    /// <summary>Greatest number of positions.</summary>
    [JsonPropertyName("max_position_embeddings")]
    public required int Context { get; init; }

    /// <summary>Number of token ids.</summary>
    [JsonPropertyName("vocab_size")]
    public required int VocabularySize { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    [JsonPropertyName("rope_theta")]
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Added to the mean square before its root is taken.</summary>
    [JsonPropertyName("rms_norm_eps")]
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>True where the embedding matrix is the output head.</summary>
    [JsonPropertyName("tie_word_embeddings")]
    public bool TiedHead { get; init; }

    /// <summary>The gate's activation.</summary>
    [JsonPropertyName("hidden_act")]
    public string Activation { get; init; } = "silu";

    /// <summary>Width of a head where the file gives it.</summary>
    [JsonPropertyName("head_dim"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? GivenHeadWidth { get; init; }

    /// <summary>Rule that stretches rotary positions; null for none.</summary>
    [JsonPropertyName("rope_scaling"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RotaryScaling? RopeScaling { get; init; }

    /// <summary>True where the projections to q, k, v and out of attention have biases.</summary>
    [JsonPropertyName("attention_bias"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AttentionBias { get; init; }

    /// <summary>Positions that one sees, itself included, as the file gives it; it counts for Mistral only.</summary>
    [JsonPropertyName(WindowKey), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? GivenWindow { get; init; }

    /// <summary>What the file says beyond this.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Others { get; init; }

    /// <summary>Type of the stored weights.</summary>
    [JsonPropertyName("torch_dtype")]
    public string StoredType { get; init; } = "float32";

    /// <summary>Width of a head.</summary>
    [JsonIgnore]
    public int HeadWidth => GivenHeadWidth ?? Family.HeadWidth ?? Width / Heads;

    /// <summary>Positions that one sees, itself included; null for all.</summary>
    [JsonIgnore]
    public int? Window => Family.SlidingWindow && GivenWindow > 0 ? GivenWindow : null;

    /// <summary>True where the projections to q, k and v have biases.</summary>
    [JsonIgnore]
    public bool QueryKeyValueBias => AttentionBias || Family.QueryKeyValueBias;

    /// <summary>True where the projection out of attention has a bias.</summary>
    [JsonIgnore]
    public bool OutputBias => AttentionBias && !Family.QueryKeyValueBias;

    /// <summary>True where each head of q and k is normalised before it is turned (Henry et al. 2020, as Qwen3 has it).</summary>
    [JsonIgnore]
    public bool QueryKeyNorm => Family.QueryKeyNorm;

    [JsonIgnore]
    internal DecoderFamily Family => DecoderFamily.Find(ModelType) ?? throw new SocietyException($"model_type '{ModelType}' is unknown; known are {DecoderFamily.Names}");

    /// <summary>The shape that a scenario asks for.</summary>
    public static DecoderConfig From(ArchitectureSettings settings, int vocabularySize) => new()
    {
        Width = settings.Width,
        Layers = settings.Layers,
        Heads = settings.Heads,
        KeyValueHeads = settings.KeyValueHeads,
        FeedForward = settings.FeedForward,
        Context = settings.Context,
        VocabularySize = vocabularySize,
        RopeTheta = settings.RopeTheta,
        NormEpsilon = 1e-5,
        TiedHead = settings.TiedHead,
    };

    /// <summary>Reads the configuration in a model's folder.</summary>
    /// <exception cref="SocietyException">The file is missing, not of the family, or contradicts itself.</exception>
    public static DecoderConfig Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        DecoderConfig config;
        try
        {
            string text = File.ReadAllText(file);
            config = JsonSerializer.Deserialize<DecoderConfig>(text) ?? throw new SocietyException($"{file}: is empty");
            using JsonDocument document = JsonDocument.Parse(text);
            // A window that is null is none; one that is not there is the family's.
            if (config.GivenWindow is null && !document.RootElement.TryGetProperty(WindowKey, out _)) config = config with { GivenWindow = DecoderFamily.Find(config.ModelType)?.Window };
            return config.Normalised().Checked(file);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            // The last is what the platform's reader says of a text with half of a surrogate pair, once it is read.
            throw new SocietyException($"{file}: cannot be read as a model's configuration ({cause.Message})", cause: cause);
        }
    }

    /// <summary>The same under the older keys where the file uses the newer ones.</summary>
    private DecoderConfig Normalised()
    {
        DecoderConfig config = RopeScaling is { Theta: { } theta } own ? this with { RopeTheta = theta, RopeScaling = own with { Theta = null } } : this;
        if (Others is null) return config;
        Dictionary<string, JsonElement> others = new(Others);
        if (others.Remove("rope_parameters", out JsonElement rotary) && rotary.ValueKind != JsonValueKind.Null && rotary.Deserialize<RotaryScaling>() is { } scaling)
            config = config with { RopeTheta = scaling.Theta ?? config.RopeTheta, RopeScaling = scaling.Plain ? null : scaling with { Theta = null } };
        if (others.Remove("dtype", out JsonElement type) && type.ValueKind == JsonValueKind.String) config = config with { StoredType = type.GetString()! };
        return config with { Others = others.Count == 0 ? null : others };
    }

    private DecoderConfig Checked(string file)
    {
        if (DecoderFamily.Find(ModelType) is null) throw new SocietyException($"{file}: model_type is '{ModelType}'; known are {DecoderFamily.Names}");
        if (Width < 1 || Layers < 1 || Heads < 1 || KeyValueHeads < 1 || FeedForward < 1 || Context < 1 || VocabularySize < 1 || HeadWidth < 1)
            throw new SocietyException($"{file}: a size is less than 1");
        if ((GivenHeadWidth is null && Family.HeadWidth is null && Width % Heads != 0) || Heads % KeyValueHeads != 0 || HeadWidth % 2 != 0)
            throw new SocietyException($"{file}: {Heads} heads of {HeadWidth} and {KeyValueHeads} key-value heads do not divide a width of {Width} evenly");
        // Products of these are offsets into memory.
        if ((long)Heads * HeadWidth > LargestSize || Width > LargestSize || FeedForward > LargestSize || VocabularySize > LargestVocabulary || Layers > LargestDepth || Context > LargestContext)
            throw new SocietyException($"{file}: a size is beyond what can be held (widths to {LargestSize}, {LargestDepth} layers, {LargestVocabulary} tokens, {LargestContext} positions)");
        // As they are computed with: in float32 one may be 0 or infinite where the file's is not.
        if (!((float)NormEpsilon is > 0 and <= 1)) throw new SocietyException($"{file}: rms_norm_eps is {NormEpsilon}; it must be greater than 0 and at most 1");
        if (!(RopeTheta >= 1 && float.IsFinite((float)RopeTheta))) throw new SocietyException($"{file}: rope_theta is {RopeTheta}; it must be from 1 to {float.MaxValue}");
        // Loading on regardless would give other logits than the model's.
        if (Foreign() is { } foreign) throw new SocietyException($"{file}: {foreign} is not supported; use a checkpoint without it");
        return this;
    }

    /// <summary>The first feature that the file asks for and that is not built; null for none.</summary>
    private string? Foreign()
    {
        if (Activation != "silu") return $"hidden_act '{Activation}'";
        if (RopeScaling?.Problem is { } problem) return problem;
        foreach ((string key, JsonElement value) in Others ?? Enumerable.Empty<KeyValuePair<string, JsonElement>>())
        {
            bool foreign = key switch
            {
                "mlp_bias" or "use_sliding_window" or "rope_interleaved" => value.ValueKind == JsonValueKind.True,
                "quantization_config" or "no_rope_layers" => value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False),
                "partial_rotary_factor" => value.ValueKind == JsonValueKind.Number && value.GetDouble() != 1,
                "layer_types" => value.ValueKind == JsonValueKind.Array
                    && value.EnumerateArray().Any(layer => layer.ValueKind != JsonValueKind.String || layer.GetString() != (Window is null ? "full_attention" : "sliding_attention")),
                _ => false,
            };
            if (foreign) return $"{key} {(value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? "as given" : value.GetRawText())}";
        }

        return null;
    }

    /// <summary>The same with the ids that begin and end a text, where they are not in it already: other tools take a missing one for Llama 2's.</summary>
    internal DecoderConfig With(ITokenizer tokenizer)
    {
        Dictionary<string, JsonElement> others = Others is null ? [] : new(Others);
        others.TryAdd(BeginKey, JsonSerializer.SerializeToElement(tokenizer.BeginningOfText));
        others.TryAdd(EndKey, JsonSerializer.SerializeToElement(tokenizer.EndOfText));
        return this with { Others = others };
    }

    /// <summary>Writes the configuration into a model's folder.</summary>
    public void Save(string folder)
    {
        JsonObject json = JsonSerializer.SerializeToNode(this)!.AsObject();
        // Other tools take a missing window for Mistral 7B's first.
        if (Family.SlidingWindow && Window is null) json[WindowKey] = null;
        WholeFile.Write(Path.Combine(folder, FileName), json.ToJsonString(Indented) + "\n");
    }

    /// <summary>The key of the ids that end a text.</summary>
    internal const string EndKey = "eos_token_id";

    private const string BeginKey = "bos_token_id";
    private const string WindowKey = "sliding_window";
    private const int LargestSize = 1 << 20;
    private const int LargestVocabulary = 1 << 24;
    private const int LargestDepth = 4096;
    private const int LargestContext = 1 << 26;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
