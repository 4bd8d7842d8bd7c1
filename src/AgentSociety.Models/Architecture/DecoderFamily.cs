namespace AgentSociety.Models;

/// <summary>What sets a family of published checkpoints apart from plain Llama. All families are one decoder; this says which of its parts are on.</summary>
internal sealed record DecoderFamily
{
    private static readonly DecoderFamily[] Known =
    [
        new() { ModelType = "llama", Class = "LlamaForCausalLM", GgufName = "llama", GgufInterleaves = true },
        new() { ModelType = "mistral", Class = "MistralForCausalLM", GgufName = "llama", GgufInterleaves = true, SlidingWindow = true, Window = 4096 },
        new() { ModelType = "qwen2", Class = "Qwen2ForCausalLM", GgufName = "qwen2", QueryKeyValueBias = true },
        new() { ModelType = "qwen3", Class = "Qwen3ForCausalLM", GgufName = "qwen3", QueryKeyNorm = true, HeadWidth = 128 },
    ];

    /// <summary>Its name in <c>config.json</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>The class that other tools load it with.</summary>
    public required string Class { get; init; }

    /// <summary>Its name in GGUF files.</summary>
    public required string GgufName { get; init; }

    /// <summary>True where GGUF files want rotary pairs side by side rather than half a head apart.</summary>
    public bool GgufInterleaves { get; init; }

    /// <summary>Projections to q, k and v always have biases.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Each head of q and k is normalised before it is turned.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary><c>sliding_window</c> counts.</summary>
    public bool SlidingWindow { get; init; }

    /// <summary>Positions that one sees where the file does not say; null for all. Hugging Face's class fills it in so (a file that says null has none).</summary>
    public int? Window { get; init; }

    /// <summary>Width of a head where the file gives none; null for the width divided by the heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Names of all families.</summary>
    public static string Names => string.Join(", ", Known.Select(family => family.ModelType));

    /// <summary>The family of a <c>model_type</c>; null for one that is not known.</summary>
    public static DecoderFamily? Find(string modelType) => Array.Find(Known, family => family.ModelType == modelType);
}
