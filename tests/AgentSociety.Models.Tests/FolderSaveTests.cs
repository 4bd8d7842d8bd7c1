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
        Task saving = Task.Run(async () =>
        {
            for (int time = 0; !enough.IsCancellationRequested; time++)
            {
                (time % 2 == 0 ? _second : _first).Save(_folder);
                // Pauses of many lengths, so that readings begin and end at any of a save's steps.
                await Task.Delay(time % 30);
            }
        });
        int ofFirst = 0, ofSecond = 0;
        for (int time = 0; time < 40 || (time < 2000 && (ofFirst < 5 || ofSecond < 5)); time++)
        {
            try
            {
                using LanguageModel read = LanguageModel.Load(_folder);
                bool first = read.Adapters.ContainsKey("ann");
                Same(first ? _first : _second, read);
                if (first) ofFirst++;
                else ofSecond++;
            }
            catch (SocietyException busy)
            {
                // Somebody who saves all the time can be in the way of every reading, and of nothing else.
                Assert.Contains("saved anew each time", busy.Message, StringComparison.Ordinal);
            }
        }

        await enough.CancelAsync();
        await saving;
        Assert.InRange(ofFirst, 5, int.MaxValue);
        Assert.InRange(ofSecond, 5, int.MaxValue);
    }

    [Fact]
    public async Task Many_who_bring_the_same_save_to_an_end_leave_the_whole_model()
    {
        for (int round = 0; round < 10; round++)
        {
            _first.Save(_folder);
            Kill(_folder, step: 2);
            using Barrier together = new(4);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    ModelFolder.Files().Settle(_folder);
                    Assert.True(File.Exists(Path.Combine(_folder, "config.json")));
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            using LanguageModel read = LanguageModel.Load(_folder);
            Same(_second, read);
        }

        Assert.False(File.Exists(Path.Combine(_folder, ".saving.lock")));
    }

    [Fact]
    public async Task Whoever_saves_waits_for_another_who_saves()
    {
        using SemaphoreSlim begun = new(0), goOn = new(0);
        Task slow = Task.Factory.StartNew(
            () => ModelFolder.Files().Write(_folder, place =>
            {
                begun.Release();
                goOn.Wait();
                File.Copy(Path.Combine(_folder, "config.json"), Path.Combine(place, "config.json"));
            }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await begun.WaitAsync();
        Task next = Task.Factory.StartNew(() => _second.Save(_folder), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Delay(100);
        Assert.False(next.IsCompleted);
        goOn.Release();
        await Task.WhenAll(slow, next);
        using LanguageModel read = LanguageModel.Load(_folder);
        Same(_second, read);
    }

    [Fact]
    public void A_folder_whose_save_was_killed_is_a_model_all_along_and_one_without_is_none()
    {
        for (int step = 0; step < 12; step++)
        {
            _first.Save(_folder);
            Kill(_folder, step);
            Assert.True(ModelFolder.IsModel(_folder));
            LanguageModel.Load(_folder).Dispose();
            Assert.True(ModelFolder.IsModel(_folder));
        }

        Assert.False(ModelFolder.IsModel(Path.Combine(_folder, "adapters", "both")));
        Assert.True(Adapter.IsAdapter(Path.Combine(_folder, "adapters", "both")));
        Assert.False(Adapter.IsAdapter(_folder));
    }

    [Fact]
    public void A_folder_from_elsewhere_in_which_a_save_was_broken_off_is_refused_as_it_is()
    {
        Kill(_folder, step: 3);
        Dictionary<string, byte[]> before = Files();
        Assert.Contains("broken off", Assert.Throws<SocietyException>(() => LanguageModel.Load(_folder, foreign: true)).Message, StringComparison.Ordinal);
        Assert.Equal(before.Keys.Order(), Files().Keys.Order());
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("adapters/../../evil")]
    [InlineData("adapters/ann/../../../evil")]
    [InlineData("notes.txt")]
    [InlineData("adapters/ann/evil")]
    [InlineData("..\\evil")]
    [InlineData("config.json\n../evil")]
    [InlineData("/etc/evil")]
    [InlineData(null)]
    public void A_list_that_names_other_files_than_a_model_has_is_refused_and_nothing_is_moved(string? name)
    {
        string inner = Path.Combine(_folder, "inner");
        _first.Save(inner);
        Directory.CreateDirectory(Path.Combine(inner, ".saved"));
        foreach (string place in (string[])["evil", "notes.txt", "config.json", ".saved/notes.txt", ".saved/config.json", "adapters/evil"]) File.WriteAllText(Path.Combine(inner, place), "theirs");
        File.WriteAllText(Path.Combine(inner, ".saved", "list"), System.Text.Json.JsonSerializer.Serialize(new[] { "config.json", name }));
        Dictionary<string, byte[]> before = Files();
        string message = Assert.Throws<SocietyException>(() => LanguageModel.Load(inner)).Message;
        Assert.Contains(Path.Combine(inner, ".saved", "list"), message, StringComparison.Ordinal);
        Assert.Equal(before.Keys.Order(), Files().Keys.Order());
    }

    [Fact]
    public void Nothing_is_deleted_through_a_link()
    {
        string inner = Path.Combine(_folder, "inner"), own = Path.Combine(_folder, "own");
        Directory.CreateDirectory(Path.Combine(own, "letters"));
        File.WriteAllText(Path.Combine(own, "letters", "one.txt"), "dear");
        Directory.CreateDirectory(Path.Combine(inner, ".saved"));
        Directory.CreateSymbolicLink(Path.Combine(inner, "adapters"), own);
        File.WriteAllText(Path.Combine(inner, ".saved", "list"), "[]");
        Assert.Contains("link", Assert.Throws<SocietyException>(() => LanguageModel.Load(inner)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(own, "letters", "one.txt")));
    }

    [Fact]
    public void A_first_save_that_fails_leaves_no_folder_and_one_that_is_killed_none_that_counts()
    {
        string place = Path.Combine(_folder, "adapters", "new");
        Assert.Throws<SocietyException>(() => Adapter.Files.Write(place, _ => throw new IOException("No space left on device")));
        Assert.False(Directory.Exists(place));
        using (LanguageModel read = LanguageModel.Load(_folder)) Same(_first, read);
        Directory.CreateDirectory(Path.Combine(place, ".saving"));
        File.WriteAllText(Path.Combine(place, ".saving", "adapter_config.json"), "{");
        using (LanguageModel read = LanguageModel.Load(_folder)) Same(_first, read);
        string apart = Path.Combine(_folder, "apart", "deep");
        Assert.Throws<SocietyException>(() => Adapter.Files.Write(apart, _ => throw new IOException("No space left on device")));
        Assert.False(Directory.Exists(Path.GetDirectoryName(apart)));
    }

    /// <summary>Saves the second model and breaks off before a change of the folder's own files.</summary>
    private void Kill(string folder, int step)
    {
        Assert.Throws<KilledException>(() => ModelFolder.Save(_second, folder, null, adapters: true, forOthers: false, ModelFolder.Files(() =>
        {
            if (step-- == 0) throw new KilledException();
        })));
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
