using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Kernel;

namespace AgentSociety.Web.Serving;

/// <summary>A request for chat completions, checked.</summary>
/// <remarks>What a local model cannot do is refused by name; what only describes the request to its vendor (<c>metadata</c>, <c>store</c>, …) is passed over. <c>user</c> tells apart who gets free places by turns, <c>guided_regex</c> is a pattern that the answer matches, <c>response_format</c> may name a JSON schema, <c>timeout</c> is the seconds after which the answer is of no use any more, as LiteLLM has it.</remarks>
internal sealed record CompletionRequest
{
    private const int MostChoices = 64;
    private const int MostAlternatives = 20;
    private const int MostStops = 16;
    private const double LeastSeconds = 0.001;
    private const double MostSeconds = 86_400;

    /// <summary>The name that was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>One for each answer that is wanted.</summary>
    public required IReadOnlyList<ChatAsk> Asks { get; init; }

    /// <summary>True to send the answer as it is written.</summary>
    public required bool Stream { get; init; }

    /// <summary>True to end a stream with its counts.</summary>
    public required bool StreamUsage { get; init; }

    /// <summary>True to tell the tokens' log-probabilities.</summary>
    public required bool Probabilities { get; init; }

    /// <summary>Reads a request's body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="chat">What it asks.</param>
    /// <param name="longest">The server's own limit of an answer's time; null for none.</param>
    /// <exception cref="RequestFault">It cannot be met; says which part of it and why.</exception>
    public static CompletionRequest Read(JsonElement body, LocalChat chat, TimeSpan? longest)
    {
        if (body.ValueKind != JsonValueKind.Object) throw new RequestFault(400, "the body is not a JSON object");
        string model = Text(body, "model") ?? throw new RequestFault(400, "no model is asked for", "model");
        string? adapter;
        try
        {
            adapter = chat.AdapterOf(model);
        }
        catch (SocietyException unknown)
        {
            throw new RequestFault(404, unknown.Message, "model", "model_not_found");
        }

        Refuse(body);
        bool probabilities = Flag(body, "logprobs");
        int? alternatives = Whole(body, "top_logprobs", 0, MostAlternatives);
        if (alternatives is not null && !probabilities) throw new RequestFault(400, "top_logprobs needs logprobs", "top_logprobs");
        int most = Whole(body, "max_completion_tokens", 1, int.MaxValue) ?? Whole(body, "max_tokens", 1, int.MaxValue) ?? int.MaxValue;
        ChatAsk ask = new()
        {
            Turns = ChatMessages.Read(body),
            Functions = ChatMessages.Functions(body),
            Adapter = adapter,
            Sampling = chat.Sampling with
            {
                Temperature = Number(body, "temperature", 0, 100) ?? chat.Sampling.Temperature,
                TopP = Number(body, "top_p", 0, 1) ?? chat.Sampling.TopP,
                TopK = Whole(body, "top_k", 0, int.MaxValue) ?? chat.Sampling.TopK,
                MinP = Number(body, "min_p", 0, 1) ?? chat.Sampling.MinP,
                RepetitionPenalty = Number(body, "repetition_penalty", 0.01, 100) ?? chat.Sampling.RepetitionPenalty,
            },
            Seed = Seed(body),
            MaximumTokens = most,
            Stops = Stops(body),
            Pattern = Text(body, "guided_regex"),
            Schema = Schema(body),
            Owner = Text(body, "user") ?? "",
            Deadline = Deadline(body, longest),
            Alternatives = probabilities ? alternatives ?? 0 : 0,
        };
        int choices = Whole(body, "n", 1, MostChoices) ?? 1;
        return new CompletionRequest
        {
            Model = model,
            Asks = [.. Enumerable.Range(0, choices).Select(choice => ask with { Choice = choice })],
            Stream = Flag(body, "stream"),
            StreamUsage = Get(body, "stream_options") is { ValueKind: JsonValueKind.Object } options && Flag(options, "include_usage"),
            Probabilities = probabilities,
        };
    }

    internal static JsonElement? Get(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    internal static string? Text(JsonElement from, string name) => Get(from, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw new RequestFault(400, $"{name} is not a text", name),
    };

    private static void Refuse(JsonElement body)
    {
        foreach (string penalty in (string[])["frequency_penalty", "presence_penalty"])
        {
            if (Number(body, penalty, -100, 100) is not (null or 0)) throw new RequestFault(400, $"{penalty} is not supported here; repetition_penalty is", penalty, "unsupported_parameter");
        }

        if (Get(body, "logit_bias") is { ValueKind: JsonValueKind.Object } bias && bias.EnumerateObject().Any())
            throw new RequestFault(400, "logit_bias is not supported here", "logit_bias", "unsupported_parameter");
        if (Get(body, "functions") is not null) throw new RequestFault(400, "functions is not supported here; use tools", "functions", "unsupported_parameter");
    }

    private static bool Flag(JsonElement from, string name) => Get(from, name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new RequestFault(400, $"{name} is neither true nor false", name),
    };

    private static double? Number(JsonElement from, string name, double least, double most)
    {
        if (Get(from, name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number : throw new RequestFault(400, $"{name} is not a number from {least} to {most}", name);
    }

    private static int? Whole(JsonElement from, string name, int least, int most)
    {
        if (Get(from, name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? number : throw new RequestFault(400, $"{name} is not a whole number from {least}{(most == int.MaxValue ? " on" : $" to {most}")}", name);
    }

    /// <summary>The schema that the answer must fulfil; null for any text.</summary>
    private static string? Schema(JsonElement body)
    {
        if (Get(body, "response_format") is not { } format) return null;
        string? type = format.ValueKind == JsonValueKind.Object ? Text(format, "type") : null;
        if (type == "text") return null;
        if (type != "json_schema") throw new RequestFault(400, "response_format is text or json_schema here; JSON of any shape cannot be kept, name its schema", "response_format", "unsupported_parameter");
        if (Get(format, "json_schema") is not { ValueKind: JsonValueKind.Object } wanted || Get(wanted, "schema") is not { } schema) throw new RequestFault(400, "response_format has no json_schema with a schema", "response_format");
        return schema.GetRawText();
    }

    private static DateTimeOffset? Deadline(JsonElement body, TimeSpan? longest)
    {
        TimeSpan? wanted = Number(body, "timeout", LeastSeconds, MostSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        TimeSpan? time = wanted is null || longest < wanted ? longest : wanted;
        return time is { } left ? DateTimeOffset.UtcNow + left : null;
    }

    private static long? Seed(JsonElement body)
    {
        if (Get(body, "seed") is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long seed) ? seed : throw new RequestFault(400, "seed is not a whole number", "seed");
    }

    private static IReadOnlyList<string> Stops(JsonElement body)
    {
        if (Get(body, "stop") is not { } value) return [];
        if (value.ValueKind == JsonValueKind.String) return [NotEmpty(value)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MostStops) throw new RequestFault(400, $"stop is neither a text nor a list of at most {MostStops}", "stop");
        return [.. value.EnumerateArray().Select(NotEmpty)];

        static string NotEmpty(JsonElement stop) =>
            stop.ValueKind == JsonValueKind.String && stop.GetString() is { Length: > 0 } text ? text : throw new RequestFault(400, "a stop is not a text of at least one character", "stop");
    }
}
