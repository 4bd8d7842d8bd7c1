using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>Reads chats that other tools wrote, or our own <c>export</c>: a line of JSON each, with <c>messages</c> (ChatML) or <c>conversations</c> (ShareGPT).</summary>
/// <remarks>
/// What is learned is what the assistant wrote. A line of our export is taken token by token as it was sampled, where the model's tokenizer
/// gives the same tokens; a chat from elsewhere is laid out by the model's chat template, or, where it has none, as transcripts are: turn after turn, with
/// nothing between them and the end of text behind the last. Every refusal names file and line.
/// </remarks>
public static class ChatLog
{
    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        ["system"] = "system",
        ["developer"] = "system",
        ["user"] = "user",
        ["human"] = "user",
        ["assistant"] = "assistant",
        ["gpt"] = "assistant",
        ["model"] = "assistant",
        ["function_call"] = "assistant",
        ["tool"] = "tool",
        ["function"] = "tool",
        ["observation"] = "tool",
        ["function_response"] = "tool",
    };

    /// <summary>A name that stands twice would be found out only where the template asks for it.</summary>
    private static readonly JsonDocumentOptions Once = new() { AllowDuplicateProperties = false };

    /// <summary>The texts of files, in their order.</summary>
    /// <param name="files">The files, JSON Lines in UTF-8; empty lines are passed over.</param>
    /// <param name="model">The model that is to learn them.</param>
    /// <exception cref="SocietyException">A file cannot be read, or a line is no chat that the model can learn.</exception>
    public static IReadOnlyList<TrainingSequence> Read(IEnumerable<string> files, LanguageModel model)
    {
        List<TrainingSequence> texts = [];
        foreach (string file in files)
        {
            int number = 0, before = texts.Count;
            foreach (string line in Lines(file))
            {
                number++;
                if (string.IsNullOrWhiteSpace(line)) continue;
                try
                {
                    texts.Add(Text(line, model));
                }
                catch (Exception cause) when (cause is SocietyException or JsonException or InvalidOperationException or FormatException)
                {
                    string what = cause is JsonException ? "is no JSON" : cause is SocietyException ? cause.Message : $"has a value of the wrong kind ({cause.Message})";
                    throw new SocietyException($"{file}, line {number}: {what}", cause: cause);
                }
            }

            if (texts.Count == before) throw new SocietyException($"{file}: holds no chat; every line is to be a JSON object with \"messages\" or \"conversations\"");
        }

        return texts;
    }

    private static IEnumerable<string> Lines(string file)
    {
        StreamReader reader;
        try
        {
            reader = new StreamReader(file);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{file}: cannot be read ({cause.Message})", cause: cause);
        }

        using (reader)
        {
            while (reader.ReadLine() is { } line) yield return line;
        }
    }

    private static TrainingSequence Text(string line, LanguageModel model)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement chat = document.RootElement;
        if (chat.ValueKind != JsonValueKind.Object) throw new SocietyException("is no JSON object");
        (string who, string what, JsonElement list) = chat.TryGetProperty("messages", out JsonElement messages) ? ("role", "content", messages)
            : chat.TryGetProperty("conversations", out JsonElement conversations) ? ("from", "value", conversations)
            : throw new SocietyException("has neither \"messages\" nor \"conversations\"; write chatml-jsonl or sharegpt");
        if (list.ValueKind != JsonValueKind.Array) throw new SocietyException("its turns are no list");
        ChatTurn[] turns = [.. list.EnumerateArray().Select((turn, index) => Turn(turn, who, what, index + 1))];
        if (!turns.Any(turn => turn.Role == "assistant")) throw new SocietyException("holds no turn of the assistant, so that nothing can be learned from it");

        TextCode code = model.Text();
        Segment[] segments = [.. turns.Select(turn => new Segment(turn.Role switch { "assistant" => Source.Model, "tool" => Source.Tool, _ => Source.Prompt }, turn.Content))];
        (int[] tokens, bool[] mask) = Recorded(chat, code, segments) ?? (model.Template is null ? Plain(code, turns, segments) : model.EncodeConversation(turns, Tools(chat)));
        if (tokens.Length > code.Context) throw new SocietyException($"is {tokens.Length} tokens long, and the model's context is {code.Context}; leave it out, or take a model with a longer context");
        TrainingSequence text = new() { Tokens = tokens, Mask = mask, Role = Role.Solver };
        return text.Learned > 0 ? text : throw new SocietyException("its assistant wrote nothing that could be learned");
    }

    private static ChatTurn Turn(JsonElement turn, string who, string what, int number)
    {
        if (turn.ValueKind != JsonValueKind.Object || !turn.TryGetProperty(who, out JsonElement named) || named.ValueKind != JsonValueKind.String) throw new SocietyException($"turn {number} has no \"{who}\"");
        if (!Roles.TryGetValue(named.GetString()!, out string? role)) throw new SocietyException($"turn {number} is by '{named.GetString()}', and must be by {string.Join(", ", Roles.Keys)}");
        ChatToolCall[] calls = turn.TryGetProperty("tool_calls", out JsonElement made) && made.ValueKind == JsonValueKind.Array ? [.. made.EnumerateArray().Select(Call)] : [];
        string? content = turn.TryGetProperty(what, out JsonElement said) ? said.ValueKind switch
        {
            JsonValueKind.String => said.GetString(),
            JsonValueKind.Array => string.Concat(said.EnumerateArray().Select(part => part.TryGetProperty("text", out JsonElement text) ? text.GetString() : throw new SocietyException($"turn {number} holds something else than text"))),
            JsonValueKind.Null => "",
            _ => null,
        } : calls.Length > 0 ? "" : null;
        if (content is null) throw new SocietyException($"turn {number} has no text in \"{what}\"");
        return new ChatTurn(role, content)
        {
            ToolCalls = calls,
            ToolCallId = Optional(turn, "tool_call_id"),
            Name = Optional(turn, "name"),
            Reasoning = Optional(turn, "reasoning_content"),
        };
    }

    private static ChatToolCall Call(JsonElement call)
    {
        JsonElement function = call.TryGetProperty("function", out JsonElement inner) ? inner : call;
        JsonNode? arguments = function.TryGetProperty("arguments", out JsonElement given) ? JsonNode.Parse(given.ValueKind == JsonValueKind.String ? given.GetString()! : given.GetRawText(), documentOptions: Once) : new JsonObject();
        return new ChatToolCall(Optional(function, "name") ?? throw new SocietyException("calls a tool without a name"), arguments as JsonObject ?? throw new SocietyException("calls a tool with arguments that are no object"), Optional(call, "id"));
    }

    private static string? Optional(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonArray? Tools(JsonElement chat) => chat.TryGetProperty("tools", out JsonElement tools) && tools.ValueKind == JsonValueKind.Array ? JsonNode.Parse(tools.GetRawText(), documentOptions: Once)!.AsArray() : null;

    /// <summary>The tokens that a line of our export was sampled as; null where it bears none, or those of another tokenizer.</summary>
    private static (int[], bool[])? Recorded(JsonElement chat, TextCode code, Segment[] segments)
    {
        if (!chat.TryGetProperty("tokens", out JsonElement ids) || !chat.TryGetProperty("loss_mask", out JsonElement learned)) return null;
        int[] tokens = [.. ids.EnumerateArray().Select(id => id.GetInt32())];
        bool[] mask = [.. learned.EnumerateArray().Select(value => value.GetBoolean())];
        if (tokens.Length != mask.Length) throw new SocietyException($"has {tokens.Length} tokens and a mask of {mask.Length}");
        return code.Matches(segments, tokens, mask) ? (tokens, mask) : null;
    }

    private static (int[], bool[]) Plain(TextCode code, ChatTurn[] turns, Segment[] segments)
    {
        if (turns.Any(turn => turn.ToolCalls.Count > 0)) throw new SocietyException("calls tools, and the model has no chat template to write calls with; put a chat_template.jinja into its folder");
        return code.Encode(segments);
    }
}
