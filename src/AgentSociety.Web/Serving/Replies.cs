using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Kernel;

namespace AgentSociety.Web.Serving;

/// <summary>How replies are written: the protocol's names, and what is null left out but where the protocol wants it.</summary>
internal static class Replies
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Replies are JSON and never part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string FinishReason(ChatFinish finish) => finish switch
    {
        ChatFinish.Length => "length",
        ChatFinish.Calls => "tool_calls",
        _ => "stop",
    };

    public static TokenProbabilities? Probabilities(IReadOnlyList<WrittenToken> tokens, bool asked) => !asked ? null : new(
    [
        .. tokens.Select(token => Probability(token.Bytes, token.LogProbability) with
        {
            TopLogprobs = [.. token.Alternatives.Select(other => Probability(other.Bytes, other.LogProbability))],
        }),
    ]);

    /// <summary>A token's text, in which half a character is U+FFFD, and its bytes as they are: clients put characters together from these.</summary>
    private static TokenProbability Probability(ReadOnlyMemory<byte> bytes, float logProbability) => new(Encoding.UTF8.GetString(bytes.Span), logProbability, [.. bytes.ToArray().Select(value => (int)value)]);
}

internal sealed record ErrorReply(ErrorDetail Error);

internal sealed record ErrorDetail(string Message, string Type, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

internal sealed record ModelList(string Object, IReadOnlyList<ModelEntry> Data);

internal sealed record ModelEntry(string Id, string Object, long Created, string OwnedBy);

internal sealed record Completion(string Id, string Object, long Created, string Model, IReadOnlyList<Choice> Choices)
{
    public Usage? Usage { get; init; }
}

internal sealed record Choice(int Index)
{
    /// <summary>A whole answer.</summary>
    public Message? Message { get; init; }

    /// <summary>A piece of one.</summary>
    public Message? Delta { get; init; }

    public TokenProbabilities? Logprobs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
}

internal sealed record Message
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    public IReadOnlyList<Call>? ToolCalls { get; init; }
}

internal sealed record Call(string Id, string Type, CalledFunction Function)
{
    public int? Index { get; init; }

    public static Call Of(ChatCall call, int? index = null) => new(call.Id, "function", new CalledFunction(call.Name, call.Arguments)) { Index = index };
}

internal sealed record CalledFunction(string Name, string Arguments);

internal sealed record TokenProbabilities(IReadOnlyList<TokenProbability> Content);

internal sealed record TokenProbability(string Token, float Logprob, int[] Bytes)
{
    public IReadOnlyList<TokenProbability>? TopLogprobs { get; init; }
}

internal sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens);
