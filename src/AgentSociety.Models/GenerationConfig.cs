using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>What a model's publisher advises for sampling, and which tokens end a text: <c>generation_config.json</c>.</summary>
public sealed record GenerationConfig
{
    /// <summary>The file in a model's folder.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>The tokens that end a text, the first the usual one; empty where the file gives none.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The advised sampling; the plain distribution where the file advises none.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>The file's text, to be written back; null where there is none.</summary>
    internal string? Source { get; init; }

    /// <summary>Reads the file, and where it or its end token is missing <c>config.json</c>.</summary>
    /// <exception cref="SocietyException">The file is damaged.</exception>
    public static GenerationConfig Load(string folder, DecoderConfig config)
    {
        // The file that is at fault where something is.
        string file = Path.Combine(folder, FileName);
        try
        {
            string? source = File.Exists(file) ? File.ReadAllText(file) : null;
            JsonObject json = source is null ? [] : JsonNode.Parse(source, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })?.AsObject() ?? [];
            // Greedy unless the file says to sample; its other settings then have no meaning.
            bool samples = json["do_sample"]?.GetValue<bool>() ?? false;
            SamplingSettings sampling = new()
            {
                Temperature = samples ? json["temperature"]?.GetValue<double>() ?? 1 : source is null ? 1 : 0,
                TopK = samples ? json["top_k"]?.GetValue<int>() ?? 50 : 0,
                TopP = samples ? json["top_p"]?.GetValue<double>() ?? 1 : 1,
                MinP = samples ? json["min_p"]?.GetValue<double>() ?? 0 : 0,
                RepetitionPenalty = json["repetition_penalty"]?.GetValue<double>() ?? 1,
            };
            if (Foolish(sampling) is { } foolish) throw new SocietyException($"{file}: {foolish}");
            JsonNode? end = json[DecoderConfig.EndKey];
            if (end is null && config.Others is { } others && others.TryGetValue(DecoderConfig.EndKey, out JsonElement given))
            {
                end = JsonNode.Parse(given.GetRawText());
                file = Path.Combine(folder, DecoderConfig.FileName);
            }

            int[] ends = end switch
            {
                null => [],
                JsonArray several => [.. several.Select(token => token?.GetValue<int>() ?? -1)],
                _ => [end.GetValue<int>()],
            };
            foreach (int token in ends)
            {
                if ((uint)token >= (uint)config.VocabularySize) throw new SocietyException($"{file}: eos_token_id {token} is not of the vocabulary of {config.VocabularySize}");
            }

            return new GenerationConfig { EndTokens = ends, Sampling = sampling, Source = source };
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            throw new SocietyException($"{file}: cannot be read as generation settings ({cause.Message})", cause: cause);
        }
    }

    /// <summary>What of the settings cannot be drawn by; null for nothing.</summary>
    private static string? Foolish(SamplingSettings sampling) =>
        !double.IsFinite(sampling.Temperature) || sampling.Temperature < 0 ? $"temperature {sampling.Temperature} is not a number from 0 on"
        : sampling.TopK < 0 ? $"top_k {sampling.TopK} is less than 0"
        : !(sampling.TopP is >= 0 and <= 1) ? $"top_p {sampling.TopP} is not a number from 0 to 1"
        : !(sampling.MinP is >= 0 and <= 1) ? $"min_p {sampling.MinP} is not a number from 0 to 1"
        : !double.IsFinite(sampling.RepetitionPenalty) || sampling.RepetitionPenalty <= 0 ? $"repetition_penalty {sampling.RepetitionPenalty} is not a number greater than 0"
        : null;

    /// <summary>Writes the file as it was read.</summary>
    public void Save(string folder)
    {
        if (Source is not null) WholeFile.Write(Path.Combine(folder, FileName), Source);
    }
}
