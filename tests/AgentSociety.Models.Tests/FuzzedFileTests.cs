using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using CsCheck;
using Xunit.Abstractions;

namespace AgentSociety.Models.Tests;

/// <summary>The files beside the weights, damaged: each is read, or refused in a line that names it or its folder.</summary>
[Collection("Torch")]
public sealed class FuzzedFileTests : IDisposable
{
    private static readonly string[] Values = ["0", "-1", "1", "2", "3", "2147483647", "9e99", "1.5", "true", "null", "\"\"", "\"a\"", "\"\\ud800\"", "[]", "[1]", "[[]]", "[\"q_proj\"]", "{}", "{\"a\":null}", "\"../x\"", "\"(\""];
    private readonly ITestOutputHelper _output;
    private readonly string _folder = Directory.CreateTempSubdirectory("fuzzed-").FullName;

    public FuzzedFileTests(ITestOutputHelper output)
    {
        _output = output;
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 2, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 32 }, BytePairTrainer.Train(["the cat sat on the mat"], 262), 1);
        model.AddAdapter("a", new LoraSettings { Rank = 2, Targets = ["q_proj"] }, 1);
        model.Save(_folder);
        Shards.Split(_folder, 2);
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), """{"do_sample":true,"temperature":0.7,"top_k":20,"top_p":0.9,"min_p":0.1,"repetition_penalty":1.1,"eos_token_id":[1,2]}""");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("adapters/a/adapter_config.json", 400)]
    [InlineData("adapters/a/adapter_model.safetensors", 400)]
    [InlineData("model.safetensors.index.json", 400)]
    [InlineData("generation_config.json", 400)]
    [InlineData("tokenizer_config.json", 400)]
    [InlineData("tokenizer.json", 400)]
    public void A_damaged_file_is_read_or_refused_by_name(string name, int cases) => Damage(name, cases);

    /// <summary>The other kind of vocabulary, spelt without its bytes so that what is damaged is more often a step than a token.</summary>
    [Fact]
    public void A_damaged_tokenizer_that_marks_spaces_is_read_or_refused_by_name()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), """
            {"added_tokens":[{"id":0,"content":"<unk>","special":true,"normalized":false},{"id":1,"content":"<s>","special":true,"normalized":false},{"id":2,"content":"</s>","special":true,"normalized":false}],
            "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
            "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false},
            "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]},
            "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
            "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"ignore_merges":false,"vocab":{"<unk>":0,"<s>":1,"</s>":2,"<0x41>":3,"▁":4,"a":5,"b":6,"ab":7,"▁ab":8},"merges":["a b",["▁","ab"]]}}
            """);
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"bos_token":"<s>","eos_token":"</s>"}""");
        using (LanguageModel model = LanguageModel.Load(_folder)) Assert.Equal("ab", model.Tokenizer.Decode(model.Tokenizer.Encode("ab")));
        Damage("tokenizer.json", 800);
    }

    private void Damage(string name, int cases)
    {
        string file = Path.Combine(_folder, name.Replace('/', Path.DirectorySeparatorChar));
        byte[] good = File.ReadAllBytes(file);
        int read = 0, refused = 0;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, Values.Length - 1], Gen.Int[0, 3], Gen.Byte).Array[1, 3].Sample(changes =>
        {
            byte[] damaged = good;
            foreach ((int place, int value, int kind, byte other) in changes) damaged = Damaged(damaged, Math.Min(place, Math.Max(0, damaged.Length - 1)), Values[value], kind, other);
            File.WriteAllBytes(file, damaged);
            try
            {
                LanguageModel.Load(_folder).Dispose();
                read++;
            }
            catch (SocietyException failure)
            {
                refused++;
                if (!failure.Message.Contains(_folder, StringComparison.Ordinal)) throw new InvalidOperationException($"the message does not name the file: {failure.Message}\n{Encoding.UTF8.GetString(damaged)}");
            }
        }, iter: cases, threads: 1);
        _output.WriteLine($"{name}: {cases} damaged files, {read} read, {refused} refused");
        Assert.Equal(cases, read + refused);
        Assert.InRange(refused, cases / 10, cases);
    }

    [Fact]
    public void A_list_of_a_broken_off_save_moves_and_deletes_nothing_outside_its_folder()
    {
        string[] names =
        [
            "config.json", "model.safetensors", "tokenizer.json", "adapters/a/adapter_config.json", "../config.json", "../adapters/a/adapter_config.json", "../../evil", "adapters/../../config.json",
            "adapters/a/../../../config.json", "adapters/./adapter_config.json", "adapters/../adapter_config.json", "/tmp/config.json", "..\\config.json", "config.json\n../config.json", "", ".", "..", "list",
            "adapters", "adapters/a", "adapters//adapter_config.json", "adapters/a/b/adapter_config.json", "inner/config.json", "evil",
        ];
        string inner = Path.Combine(_folder, "inner");
        int read = 0, refused = 0;
        string[] before = Outside();
        Gen.Select(Gen.Int[0, names.Length - 1].Array[0, 4], Gen.Int[0, 9]).Sample((chosen, form) =>
        {
            foreach (string place in (string[])["adapters/a", ".saved/adapters/a"]) Directory.CreateDirectory(Path.Combine(inner, place));
            foreach (string file in (string[])["config.json", "model.safetensors", "tokenizer.json", "adapters/a/adapter_config.json", "evil"])
            {
                File.WriteAllText(Path.Combine(inner, file), "theirs");
                File.WriteAllText(Path.Combine(inner, ".saved", file), "theirs");
            }

            string list = form == 0 ? string.Join('\n', chosen.Select(name => names[name])) : System.Text.Json.JsonSerializer.Serialize(chosen.Select(name => names[name]));
            File.WriteAllText(Path.Combine(inner, ".saved", "list"), list);
            try
            {
                ModelFolder.Files().Settle(inner);
                read++;
            }
            catch (SocietyException failure)
            {
                refused++;
                Assert.Contains(inner, failure.Message, StringComparison.Ordinal);
            }

            Assert.Equal(before, Outside());
            Directory.Delete(inner, recursive: true);
        }, iter: 400, threads: 1);
        _output.WriteLine($"{read} carried out, {refused} refused");
        Assert.InRange(read, 5, 395);

        string[] Outside() => [.. Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Where(file => !file.StartsWith(inner, StringComparison.Ordinal))
            .Select(file => $"{file} {new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file):O}").Order(StringComparer.Ordinal)];
    }

    /// <summary>A byte changed, the end cut off, a value put in the place of another, or a piece doubled.</summary>
    private static byte[] Damaged(byte[] file, int place, string value, int kind, byte other)
    {
        if (file.Length == 0) return file;
        switch (kind)
        {
            case 0:
                byte[] changed = [.. file];
                changed[place] = other;
                return changed;
            case 1:
                return other % 4 == 0 ? file[..place] : [.. file[..place], .. file[Math.Min(file.Length, place + 1 + other % 8)..]];
            case 2:
                int begin = Array.IndexOf(file, (byte)':', place), end = begin < 0 ? -1 : Array.FindIndex(file, begin, sign => sign is (byte)',' or (byte)'}');
                return end < 0 ? file : [.. file[..(begin + 1)], .. Encoding.UTF8.GetBytes(value), .. file[end..]];
            default:
                return [.. file[..place], .. file[(place / 2)..place], .. file[place..]];
        }
    }
}
