using System.Runtime.CompilerServices;
using System.Text.Json;
using AgentSociety.Core;
using Microsoft.Extensions.AI;

namespace AgentSociety.Kernel;

/// <summary>A local model for everything that speaks Microsoft.Extensions.AI.</summary>
/// <remarks>
/// Honours stop sequences, limits, temperature, top-p, top-k, seed, tools, JSON schemas of answers and cancellation, and refuses by name what it cannot do (forced calls,
/// JSON of any shape, penalties, pictures) rather than leave it out unsaid. Safe to call from any thread; concurrent requests share one batch. Disposing it leaves the model at work.
/// </remarks>
public sealed class LocalChatClient(LocalChat chat) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("agentsociety", null, chat.Name);

    /// <inheritdoc />
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc />
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string id = $"chat-{Guid.CreateVersion7():n}";
        string name = options?.ModelId is { Length: > 0 } asked ? asked : chat.Name;
        await foreach (ChatPiece piece in chat.AnswerAsync(Ask(messages, options), cancellationToken).ConfigureAwait(false))
        {
            List<AIContent> contents = [];
            if (piece.Text.Length > 0) contents.Add(new TextContent(piece.Text));
            foreach (ChatCall call in piece.Calls)
                contents.Add(new FunctionCallContent(call.Id, call.Name, JsonSerializer.Deserialize<Dictionary<string, object?>>(call.Arguments)));
            if (piece.End is { } end)
            {
                contents.Add(new UsageContent(new UsageDetails
                {
                    InputTokenCount = end.PromptTokens,
                    OutputTokenCount = end.CompletionTokens,
                    TotalTokenCount = end.PromptTokens + end.CompletionTokens,
                }));
            }
            else if (contents.Count == 0)
            {
                continue;
            }

            yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = id,
                MessageId = id,
                ModelId = name,
                CreatedAt = DateTimeOffset.UtcNow,
                FinishReason = piece.End?.Finish switch
                {
                    ChatFinish.Stop => ChatFinishReason.Stop,
                    ChatFinish.Length => ChatFinishReason.Length,
                    ChatFinish.Calls => ChatFinishReason.ToolCalls,
                    _ => null,
                },
            };
        }
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        // Semantic Kernel fails on a client without metadata.
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType == typeof(LocalChat) ? chat
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private ChatAsk Ask(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        List<DialogueTurn> turns = [.. messages.SelectMany(Turns)];
        if (options?.Instructions is { Length: > 0 } instructions) turns.Insert(0, new DialogueTurn { Role = "system", Text = instructions });
        Refuse(options?.ToolMode is RequiredChatToolMode, "a call cannot be forced; use the automatic tool mode");
        Refuse(options?.ResponseFormat is ChatResponseFormatJson { Schema: null }, "JSON of any shape cannot be enforced; give its schema");
        Refuse(options?.FrequencyPenalty is not (null or 0) || options?.PresencePenalty is not (null or 0), "frequency and presence penalties are not supported; leave them at 0");
        return new ChatAsk
        {
            Turns = turns,
            Functions = options?.Tools is { } tools && options.ToolMode is not NoneChatToolMode ? [.. tools.Select(Function)] : [],
            Adapter = chat.AdapterOf(options?.ModelId),
            Sampling = chat.Sampling with
            {
                Temperature = options?.Temperature ?? chat.Sampling.Temperature,
                TopP = options?.TopP ?? chat.Sampling.TopP,
                TopK = options?.TopK ?? chat.Sampling.TopK,
            },
            Seed = options?.Seed,
            MaximumTokens = options?.MaxOutputTokens ?? int.MaxValue,
            Stops = options?.StopSequences is { } stops ? [.. stops] : [],
            Schema = (options?.ResponseFormat as ChatResponseFormatJson)?.Schema?.GetRawText(),
        };
    }

    private static ChatFunction Function(AITool tool) => tool is AIFunctionDeclaration function
        ? new ChatFunction(function.Name, function.Description, function.JsonSchema)
        : throw new SocietyException($"the tool '{tool.Name}' is a service of its vendor; a local model can call functions only");

    private static IEnumerable<DialogueTurn> Turns(ChatMessage message)
    {
        List<ChatCall> calls = [];
        List<string> texts = [];
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    texts.Add(text.Text);
                    break;
                case FunctionCallContent call:
                    calls.Add(new ChatCall(call.CallId, call.Name, JsonSerializer.Serialize(call.Arguments, ScratchpadFunctions.Json)));
                    break;
                case FunctionResultContent result:
                    yield return new DialogueTurn { Role = "tool", Text = result.Result as string ?? JsonSerializer.Serialize(result.Result, ScratchpadFunctions.Json), CallId = result.CallId };
                    break;
                case UsageContent or TextReasoningContent:
                    break;
                default:
                    throw new SocietyException($"a local model reads text only; a message of {message.Role} holds {content.GetType().Name}");
            }
        }

        if (texts.Count + calls.Count > 0 || message.Contents.Count == 0) yield return new DialogueTurn { Role = message.Role.Value, Text = string.Concat(texts), Calls = calls };
    }

    private static void Refuse(bool asked, string why)
    {
        if (asked) throw new SocietyException(why);
    }
}
