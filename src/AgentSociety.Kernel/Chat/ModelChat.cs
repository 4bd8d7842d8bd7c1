using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Models;
using ModelCall = AgentSociety.Models.ChatToolCall;
using ModelTurn = AgentSociety.Models.ChatTurn;

namespace AgentSociety.Kernel;

/// <summary>How the model of a folder converses: by the chat template and the sampling that its publisher gave it.</summary>
public static class ModelChat
{
    /// <summary>Settings for a model; one without a template gets <see cref="PlainTemplate"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The name that it is asked for by.</param>
    /// <remarks>Names of special tokens in what was said stay text, so that a turn cannot be ended or forged by what stands in it.</remarks>
    public static LocalChatSettings Settings(LanguageModel model, string name) => model.Template is not { } template
        ? new LocalChatSettings { Name = name, Sampling = model.Generation.Sampling }
        : new LocalChatSettings
        {
            Name = name,
            Sampling = model.Generation.Sampling,
            Template = (turns, functions) => template.Render([.. turns.Select(Turn)], tools: functions.Count == 0 ? null : new JsonArray([.. functions.Select(Tool)]), shield: model.Tokenizer.Shield),
            Encode = model.Tokenizer.EncodeMarkup,
        };

    private static readonly JsonDocumentOptions Once = new() { AllowDuplicateProperties = false };

    private static ModelTurn Turn(DialogueTurn turn) => new(turn.Role, turn.Text) { ToolCallId = turn.CallId, ToolCalls = [.. turn.Calls.Select(Call)] };

    private static ModelCall Call(ChatCall call)
    {
        try
        {
            return new ModelCall(call.Name, JsonNode.Parse(call.Arguments, documentOptions: Once)?.AsObject() ?? [], call.Id);
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            throw new SocietyException($"the arguments of the call {call.Id} to {call.Name} are no JSON object ({cause.Message})", cause: cause);
        }
    }

    private static JsonNode Tool(ChatFunction function) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = function.Name, ["description"] = function.Description, ["parameters"] = Parameters(function) },
    };

    private static JsonNode? Parameters(ChatFunction function)
    {
        try
        {
            return JsonNode.Parse(function.Parameters.GetRawText(), documentOptions: Once);
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"the parameters of the function {function.Name} are no JSON schema ({cause.Message})", cause: cause);
        }
    }
}
