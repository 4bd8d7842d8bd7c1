using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSociety.Models;

/// <summary>Rule that slows rotary frequencies down so that positions beyond the ones trained first stay in range: <c>rope_scaling</c>.</summary>
public sealed record RotaryScaling
{
    /// <summary><c>linear</c>, <c>llama3</c> or <c>default</c>.</summary>
    [JsonPropertyName("rope_type"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    /// <summary>The type under its older name.</summary>
    [JsonPropertyName("type"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OlderType { get; init; }

    /// <summary>Base of the frequencies where the file gives it here.</summary>
    [JsonPropertyName("rope_theta"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Theta { get; init; }

    /// <summary>What slow frequencies are divided by.</summary>
    [JsonPropertyName("factor"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Factor { get; init; }

    /// <summary>Waves longer than the original context divided by this are slowed in full.</summary>
    [JsonPropertyName("low_freq_factor"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LowFrequencyFactor { get; init; }

    /// <summary>Waves shorter than the original context divided by this are left alone.</summary>
    [JsonPropertyName("high_freq_factor"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? HighFrequencyFactor { get; init; }

    /// <summary>The context before it was stretched.</summary>
    [JsonPropertyName("original_max_position_embeddings"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? OriginalContext { get; init; }

    /// <summary>What the file says beyond this.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Others { get; init; }

    /// <summary>The rule's name, whichever key held it.</summary>
    [JsonIgnore]
    public string Rule => Type ?? OlderType ?? "default";

    /// <summary>Why the rule cannot be applied; null where it can.</summary>
    [JsonIgnore]
    internal string? Problem => Foreign is { } key ? $"{key} of the rotary positions" : Rule switch
    {
        "default" => null,
        "linear" or "llama3" when Factor is { } factor && !(factor > 0 && float.IsFinite((float)factor) && float.IsFinite((float)(1 / factor))) => $"rope_scaling '{Rule}' with the factor {factor}",
        "linear" when Factor is not null => null,
        "llama3" when Factor is not null && LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor && float.IsFinite((float)HighFrequencyFactor) && OriginalContext > 0 => null,
        "linear" or "llama3" => $"rope_scaling '{Rule}', which lacks a number that it needs or has one that is out of range,",
        _ => $"rope_scaling '{Rule}' is not supported (default, linear and llama3 are)",
    };

    /// <summary>The first thing that is said of the positions, would change them and is not built; null for none.</summary>
    private string? Foreign => Others?.FirstOrDefault(other => other.Value.ValueKind != JsonValueKind.Null
        && !(other.Key is "partial_rotary_factor" or "attention_factor" && other.Value.ValueKind == JsonValueKind.Number && other.Value.GetDouble() == 1)).Key;

    /// <summary>True where the positions are plain, at whatever base.</summary>
    [JsonIgnore]
    internal bool Plain => Rule == "default" && Foreign is null;

    /// <summary>What each frequency is multiplied by.</summary>
    /// <remarks><c>llama3</c>: the rule published with Llama 3.1's reference code; <c>linear</c>: Chen et al. (2023), "position interpolation", equation 3.</remarks>
    internal double Slowdown(double frequency)
    {
        if (Rule == "linear") return 1 / Factor!.Value;
        if (Rule != "llama3") return 1;
        double waves = OriginalContext!.Value * frequency / (2 * Math.PI);
        if (waves < LowFrequencyFactor) return 1 / Factor!.Value;
        if (waves > HighFrequencyFactor) return 1;
        double share = (waves - LowFrequencyFactor!.Value) / (HighFrequencyFactor!.Value - LowFrequencyFactor.Value);
        return (1 - share) / Factor!.Value + share;
    }
}
