using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models.Tests;

/// <summary>A tokenizer that llama.cpp would not follow is refused, and not written as another.</summary>
[Collection("Torch")]
public sealed class GgufTokenizerTests : IDisposable
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""", null, true)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", null, true)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", """{"type":"NFC"}""", true)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true}""", null, false)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", null, false)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false}]}""", null, true)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel","add_prefix_space":false}]}""", null, false)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", null, false)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"LLAMA3"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", null, true)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"LLAMA3"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}]}""", null, false)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"LLAMA3"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}""", null, false)]
    [InlineData("""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"LLAMA3"},"behavior":"Removed"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""", null, false)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", """{"type":"Replace","pattern":{"String":"a"},"content":"b"}""", false)]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false}""", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"x"}]}""", false)]
    public void A_byte_level_vocabulary_is_written_where_llama_cpp_cuts_and_normalises_alike(string cuts, string? normaliser, bool written)
    {
        BytePairTrainer.Train(["the cat sat on the mat"], 280).Save(_folder);
        string file = Path.Combine(_folder, "tokenizer.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json["pre_tokenizer"] = JsonNode.Parse(cuts.Replace("LLAMA3", System.Text.Json.JsonSerializer.Serialize(Llama3)[1..^1], StringComparison.Ordinal));
        json["normalizer"] = normaliser is null ? null : JsonNode.Parse(normaliser);
        // Only Llama 3's way of cutting has a name for tokens that are taken whole.
        json["model"]!["ignore_merges"] = cuts.Contains("LLAMA3", StringComparison.Ordinal);
        File.WriteAllText(file, json.ToJsonString());
        ITokenizer tokenizer = TokenizerFolder.Load(_folder, null);
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32, Context = 32 }, tokenizer, 1);
        string target = Path.Combine(_folder, "model.gguf");
        if (written) GgufExport.Write(model, target);
        else Assert.Contains("export the Hugging Face format", Assert.Throws<SocietyException>(() => GgufExport.Write(model, target)).Message, StringComparison.Ordinal);
        Assert.Equal(written, File.Exists(target));
    }
}
