using System.Diagnostics;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Cli.Tests;

/// <summary>The program killed by the system in the middle of saving a model over another.</summary>
public sealed class KilledSaveTests : IDisposable
{
    private static readonly ArchitectureSettings Shape = new() { Width = 256, Layers = 4, Heads = 4, KeyValueHeads = 4, FeedForward = 1024, Context = 64 };
    private readonly string _folder = Directory.CreateTempSubdirectory("killed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_program_that_is_killed_while_it_saves_leaves_the_model_that_was_there_and_the_next_save_the_new_one()
    {
        TorchRuntime.Initialize("cpu");
        string place = Path.Combine(_folder, "place"), next = Path.Combine(_folder, "next"), saving = Path.Combine(place, ".saving");
        using LanguageModel old = LanguageModel.Create(Shape, new CharacterTokenizer("abc"), 1), young = LanguageModel.Create(Shape, new CharacterTokenizer("abcdef"), 2);
        old.Save(place);
        young.Save(next);
        long whole = new FileInfo(Path.Combine(next, "model.safetensors")).Length;
        // At the first byte, and with most of the weights written.
        foreach (double share in (double[])[0, 0.7])
        {
            bool middle = false;
            // On a busy machine the program may be done before the signal is sent: the model is then the new one, and it is tried again.
            for (int attempt = 0; !middle; attempt++)
            {
                Assert.True(attempt < 8, "the program was never killed in the middle");
                await Killed(next, place, () => new FileInfo(Path.Combine(saving, "model.safetensors.tmp")) is { Exists: true } file && file.Length >= share * whole);
                middle = Directory.Exists(saving);
                using LanguageModel found = LanguageModel.Load(place);
                Same(middle ? old : young, found);
                // What the killed one left goes with the next save.
                old.Save(place);
            }
        }

        Assert.Equal(0, await CommandLine.Run(["model", "import", next, "--out", place], new KeptTerminal().Terminal));
        using LanguageModel saved = LanguageModel.Load(place);
        Same(young, saved);
        Assert.False(Directory.Exists(saving));
    }

    /// <summary>Lets the program save a model and kills it as soon as it is time, or is done.</summary>
    private static async Task Killed(string model, string place, Func<bool> time)
    {
        using Process process = Process.Start(ProgramProcess.With("model", "import", model, "--out", place))!;
        using CancellationTokenSource enough = new(TimeSpan.FromSeconds(60));
        while (!process.HasExited && !time())
        {
            enough.Token.ThrowIfCancellationRequested();
            Thread.SpinWait(100);
        }

        process.Kill();
        await process.WaitForExitAsync();
    }

    private static void Same(LanguageModel expected, LanguageModel found)
    {
        Assert.Equal(expected.Tokenizer.VocabularySize, found.Tokenizer.VocabularySize);
        foreach (((string name, Tensor weight), (_, Tensor other)) in expected.Decoder.Parameters.Zip(found.Decoder.Parameters)) Assert.True(weight.eq(other).all().item<bool>(), name);
    }
}
