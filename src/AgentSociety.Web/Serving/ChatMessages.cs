using System.Text.Json;
using AgentSociety.Kernel;

namespace AgentSociety.Web.Serving;

/// <summary>Reads the conversation and the tools of a request.</summary>
internal static class ChatMessages
{
    public static IReadOnlyList<DialogueTurn> Read(JsonElement body)
    {
        if (CompletionRequest.Get(body, "messages") is not { ValueKind: JsonValueKind.Array } messages || messages.GetArrayLength() == 0)
            throw new RequestFault(400, "messages is not a list of at least one", "messages");
        return [.. messages.EnumerateArray().Select(Turn)];
    }

    public static IReadOnlyList<ChatFunction> Functions(JsonElement body)
    {
        if (CompletionRequest.Get(body, "tools") is not { } tools) return [];
        if (tools.ValueKind != JsonValueKind.Array) throw new RequestFault(400, "tools is not a list", "tools");
        string choice = CompletionRequest.Get(body, "tool_choice") switch
        {
            null => "auto",
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            _ => "required",
        };
        if (choice is not ("auto" or "none")) throw new RequestFault(400, "a call cannot be forced here; tool_choice is auto or none", "tool_choice", "unsupported_parameter");
        ChatFunction[] functions = [.. tools.EnumerateArray().Select(Function)];
        return choice == "none" ? [] : functions;
    }

    private static DialogueTurn Turn(JsonElement message, int index)
    {
        string place = $"messages[{index}]";
        if (message.ValueKind != JsonValueKind.Object) throw new RequestFault(400, $"{place} is not an object", "messages");
        string role = CompletionRequest.Text(message, "role") switch
        {
            "system" or "developer" => "system",
            "user" => "user",
            "assistant" => "assistant",
            "tool" => "tool",
            { } other => throw new RequestFault(400, $"{place} has the role '{other}'; there are system, developer, user, assistant and tool", "messages"),
            null => throw new RequestFault(400, $"{place} has no role", "messages"),
        };
        return new DialogueTurn
        {
            Role = role,
            Text = Content(message, place),
            Calls = CompletionRequest.Get(message, "tool_calls") is { ValueKind: JsonValueKind.Array } calls ? [.. calls.EnumerateArray().Select(call => Call(call, place))] : [],
            CallId = CompletionRequest.Text(message, "tool_call_id"),
        };
    }

    private static string Content(JsonElement message, string place) => CompletionRequest.Get(message, "content") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.Object && CompletionRequest.Text(part, "type") == "text"
            ? CompletionRequest.Text(part, "text") : throw new RequestFault(400, $"{place} holds something other than text", "messages"))),
        _ => throw new RequestFault(400, $"the content of {place} is no text", "messages"),
    };

    private static ChatCall Call(JsonElement call, string place)
    {
        if (call.ValueKind == JsonValueKind.Object && CompletionRequest.Text(call, "id") is { } id
            && CompletionRequest.Get(call, "function") is { ValueKind: JsonValueKind.Object } function
            && CompletionRequest.Text(function, "name") is { } name && CompletionRequest.Text(function, "arguments") is { } arguments) return new ChatCall(id, name, arguments);
        throw new RequestFault(400, $"a call of {place} lacks its id, its function's name or its arguments", "messages");
    }

    private static ChatFunction Function(JsonElement tool)
    {
        if (tool.ValueKind == JsonValueKind.Object && CompletionRequest.Text(tool, "type") == "function"
            && CompletionRequest.Get(tool, "function") is { ValueKind: JsonValueKind.Object } function && CompletionRequest.Text(function, "name") is { Length: > 0 } name)
            return new ChatFunction(name, CompletionRequest.Text(function, "description") ?? "", CompletionRequest.Get(function, "parameters")?.Clone() ?? JsonSerializer.SerializeToElement(new { type = "object" }));
        throw new RequestFault(400, "a tool is not a function with a name", "tools");
    }
}
