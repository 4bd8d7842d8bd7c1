using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models.Tests;

/// <summary>A save that breaks off, wherever it does, leaves one model and never parts of two.</summary>
[Collection("Torch")]
public sealed class FolderSaveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("save-").FullName;
    private readonly LanguageModel _first = Torch.Model(seed: 1);
    private readonly LanguageModel _second = LanguageModel.Create(Torch.Small with { TiedHead = false }, BytePairTrainer.Train(["the cat sat on the mat"], Torch.Alphabet.Length + 260), 2);

    public FolderSaveTests()
    {
        _first.AddAdapter("ann", new LoraSettings { Rank = 2 }, 1);
        _first.AddAdapter("both", new LoraSettings { Rank = 2 }, 1);
        _second.AddAdapter("both", new LoraSettings { Rank = 3 }, 2);
        _second.AddAdapter("cid", new LoraSettings { Rank = 3 }, 2);
        _first.Save(_folder);
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "somebody's own");
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_save_that_finds_no_room_changes_nothing_and_says_so()
    {
        Dictionary<string, byte[]> before = Files();
        using LanguageModel full = LanguageModel.Create(Torch.Small, new FullDisk(), 3);
        SocietyException failure = Assert.Throws<SocietyException>(() => full.Save(_folder));
        Assert.Contains("nothing was changed", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_folder, "tokenizer.json"), failure.Message, StringComparison.Ordinal);
        Dictionary<string, byte[]> after = Files();
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
    }

    [Fact]
    public void A_save_that_is_killed_at_any_of_its_steps_is_the_new_model_once_it_is_opened_again()
    {
        int steps = 0;
        for (bool done = false; !done; steps++)
        {
            _first.Save(_folder);
            int left = steps;
            try
            {
                ModelFolder.Save(_second, _folder, null, adapters: true, forOthers: false, ModelFolder.Files(() =>
                {
                    if (left-- == 0) throw new KilledException();
                }));
                done = true;
            }
            catch (KilledException)
            {
                // Other tools know nothing of what has still to be done: they find the files of one model, or no model.
                if (steps > 0) Assert.False(File.Exists(Path.Combine(_folder, "config.json")) && File.Exists(Path.Combine(_folder, ".saved", "config.json")));
            }

            using LanguageModel read = LanguageModel.Load(_folder);
            Same(_second, read);
            Assert.Equal(["config.json", "model.safetensors", "notes.txt", "tokenizer.json", "tokenizer_config.json"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal(["adapters"], Directory.GetDirectories(_folder).Select(Path.GetFileName));
        }

        Assert.InRange(steps, 12, 40);
    }

    [Fact]
    public void What_a_killed_save_left_before_it_counted_is_passed_over_and_goes_with_the_next()
    {
        Directory.CreateDirectory(Path.Combine(_folder, ".saving"));
        File.WriteAllText(Path.Combine(_folder, ".saving", "config.json"), "{");
        using (LanguageModel read = LanguageModel.Load(_folder)) Same(_first, read);
        _second.Save(_folder);
        using (LanguageModel read = LanguageModel.Load(_folder)) Same(_second, read);
        Assert.False(Directory.Exists(Path.Combine(_folder, ".saving")));
    }

    [Fact]
    public async Task Whoever_reads_while_another_saves_reads_one_of_both()
    {
        using CancellationTokenSource enough = new();
        Task saving = Task.Run(() =>
        {
            for (int time = 0; !enough.IsCancellationRequested; time++) (time % 2 == 0 ? _second : _first).Save(_folder);
        });
        for (int time = 0; time < 40; time++)
        {
            try
            {
                using LanguageModel read = LanguageModel.Load(_folder);
                Same(read.Adapters.ContainsKey("ann") ? _first : _second, read);
            }
            catch (SocietyException busy)
            {
                // Somebody who saves without a pause can be in the way of every reading; no reading may be of both.
                Assert.DoesNotContain("no numbers", busy.Message, StringComparison.Ordinal);
            }
        }

        await enough.CancelAsync();
        await saving;
    }

    [Fact]
    public void An_adapters_folder_is_replaced_whole_too()
    {
        string folder = Path.Combine(_folder, "peft");
        _first.Adapters["both"].Save(folder);
        using LanguageModel wide = LanguageModel.Create(Torch.Small, new CharacterTokenizer(Torch.Alphabet), 1);
        Adapter other = wide.AddAdapter("a", new LoraSettings { Rank = 5 }, 1);
        other.Save(folder);
        using LanguageModel model = Torch.Model();
        Assert.Equal(5, model.LoadAdapter("a", folder).Settings.Rank);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private Dictionary<string, byte[]> Files() => Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);

    private static void Same(LanguageModel expected, LanguageModel read)
    {
        Assert.Equal(expected.Decoder.Config.TiedHead, read.Decoder.Config.TiedHead);
        Assert.Equal(expected.Tokenizer.GetType(), read.Tokenizer.GetType());
        Assert.Equal(expected.Decoder["model.norm.weight"].numel(), read.Decoder["model.norm.weight"].numel());
        Assert.True(expected.Decoder["model.layers.1.mlp.up_proj.weight"].allclose(read.Decoder["model.layers.1.mlp.up_proj.weight"]));
        Assert.Equal(expected.Adapters.Keys.Order(), read.Adapters.Keys.Order());
        foreach ((string name, Adapter adapter) in expected.Adapters) Assert.Equal(adapter.Settings.Rank, read.Adapters[name].Settings.Rank);
    }

    private sealed class KilledException : Exception;

    /// <summary>A tokenizer for whose file there is no room.</summary>
    private sealed class FullDisk : ITokenizer
    {
        private readonly CharacterTokenizer _whole = new(Torch.Alphabet);

        public int VocabularySize => _whole.VocabularySize;

        public int EndOfText => _whole.EndOfText;

        public int[] Encode(string text) => _whole.Encode(text);

        public string Decode(ReadOnlySpan<int> tokens) => _whole.Decode(tokens);

        public void Save(string folder) => WholeFile.Write(Path.Combine(folder, "tokenizer.json"), _ => throw new IOException("No space left on device"));
    }
}
