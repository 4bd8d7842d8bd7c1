using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Kernel.Tests;

[Collection("Torch")]
public sealed class ModelChatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"town":"Ulm","town":"Bonn"}""", """{"type":"object"}""", "c1")]
    [InlineData("""["Ulm"]""", """{"type":"object"}""", "c1")]
    [InlineData("""{"town":"Ulm"}""", """{"type":"object","type":"string"}""", "weather")]
    public void Arguments_and_schemas_that_no_template_can_write_are_refused_by_name(string arguments, string schema, string named)
    {
        using LanguageModel model = Model();
        DialogueTurn[] turns = [new() { Role = "user", Text = "hi" }, new() { Role = "assistant", Text = "", Calls = [new ChatCall("c1", "weather", arguments)] }];
        ChatFunction function = new("weather", "Tells it.", JsonSerializer.Deserialize<JsonElement>(schema));
        SocietyException refused = Assert.Throws<SocietyException>(() => ModelChat.Settings(model, "small").Template(turns, [function]));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_held_to_a_form_calls_no_function_though_it_looks_like_a_call()
    {
        using LanguageModel model = Torch.Model();
        using LocalModel local = new(model);
        LocalChat chat = new(local, new LocalChatSettings { Name = "small", Template = (turns, _) => turns[^1].Text });
        ChatAsk ask = new()
        {
            Turns = [new DialogueTurn { Role = "user", Text = "Go" }],
            Functions = [new ChatFunction("f", "", JsonSerializer.SerializeToElement(new { type = "object" }))],
            Seed = 1,
            MaximumTokens = 60,
        };
        const string Form = """{"type":"object","properties":{"name":{"const":"f"},"parameters":{"type":"object","properties":{}}},"required":["name","parameters"]}""";
        foreach (ChatAsk held in (ChatAsk[])[ask with { Schema = Form }, ask with { Pattern = """\{"name":"f","parameters":\{\}\}""" }])
        {
            List<ChatPiece> pieces = [];
            await foreach (ChatPiece piece in chat.AnswerAsync(held)) pieces.Add(piece);
            Assert.Equal("""{"name":"f","parameters":{}}""", string.Concat(pieces.Select(piece => piece.Text)));
            Assert.Equal(ChatFinish.Stop, pieces[^1].End!.Finish);
            Assert.DoesNotContain(pieces, piece => piece.Calls.Count > 0);
        }
    }

    [Fact]
    public async Task A_conversation_without_a_template_begins_with_the_token_that_the_model_was_trained_to_begin_with()
    {
        Model().Dispose();
        File.Delete(Path.Combine(_folder, ChatTemplate.FileName));
        string file = Path.Combine(_folder, "tokenizer.json"), name;
        using (LanguageModel plain = LanguageModel.Load(_folder)) name = ((BytePairTokenizer)plain.Tokenizer).Spelling(plain.Tokenizer.EndOfText);
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        json["post_processor"] = new JsonObject { ["type"] = "TemplateProcessing", ["single"] = new JsonArray(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } }) };
        File.WriteAllText(file, json.ToJsonString());
        using LanguageModel model = LanguageModel.Load(_folder);
        using LocalModel local = new(model);
        List<ChatPiece> pieces = [];
        await foreach (ChatPiece piece in new LocalChat(local, ModelChat.Settings(model, "small")).AnswerAsync(new ChatAsk { Turns = [new DialogueTurn { Role = "user", Text = "the cat" }], MaximumTokens = 1 })) pieces.Add(piece);
        Assert.Equal(model.Tokenizer.Encode("the cat").Length + 1, pieces[^1].End!.PromptTokens);
    }

    private LanguageModel Model()
    {
        using (LanguageModel made = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32 }, BytePairTrainer.Train(["the cat sat on the mat"], 270), 1)) made.Save(_folder);
        File.WriteAllText(Path.Combine(_folder, ChatTemplate.FileName), "{{ tools | tojson }}{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}{% endfor %}{% endfor %}");
        return LanguageModel.Load(_folder);
    }
}
