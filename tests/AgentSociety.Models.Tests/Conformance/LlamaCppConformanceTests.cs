using System.Text.Json.Nodes;
using AgentSociety.Core.Randomness;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>Probabilities and token ids against llama.cpp, through GGUF files written here.</summary>
[Collection("Torch")]
[Trait("Category", "Conformance")]
public sealed class LlamaCppConformanceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-").FullName;

    public static TheoryData<string, GgufType> Cases
    {
        get
        {
            TheoryData<string, GgufType> cases = [];
            foreach (string name in Architectures.Names) cases.Add(name, GgufType.F32);
            cases.Add("llama 3.1, scaled rotary", GgufType.F16);
            cases.Add("qwen3", GgufType.Q8);
            return cases;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ConformanceTheory]
    [MemberData(nameof(Cases))]
    public void Probabilities_are_those_of_llama_cpp(string name, GgufType type)
    {
        using LanguageModel model = Architectures.Model(name);
        string file = Path.Combine(_folder, "model.gguf");
        GgufExport.Write(model, file, type);
        // Within a window both see the same; beyond it llama.cpp's graph for the family has none.
        int length = model.Decoder.Config.Window ?? 60;
        KeyedRandom random = KeyedRandom.For(4, "tokens");
        int[] tokens = [.. Enumerable.Range(0, length).Select(_ => random.Next(model.Tokenizer.VocabularySize - 1))];
        JsonArray peer = NodePeer.Run("llama.mjs", new JsonObject { ["file"] = file, ["tokens"] = new JsonArray([.. tokens.Select(token => JsonValue.Create(token))]) })["probabilities"]!.AsArray();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Tensor logits = model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(length).unsqueeze(0));
        float[] own = logits.softmax(-1).contiguous().data<float>().ToArray();
        int vocabulary = model.Decoder.Config.VocabularySize;
        // In F32 only the order of sums differs; rounding of the weights explains the others.
        double tolerance = type switch { GgufType.F32 => 1e-4, GgufType.F16 => 5e-3, _ => 0.15 };
        Assert.Equal(length, peer.Count);
        double worst = 0;
        for (int at = 0; at < length; at++)
        {
            Assert.Equal(vocabulary, peer[at]!.AsArray().Count);
            foreach (JsonNode? pair in peer[at]!.AsArray()) worst = Math.Max(worst, Math.Abs(pair![1]!.GetValue<double>() - own[at * vocabulary + pair[0]!.GetValue<int>()]));
        }

        Assert.True(worst < tolerance, $"{name}, {type}: probabilities differ by up to {worst}");
    }

    [ConformanceTheory]
    [InlineData("characters")]
    [InlineData("bytes")]
    [InlineData("sentencepiece")]
    public void Llama_cpp_reads_the_tokenizer_out_of_the_file(string kind)
    {
        ITokenizer tokenizer = kind switch
        {
            "characters" => new CharacterTokenizer(Torch.Alphabet),
            "bytes" => BytePairTrainer.Train(Texts.Library, 500),
            _ => TokenizerTests.SentencePiece(),
        };
        using LanguageModel model = Architectures.Model(Architectures.Shape("smollm"), tokenizer);
        string file = Path.Combine(_folder, "model.gguf");
        GgufExport.Write(model, file);
        string[] texts = kind switch
        {
            "characters" => ["abc=123#", "f=+?", "a\n\nb"],
            "bytes" => [.. Texts.Hard.Where(text => text.Length > 0 && !text.Contains('\0'))],
            _ => ["ab c", "cab", "ü ab", "c ab ca"],
        };
        JsonArray peer = NodePeer.Run("llama.mjs", new JsonObject { ["file"] = file, ["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]) })["ids"]!.AsArray();
        for (int index = 0; index < texts.Length; index++)
            Assert.Equal(tokenizer.EncodeContinuation(texts[index]), peer[index]!.AsArray().Select(id => id!.GetValue<int>()));
    }
}
