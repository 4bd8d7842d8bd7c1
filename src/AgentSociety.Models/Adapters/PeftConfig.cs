using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace AgentSociety.Models;

/// <summary>What PEFT's <c>adapter_config.json</c> says of a LoRA adapter.</summary>
internal sealed record PeftConfig
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

    /// <summary>Names of matrices or their ends, or a regular expression of whole names.</summary>
    [JsonPropertyName("target_modules")]
    public JsonElement Targets { get; init; }

    /// <summary>Numbers of the layers that are adapted, or one; all where there are none.</summary>
    [JsonPropertyName("layers_to_transform"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Layers { get; init; }

    /// <summary>What of the targets is left out, in the same forms.</summary>
    [JsonPropertyName("exclude_modules"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Excluded { get; init; }

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
        : !float.IsFinite((float)Alpha) ? $"lora_alpha {Alpha}, which makes every update infinite,"
        : Bias != "none" ? $"bias '{Bias}'"
        : Transposed ? "fan_in_fan_out"
        : Others?.FirstOrDefault(other => other.Key is "use_dora" or "modules_to_save" or "rank_pattern" or "alpha_pattern" or "layer_replication" or "trainable_token_indices" or "use_qalora" or "alora_invocation_tokens" && Says(other.Value)) is { Key: { } key } ? key
        : Others is not null && Others.TryGetValue("init_lora_weights", out JsonElement start) && ChangesBase(start)
            ? $"init_lora_weights {start.GetRawText()}, which changes the weights beside the adapter too (PEFT makes a plain adapter of one by save_pretrained with path_initial_model_for_weight_conversion),"
        : null;

    /// <summary>True unless an adapter that began so belongs to the weights as they are published.</summary>
    private static bool ChangesBase(JsonElement start) => start.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False => false,
        JsonValueKind.String => start.GetRawText() is not ("\"gaussian\"" or "\"eva\"" or "\"orthogonal\""),
        _ => true,
    };

    /// <summary>Targets that no matrix of the model bears the name of.</summary>
    public IEnumerable<string> Unknown(IReadOnlyCollection<string> modules) =>
        Targets.ValueKind != JsonValueKind.Array ? [] : Names(Targets).Where(target => !modules.Any(module => Bears(module, target)));

    /// <summary>Which of a model's matrices have an update, by PEFT's own rules. A pattern that cannot be read asks for those whose kind has one in any layer.</summary>
    /// <param name="modules">Names of the layers' matrices, as in <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <param name="found">Those that have updates in the file.</param>
    public IEnumerable<string> Wanted(IEnumerable<string> modules, IReadOnlyCollection<string> found)
    {
        int[]? layers = Layers.ValueKind switch
        {
            JsonValueKind.Number => [Layers.GetInt32()],
            JsonValueKind.Array => [.. Layers.EnumerateArray().Select(layer => layer.GetInt32())],
            _ => null,
        };
        return modules.Where(module => (layers is null || layers.Contains(int.Parse(module.Split('.')[2], System.Globalization.CultureInfo.InvariantCulture)))
            && (Names(module, Targets) ?? found.Any(other => Kind(other) == Kind(module))) && Names(module, Excluded) is not true);

        static string Kind(string module) => module[(module.LastIndexOf('.') + 1)..];
    }

    /// <summary>True where names or a pattern mean a matrix; null where nothing is said, or what cannot be read.</summary>
    private static bool? Names(string module, JsonElement said)
    {
        if (said.ValueKind == JsonValueKind.Array) return Names(said).Any(name => Bears(module, name));
        if (said.ValueKind != JsonValueKind.String) return null;
        if (said.GetString() == "all-linear") return true;
        try
        {
            // It comes with a download: no pattern makes this kind of engine run long.
            return Regex.IsMatch(module, $@"\A(?:{said.GetString()})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Names(JsonElement list) => list.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!);

    private static bool Bears(string module, string name) => module == name || module.EndsWith("." + name, StringComparison.Ordinal);

    private static bool Says(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => true,
    };
}
