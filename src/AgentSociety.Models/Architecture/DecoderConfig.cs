using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models;

/// <summary>Shape of a decoder of the Llama family, as <c>config.json</c> holds it under Hugging Face's names.</summary>
public sealed record DecoderConfig
{
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

    /// <summary>Key and value heads.</summary>
    [JsonPropertyName("num_key_value_heads")]
    public required int KeyValueHeads { get; init; }

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
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>True where the embedding matrix is the output head.</summary>
    [JsonPropertyName("tie_word_embeddings")]
    public bool TiedHead { get; init; } = true;

    /// <summary>The gate's activation.</summary>
    [JsonPropertyName("hidden_act")]
    public string Activation { get; init; } = "silu";

    /// <summary>Width of a head where it is not the width divided by the heads; such models are refused.</summary>
    [JsonPropertyName("head_dim"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? GivenHeadWidth { get; init; }

    /// <summary>Rule that stretches rotary positions; models with one are refused.</summary>
    [JsonPropertyName("rope_scaling"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? RopeScaling { get; init; }

    /// <summary>True where projections have biases; such models are refused.</summary>
    [JsonPropertyName("attention_bias"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AttentionBias { get; init; }

    /// <summary>Type of the stored weights.</summary>
    [JsonPropertyName("torch_dtype")]
    public string StoredType { get; init; } = "float32";

    /// <summary>Width of a head.</summary>
    [JsonIgnore]
    public int HeadWidth => Width / Heads;

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
            config = JsonSerializer.Deserialize<DecoderConfig>(File.ReadAllText(file)) ?? throw new SocietyException($"{file}: is empty");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SocietyException($"{file}: cannot be read as a model's configuration ({cause.Message})", cause: cause);
        }

        if (config.ModelType != "llama") throw new SocietyException($"{file}: model_type is '{config.ModelType}'; 'llama' can be loaded");
        if (config.Width < 1 || config.Layers < 1 || config.Heads < 1 || config.KeyValueHeads < 1 || config.FeedForward < 1 || config.Context < 1 || config.VocabularySize < 1)
            throw new SocietyException($"{file}: a size is less than 1");
        if (config.Width % config.Heads != 0 || config.Heads % config.KeyValueHeads != 0 || config.HeadWidth % 2 != 0)
            throw new SocietyException($"{file}: {config.Heads} heads and {config.KeyValueHeads} key-value heads do not divide a width of {config.Width} evenly");
        string? foreign = config.Activation != "silu" ? $"hidden_act '{config.Activation}'"
            : config.AttentionBias ? "attention_bias"
            : config.RopeScaling is { ValueKind: not JsonValueKind.Null } ? "rope_scaling"
            : config.GivenHeadWidth is { } given && given != config.HeadWidth ? $"head_dim {given} with {config.Heads} heads at a width of {config.Width}"
            : null;
        // Loading on regardless would give other logits than the model's.
        if (foreign is not null) throw new SocietyException($"{file}: {foreign} is not supported; use a plain Llama checkpoint");
        return config;
    }

    /// <summary>Writes the configuration into a model's folder.</summary>
    public void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Indented) + "\n");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
}
