using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Models.Templates;

namespace AgentSociety.Models;

/// <summary>A tool call that the model made in a turn.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">Its arguments, a JSON object.</param>
/// <param name="Id">What the reply refers to; null where nothing needs it.</param>
public sealed record ChatToolCall(string Name, JsonObject Arguments, string? Id = null);

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatTurn(string Role, string Content)
{
    /// <summary>Tools that the assistant called in this turn.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that a tool's turn answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Name of the speaker or tool.</summary>
    public string? Name { get; init; }

    /// <summary>What the assistant thought before it spoke, where the model keeps the two apart.</summary>
    public string? Reasoning { get; init; }
}

/// <summary>A conversation as one text, with the parts of it that the assistant wrote.</summary>
/// <param name="Text">The text.</param>
/// <param name="Written">Where the parts begin and end, in characters, in order; <c>End</c> is the first character behind.</param>
public sealed record MarkedText(string Text, IReadOnlyList<(int Start, int End)> Written);

/// <summary>How a model's publisher lays a conversation out as one text: the <c>chat_template</c> of its folder, in Jinja.</summary>
/// <remarks>
/// The language is understood as far as chat templates use it: output, if, for (with break and continue), set, namespace, macro, the usual filters,
/// tests and methods, Hugging Face's white space rules. What lies beyond is refused by name and line. A template can write text and nothing else.
/// </remarks>
public sealed class ChatTemplate
{
    /// <summary>The file that holds a template by itself; <c>tokenizer_config.json</c> may hold one too.</summary>
    public const string FileName = "chat_template.jinja";

    private const string Assistant = "assistant";
    private readonly string _place;
    private readonly IReadOnlyList<Statement> _statements;
    private readonly IReadOnlyDictionary<string, string> _specialTokens;

    /// <summary>Reads a template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="specialTokens">What templates call <c>bos_token</c>, <c>eos_token</c> and so on.</param>
    /// <param name="place">Where it comes from, for messages.</param>
    /// <exception cref="SocietyException">The template is not of the language that is understood.</exception>
    public ChatTemplate(string source, IReadOnlyDictionary<string, string>? specialTokens = null, string place = "the chat template")
    {
        Source = source;
        _place = place;
        _specialTokens = specialTokens ?? new Dictionary<string, string>();
        _statements = Guarded(() => JinjaParser.Parse(source));
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>The template of a model's folder; null where it has none.</summary>
    /// <exception cref="SocietyException">A file is damaged, or the template is not understood.</exception>
    public static ChatTemplate? Find(string folder)
    {
        string file = Path.Combine(folder, FileName), config = Path.Combine(folder, TokenizerFile.ConfigName);
        Dictionary<string, string> tokens = [];
        string? source = null;
        if (File.Exists(config))
        {
            try
            {
                using JsonDocument settings = JsonDocument.Parse(File.ReadAllText(config));
                foreach (JsonProperty setting in settings.RootElement.EnumerateObject())
                {
                    if (!setting.Name.EndsWith("_token", StringComparison.Ordinal)) continue;
                    if (setting.Value.ValueKind == JsonValueKind.String) tokens[setting.Name] = setting.Value.GetString()!;
                    else if (setting.Value.ValueKind == JsonValueKind.Object && setting.Value.TryGetProperty("content", out JsonElement content)) tokens[setting.Name] = content.GetString() ?? "";
                }

                if (settings.RootElement.TryGetProperty("chat_template", out JsonElement template)) source = template.ValueKind switch
                {
                    JsonValueKind.String => template.GetString(),
                    JsonValueKind.Array => template.EnumerateArray().FirstOrDefault(named => named.GetProperty("name").GetString() == "default") is { ValueKind: JsonValueKind.Object } usual ? usual.GetProperty("template").GetString() : null,
                    _ => null,
                };
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new SocietyException($"{config}: cannot be read ({cause.Message})", cause: cause);
            }
        }

        if (File.Exists(file)) return new ChatTemplate(File.ReadAllText(file), tokens, file);
        return source is null ? null : new ChatTemplate(source, tokens, config);
    }

    /// <summary>Lays a conversation out.</summary>
    /// <param name="turns">The turns so far.</param>
    /// <param name="prompt">True to end with the beginning of the assistant's next turn.</param>
    /// <param name="tools">Descriptions of tools, as OpenAI's protocol has them; null for none.</param>
    /// <param name="variables">Further variables that the template asks for, such as <c>enable_thinking</c>.</param>
    /// <param name="shield">Changes what came from outside, so that it cannot be taken for the template's own marks; null for nothing.</param>
    /// <param name="time">The clock of templates that write the date; null for the machine's.</param>
    /// <exception cref="SocietyException">The template refuses the conversation or does what cannot be done; the message names file and line.</exception>
    public string Render(IReadOnlyList<ChatTurn> turns, bool prompt = true, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? variables = null, Func<string, string>? shield = null, TimeProvider? time = null)
    {
        Dictionary<string, object?> scope = Scope(turns, prompt, tools, variables, shield ?? (text => text), time);
        return Guarded(() => JinjaInterpreter.Run(_statements, scope));
    }

    /// <summary>Lays a whole conversation out for training, and says what of it the assistant wrote.</summary>
    /// <remarks>
    /// By the template's <c>{% generation %}</c> blocks. A template without them is rendered up to each of the assistant's turns and with it: what is added is the
    /// turn, up to the end-of-text token that closes it. The marks must then be prefixes of each other, which is checked.
    /// </remarks>
    /// <param name="turns">The turns.</param>
    /// <param name="tools">As for <see cref="Render"/>.</param>
    /// <param name="variables">As for <see cref="Render"/>.</param>
    /// <param name="shield">As for <see cref="Render"/>.</param>
    /// <param name="time">As for <see cref="Render"/>.</param>
    /// <exception cref="SocietyException">As for <see cref="Render"/>; or the template says of no text what the assistant wrote.</exception>
    public MarkedText RenderMarked(IReadOnlyList<ChatTurn> turns, JsonArray? tools = null, IReadOnlyDictionary<string, object?>? variables = null, Func<string, string>? shield = null, TimeProvider? time = null)
    {
        shield ??= text => text;
        if (_statements.Any(HoldsGeneration))
        {
            (string marked, IReadOnlyList<(int Start, int End)> generated) = Guarded(() => JinjaInterpreter.RunMarked(_statements, Scope(turns, false, tools, variables, shield, time)));
            if (generated.Count == 0 && turns.Any(turn => turn.Role == Assistant)) throw new SocietyException($"{_place}: the generation blocks of the chat template wrote nothing of this conversation (those inside macros and set blocks do not count)");
            return new MarkedText(marked, generated);
        }

        string whole = Render(turns, prompt: false, tools, variables, shield, time);
        List<(int, int)> written = [];
        for (int index = 0; index < turns.Count; index++)
        {
            if (turns[index].Role != Assistant) continue;
            string before = Render([.. turns.Take(index)], prompt: true, tools, variables, shield, time), after = Render([.. turns.Take(index + 1)], prompt: false, tools, variables, shield, time);
            if (!after.StartsWith(before, StringComparison.Ordinal) || !whole.StartsWith(after, StringComparison.Ordinal))
                throw new SocietyException($"{_place}: the chat template writes turn {index + 1} otherwise in a longer conversation, so that what the assistant wrote cannot be told; put {{% generation %}} and {{% endgeneration %}} around it in the template");
            int end = after.Length;
            // What follows the token that ends a turn is written by nobody.
            if (_specialTokens.TryGetValue("eos_token", out string? closing) && closing.Length > 0 && after.IndexOf(closing, before.Length, StringComparison.Ordinal) is >= 0 and int closed) end = closed + closing.Length;
            written.Add((before.Length, end));
        }

        return new MarkedText(whole, written);
    }

    private static bool HoldsGeneration(Statement statement) => statement switch
    {
        Templates.Generation => true,
        If choice => choice.Branches.Any(branch => branch.Body.Any(HoldsGeneration)) || choice.Otherwise.Any(HoldsGeneration),
        For loop => loop.Body.Any(HoldsGeneration) || loop.Otherwise.Any(HoldsGeneration),
        Macro macro => macro.Body.Any(HoldsGeneration),
        SetBlock block => block.Body.Any(HoldsGeneration),
        _ => false,
    };

    private Dictionary<string, object?> Scope(IReadOnlyList<ChatTurn> turns, bool prompt, JsonArray? tools, IReadOnlyDictionary<string, object?>? variables, Func<string, string> shield, TimeProvider? time)
    {
        Dictionary<string, object?> scope = [];
        foreach ((string name, string token) in _specialTokens) scope[name] = token;
        scope["messages"] = turns.Select(turn => (object?)Message(turn, shield)).ToList();
        scope["add_generation_prompt"] = prompt;
        if (tools is not null) scope["tools"] = FromJson(tools, shield);
        scope["strftime_now"] = (Callable)((arguments, _) => Date((time ?? TimeProvider.System).GetLocalNow(), arguments.Count > 0 ? JinjaValues.Print(arguments[0]) : ""));
        foreach ((string name, object? value) in variables ?? new Dictionary<string, object?>()) scope[name] = value is int whole ? (long)whole : value;
        return scope;
    }

    /// <summary>Writes the template's own file, which other tools look for first.</summary>
    public void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), Source);

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (JinjaException failure)
        {
            throw new SocietyException($"{_place}: chat template, line {failure.Line}: {failure.Message}", cause: failure);
        }
    }

    private static Dictionary<string, object?> Message(ChatTurn turn, Func<string, string> shield)
    {
        Dictionary<string, object?> message = new() { ["role"] = shield(turn.Role), ["content"] = shield(turn.Content) };
        if (turn.Name is not null) message["name"] = shield(turn.Name);
        if (turn.ToolCallId is not null) message["tool_call_id"] = shield(turn.ToolCallId);
        if (turn.Reasoning is not null) message["reasoning_content"] = shield(turn.Reasoning);
        if (turn.ToolCalls.Count > 0) message["tool_calls"] = turn.ToolCalls.Select(call =>
        {
            Dictionary<string, object?> made = new()
            {
                ["type"] = "function",
                ["function"] = new Dictionary<string, object?> { ["name"] = shield(call.Name), ["arguments"] = FromJson(call.Arguments, shield) },
            };
            if (call.Id is not null) made["id"] = shield(call.Id);
            return (object?)made;
        }).ToList();
        return message;
    }

    private static object? FromJson(JsonNode? node, Func<string, string> shield) => node switch
    {
        null => null,
        JsonArray list => list.Select(item => FromJson(item, shield)).ToList(),
        JsonObject map => FromJson(map, shield),
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String => shield(node.GetValue<string>()),
            _ => long.TryParse(node.ToJsonString(), CultureInfo.InvariantCulture, out long whole) ? (object)whole : double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture),
        },
    };

    private static Dictionary<string, object?> FromJson(JsonObject map, Func<string, string> shield)
    {
        Dictionary<string, object?> values = [];
        foreach ((string key, JsonNode? value) in map) values[shield(key)] = FromJson(value, shield);
        return values;
    }

    /// <summary>C's date formats, as far as templates use them.</summary>
    private static string Date(DateTimeOffset now, string format)
    {
        string written = "";
        for (int place = 0; place < format.Length; place++)
        {
            if (format[place] != '%' || place + 1 == format.Length)
            {
                written += format[place];
                continue;
            }

            written += format[++place] switch
            {
                'Y' => now.ToString("yyyy"),
                'y' => now.ToString("yy"),
                'm' => now.ToString("MM"),
                'd' => now.ToString("dd"),
                'e' => now.Day.ToString().PadLeft(2),
                'b' => now.ToString("MMM"),
                'B' => now.ToString("MMMM"),
                'a' => now.ToString("ddd"),
                'A' => now.ToString("dddd"),
                'H' => now.ToString("HH"),
                'M' => now.ToString("mm"),
                'S' => now.ToString("ss"),
                '%' => "%",
                _ => throw new JinjaException(0, $"the date format %{format[place]} is not supported"),
            };
        }

        return written;
    }
}
