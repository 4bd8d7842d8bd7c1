using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Text;
using CsCheck;
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
    [InlineData("trained here", "gpt-2")]
    [InlineData("trained here, digits apart", "smollm")]
    [InlineData("trained here, cut as Llama 3 cuts", "dbrx")]
    [InlineData("trained here, cut as Llama 3 cuts, whole tokens first", "llama-bpe")]
    [InlineData("trained here, normalised and cut as Qwen cuts", "qwen2")]
    [InlineData(Vocabularies.Llama3, "llama-bpe")]
    [InlineData(Vocabularies.Qwen3, "qwen2")]
    public void Llama_cpp_cuts_and_merges_texts_as_they_are_cut_and_merged_here(string source, string name)
    {
        BytePairTokenizer tokenizer = (BytePairTokenizer)TokenizerFolder.Load(Vocabularies.Folder(source, _folder));
        List<string> texts = [.. Texts.Hard];
        Texts.Any.Sample(texts.Add, iter: 500, threads: 1, seed: "0000e2rJzZt1");
        // What is written in C ends a text at a zero, and llama.cpp does not normalise: what it is given is what stands in the text.
        string[] given = [.. texts.Where(text => text.Length > 0 && !text.Contains('\0')).Select(text => name == "qwen2" ? CanonicalComposition.Compose(text) : text)];
        int[][] theirs = Ids(tokenizer, given);
        Assert.Equal(name, Cutting(File.ReadAllBytes(Path.Combine(_folder, "model.gguf"))));
        for (int index = 0; index < given.Length; index++)
        {
            int[] own = tokenizer.EncodeContinuation(given[index]);
            Assert.True(own.SequenceEqual(theirs[index]), $"'{given[index]}' ({string.Join(" ", given[index].Select(character => $"{(int)character:X4}"))}): theirs {Spell(theirs[index])}, own {Spell(own)}");
        }

        string Spell(int[] ids) => string.Join(" ", ids.Select(id => $"{id}:{tokenizer.Spelling(id)}"));
    }

    [ConformanceTheory]
    [InlineData("characters")]
    [InlineData("sentencepiece")]
    public void Llama_cpp_reads_the_tokenizer_out_of_the_file(string kind)
    {
        (ITokenizer tokenizer, string[] texts) = kind == "characters"
            ? ((ITokenizer)new CharacterTokenizer(Torch.Alphabet), (string[])["abc=123#", "f=+?", "a\n\nb"])
            : (TokenizerTests.SentencePiece(), ["ab c", "cab", "ü ab", "c ab ca"]);
        Assert.Equal(texts.Select(tokenizer.EncodeContinuation), Ids(tokenizer, texts));
    }

    /// <summary>What a file says of the way to cut: behind the key stand the type of the value, its length, and the name.</summary>
    private static string Cutting(byte[] file)
    {
        ReadOnlySpan<byte> key = "tokenizer.ggml.pre"u8, value = file.AsSpan(file.AsSpan().IndexOf(key) + key.Length + sizeof(int));
        return Encoding.UTF8.GetString(value.Slice(sizeof(long), (int)BinaryPrimitives.ReadInt64LittleEndian(value)));
    }

    /// <summary>Token ids of texts by llama.cpp, which knows the tokenizer from a file written here.</summary>
    private int[][] Ids(ITokenizer tokenizer, string[] texts)
    {
        DecoderConfig shape = Architectures.Shape("smollm") with { Layers = 1 };
        using LanguageModel model = LanguageModel.Create(shape with { VocabularySize = tokenizer.VocabularySize }, tokenizer, 1);
        string file = Path.Combine(_folder, "model.gguf");
        GgufExport.Write(model, file);
        JsonArray peer = NodePeer.Run("llama.mjs", new JsonObject { ["file"] = file, ["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]) })["ids"]!.AsArray();
        return [.. peer.Select(ids => ids!.AsArray().Select(id => id!.GetValue<int>()).ToArray())];
    }
}
