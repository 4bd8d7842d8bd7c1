using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed partial class LoadingMemoryTests : IDisposable
{
    private static readonly DecoderConfig Shape = new() { Width = 512, Layers = 8, Heads = 8, KeyValueHeads = 4, FeedForward = 1536, Context = 512, VocabularySize = 8192 };
    private readonly string _folder = Directory.CreateTempSubdirectory("loading-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The peak of the process' memory, as the system counts it, over what it was before; the mapped file's pages are counted too.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Loading_takes_no_more_than_the_weights_and_a_tenth(ScalarType stored)
    {
        if (!File.Exists("/proc/self/clear_refs")) return;
        long weights = Write(stored);
        long before = Peak(reset: true);
        using LanguageModel model = LanguageModel.Load(_folder);
        long taken = Peak(reset: false) - before;
        Assert.True(taken <= 1.1 * weights, $"{taken >> 20} MiB for {weights >> 20} MiB of weights");
        Assert.True(taken >= 0.5 * weights, $"only {taken >> 20} MiB were seen for {weights >> 20} MiB of weights: the measure is blind");
    }

    [Fact]
    public void Weights_left_in_the_file_take_no_memory_of_their_own_and_cannot_reach_the_file()
    {
        if (!File.Exists("/proc/self/clear_refs")) return;
        long weights = Write(ScalarType.BFloat16);
        // The least of five: tests of other collections run meanwhile, and what they take is counted too.
        Assert.InRange(Enumerable.Range(0, 5).Min(_ => Taken()), long.MinValue, weights / 10);
        using Decoder decoder = Decoder.Load(Shape, _folder, CPU, asStored: true);
        byte[] file = File.ReadAllBytes(Path.Combine(_folder, "model.safetensors"));
        using (no_grad()) decoder["model.norm.weight"].add_(1);
        Assert.Equal(file, File.ReadAllBytes(Path.Combine(_folder, "model.safetensors")));
    }

    private long Taken()
    {
        long before = Status("RssAnon");
        using LanguageModel model = LanguageModel.Load(_folder, asStored: true);
        using Tensor sum = model.Decoder.Parameters.Select(parameter => parameter.Weight.sum(ScalarType.Float32)).Aggregate((a, b) => a + b);
        Assert.NotEqual(0, sum.item<float>());
        return Status("RssAnon") - before;
    }

    private long Write(ScalarType stored)
    {
        using var scope = NewDisposeScope();
        Shape.Save(_folder);
        BytePairTrainer.Train(["the cat sat on the mat"], 262).Save(_folder);
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), Decoder.Shapes(Shape).Select(shape => (shape.Name, ones(shape.Shape))), stored);
        return Decoder.Shapes(Shape).Sum(shape => shape.Shape.Aggregate(4L, (product, extent) => product * extent));
    }

    private static long Peak(bool reset)
    {
        GC.Collect();
        // What the allocator keeps of memory that was freed would be handed out again unseen.
        if (reset) _ = Trim(0);
        if (reset) File.WriteAllText("/proc/self/clear_refs", "5");
        return Status("VmHWM");
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);

    private static long Status(string field) => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
}
