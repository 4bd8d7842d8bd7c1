using System.Text.Json.Nodes;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Cli.Tests;

public sealed class ModelCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models-").FullName;

    public ModelCommandTests()
    {
        TorchRuntime.Initialize("cpu");
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 64, Context = 64 }, BytePairTrainer.Train(["the cat sat on the mat"], 270), 1);
        model.AddAdapter("tuned", new LoraSettings { Rank = 2 }, 1);
        model.Save(Base);
    }

    private string Base => Path.Combine(_folder, "base");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Info_shows_what_a_model_is()
    {
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["model", "info", Base], kept.Terminal));
        GoldenFile.Matches("model-info.txt", kept.Out.Output.Replace(_folder, "models"));
    }

    [Fact]
    public async Task A_model_goes_out_and_comes_in_again()
    {
        string exported = Path.Combine(_folder, "exported"), back = Path.Combine(_folder, "back"), peft = Path.Combine(_folder, "peft"), merged = Path.Combine(_folder, "merged"), gguf = Path.Combine(_folder, "model.gguf");
        await Done("model", "export", Base, "--out", exported, "--type", "bf16");
        Assert.Equal("bfloat16", JsonNode.Parse(File.ReadAllText(Path.Combine(exported, "config.json")))!["torch_dtype"]!.GetValue<string>());
        await Done("model", "import", exported, "--out", back, "--type", "f32");
        await Done("model", "export", Base, "--format", "peft", "--adapter", "tuned", "--out", peft);
        await Done("model", "import", peft, "--out", back, "--name", "again");
        using (LanguageModel model = LanguageModel.Load(back)) Assert.Equal(["again"], model.Adapters.Keys);
        await Done("model", "merge", back, "--adapter", "again", "--out", merged);
        using (LanguageModel model = LanguageModel.Load(merged)) Assert.Empty(model.Adapters);
        await Done("model", "export", merged, "--format", "gguf", "--type", "q8", "--out", gguf);
        Assert.Equal("GGUF"u8.ToArray(), File.ReadAllBytes(gguf)[..4]);
    }

    [Fact]
    public async Task An_adapter_goes_out_and_comes_in_in_the_number_format_that_is_asked_for_or_that_it_has()
    {
        string half = Path.Combine(_folder, "half"), again = Path.Combine(_folder, "again"), place = Path.Combine(_folder, "place");
        await Done("model", "export", Base, "--out", place);
        await Done("model", "export", Base, "--format", "peft", "--adapter", "tuned", "--type", "bf16", "--out", half);
        await Done("model", "import", half, "--out", place, "--name", "kept");
        await Done("model", "import", half, "--out", place, "--name", "wide", "--type", "f32");
        await Done("model", "export", place, "--format", "peft", "--adapter", "kept", "--out", again);
        Assert.Equal(["BF16", "BF16", "BF16", "F32", "F32"], ((string[])[half, Adapter("kept"), again, Adapter("wide"), Path.Combine(Base, "adapters", "tuned")]).Select(Format));

        string Adapter(string name) => Path.Combine(place, "adapters", name);

        static string Format(string folder)
        {
            byte[] file = File.ReadAllBytes(Path.Combine(folder, "adapter_model.safetensors"));
            JsonObject header = JsonNode.Parse(file.AsSpan(8, (int)BitConverter.ToInt64(file)))!.AsObject();
            return header.Where(entry => entry.Key != "__metadata__").Select(entry => entry.Value!["dtype"]!.GetValue<string>()).Distinct().Single();
        }
    }

    [Fact]
    public async Task A_model_whose_save_was_killed_is_opened_by_its_folder_and_is_not_taken_in_before()
    {
        string killed = Path.Combine(_folder, "killed"), saved = Path.Combine(killed, ".saved");
        await Done("model", "export", Base, "--out", killed);
        Directory.CreateDirectory(saved);
        foreach (string file in Directory.GetFiles(killed)) File.Move(file, Path.Combine(saved, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(saved, "list"), new JsonArray([.. Directory.GetFiles(saved).Select(file => JsonValue.Create(Path.GetFileName(file)))]).ToJsonString());
        Assert.NotEqual(0, await CommandLine.Run(["model", "import", killed, "--out", Path.Combine(_folder, "taken")], new KeptTerminal().Terminal));
        Assert.True(Directory.Exists(saved));
        await Done("model", "info", killed);
        Assert.False(Directory.Exists(saved));
        await Done("model", "import", killed, "--out", Path.Combine(_folder, "taken"));
    }

    [Fact]
    public async Task A_model_in_half_precision_stays_so_with_an_adapter_merged()
    {
        string half = Path.Combine(_folder, "half"), merged = Path.Combine(_folder, "merged"), wide = Path.Combine(_folder, "wide");
        await Done("model", "export", Base, "--out", half, "--type", "bf16");
        await Done("model", "export", Base, "--format", "peft", "--adapter", "tuned", "--out", Path.Combine(_folder, "peft"));
        await Done("model", "import", Path.Combine(_folder, "peft"), "--out", half, "--name", "tuned");
        await Done("model", "export", half, "--adapter", "tuned", "--out", merged);
        await Done("model", "export", half, "--adapter", "tuned", "--type", "f32", "--out", wide);
        Assert.Equal(("bfloat16", "float32"), (TypeOf(merged), TypeOf(wide)));

        static string TypeOf(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["torch_dtype"]!.GetValue<string>();
    }

    [Fact]
    public async Task Info_prints_the_template_as_the_model_has_it()
    {
        const string template = "{% for m in messages %}[{{ m.role }}]\n{{ m.content }}{% endfor %}";
        string model = Path.Combine(_folder, "talks");
        await Done("model", "export", Base, "--out", model);
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), template);
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["model", "info", model, "--template"], kept.Terminal));
        Assert.Equal(template, kept.Raw.TrimEnd());
    }

    [Fact]
    public async Task A_folder_with_adapters_of_another_model_is_no_place_for_one()
    {
        string plain = Path.Combine(_folder, "plain"), used = Path.Combine(_folder, "used");
        await Done("model", "export", Base, "--out", plain);
        await Done("model", "export", Base, "--out", used);
        await Done("model", "export", Base, "--format", "peft", "--adapter", "tuned", "--out", Path.Combine(_folder, "peft"));
        await Done("model", "import", Path.Combine(_folder, "peft"), "--out", used, "--name", "int");
        foreach (string[] line in (string[][])[["model", "import", plain, "--out", used], ["model", "export", Base, "--out", used], ["model", "merge", Base, "--adapter", "tuned", "--out", used]])
        {
            KeptTerminal kept = new();
            Assert.Equal(2, await CommandLine.Run(line, kept.Terminal));
            Assert.Contains("int", kept.Error.Output, StringComparison.Ordinal);
        }

        using LanguageModel model = LanguageModel.Load(used);
        Assert.Equal(["int"], model.Adapters.Keys);
    }

    [Fact]
    public async Task Bench_tells_tokens_a_second_and_leaves_the_model_as_it_was()
    {
        Dictionary<string, byte[]> before = Directory.EnumerateFiles(Base, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["model", "bench", Base, "--batch", "1", "3", "--seconds", "0.1"], kept.Terminal));
        string[] rows = [.. kept.Raw.Split('\n').Where(line => line.Contains("tokens/s", StringComparison.Ordinal)).Select(line => line.Trim())];
        Assert.Equal(["decode, batch 1", "prompts of 63, batch 1", "decode, batch 3", "prompts of 63, batch 3", "train, 16 texts of 63"], rows.Select(row => row.Split("  ")[0]));
        Assert.All(rows, row => Assert.True(double.Parse(row.Split("tokens/s")[0].Split("  ", StringSplitOptions.RemoveEmptyEntries)[^1].Trim(), System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture) > 0, row));
        Assert.Equal(before.Keys.Order(), Directory.EnumerateFiles(Base, "*", SearchOption.AllDirectories).Order());
        Assert.All(before, pair => Assert.Equal(pair.Value, File.ReadAllBytes(pair.Key)));
    }

    [Theory]
    [InlineData("model bench BASE --batch 0", "--batch")]
    [InlineData("model export BASE --format peft --out x", "--adapter")]
    [InlineData("model export BASE --format peft --adapter tuned --type q8 --out x", "q8")]
    [InlineData("model info BASE --template", "no chat template")]
    [InlineData("model export BASE --type q3 --out x", "q3")]
    [InlineData("model export BASE --adapter nobody --out x", "nobody")]
    [InlineData("model import nowhere --out x", "nowhere")]
    [InlineData("model import BASE --out BASE", "one folder")]
    [InlineData("model export BASE --out BASE", "one folder")]
    [InlineData("model merge BASE --adapter tuned --out BASE", "one folder")]
    public async Task What_cannot_be_done_is_said_in_a_line(string line, string named)
    {
        KeptTerminal kept = new();
        Assert.Equal(2, await CommandLine.Run([.. line.Split(' ').Select(word => word == "BASE" ? Base : word == "x" ? Path.Combine(_folder, "x") : word)], kept.Terminal));
        Assert.Contains(named, kept.Error.Output, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(_folder, "x")));
    }

    private static async Task Done(params string[] line)
    {
        KeptTerminal kept = new();
        Assert.True(await CommandLine.Run(line, kept.Terminal) == 0, kept.Error.Output);
    }
}
