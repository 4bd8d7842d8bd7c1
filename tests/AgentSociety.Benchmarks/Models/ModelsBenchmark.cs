using AgentSociety.Cli.Measuring;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Benchmarks;

/// <summary>Speed of decoding, prefill and training beside llama.cpp and PyTorch, by turns in one run, and as shares of the machine's own peak; steadiness of memory.</summary>
/// <remarks>
/// A token counts 2 operations a parameter forward and 6 in training (Kaplan et al. 2020, section 2.1; attention's own products are left out, so
/// that shares are lower bounds). The peak is that of a large matrix product on all cores, measured again before each size.
/// </remarks>
internal static class ModelsBenchmark
{
    private const string Alphabet = "0123456789abcdefghijklmnopqr=#?";

    private static readonly (string Name, ArchitectureSettings Shape)[] Shapes =
    [
        ("0.3 M", new ArchitectureSettings()),
        ("5 M", new ArchitectureSettings { Width = 256, Layers = 6, Heads = 8, KeyValueHeads = 4, FeedForward = 704 }),
        ("100 M", new ArchitectureSettings { Width = 768, Layers = 14, Heads = 12, KeyValueHeads = 4, FeedForward = 2304 }),
    ];

    /// <summary>
    /// Runs all; <c>--only "0.3 M"</c> takes one size, <c>--skip train,memory</c> leaves parts out (decode, prefill, adapters, train, memory), <c>--long</c> takes
    /// a million tokens and a thousand steps for memory, <c>--plot FILE</c> draws it, <c>--markdown FILE</c> writes the table of the README.
    /// </summary>
    public static int Run(string[] arguments)
    {
        TorchRuntime.Initialize("cpu");
        Figures figures = new(arguments);
        string? only = figures.Argument("--only");
        string[] skipped = figures.Argument("--skip")?.Split(',') ?? [];
        // First, while the process holds nothing that could grow less.
        if (!skipped.Contains("memory")) SteadyMemory.Measure(figures, Alphabet, arguments.Contains("--long"), figures.Argument("--plot"));
        foreach ((string name, ArchitectureSettings shape) in Shapes.Where(shape => only is null || only == shape.Name)) Size(figures, arguments, name, shape, skipped);
        return 0;
    }

    private static void Size(Figures figures, string[] arguments, string name, ArchitectureSettings shape, string[] skipped)
    {
        using LanguageModel model = LanguageModel.Create(shape, new CharacterTokenizer(Alphabet), 1);
        double operations = 2.0 * model.ParameterCount / 1e9;
        double peak = MachinePeak.Measure(figures, name);
        string gguf = Path.Combine(Path.GetTempPath(), $"agentsociety-bench-{Environment.ProcessId}.gguf");
        GgufExport.Write(model, gguf, GgufType.F32);
        try
        {
            DecoderConfig config = model.Decoder.Config;
            // Of a small model one thread may be faster than all: llama.cpp's wait for each other by spinning, PyTorch's have little to share.
            using Peer torch = Peers.PyTorch(arguments, config, TorchRuntime.Threads), single = Peers.PyTorch(arguments, config, 1), llama = Peers.LlamaCpp(gguf, config, TorchRuntime.Threads), alone = Peers.LlamaCpp(gguf, config, 1);
            if (!skipped.Contains("decode")) Decode(figures, name, model, operations, peak, torch, single, llama, alone);
            if (!skipped.Contains("prefill")) Prefill(figures, name, model, operations, peak, torch, single, llama, alone);
            if (!skipped.Contains("adapters")) Adapters(figures, name, model);
            if (!skipped.Contains("train")) Train(figures, name, shape, operations, peak, torch, single);
        }
        finally
        {
            File.Delete(gguf);
        }
    }

    /// <summary>As many tokens as make a run of a second or two, 4 to 100, after prompts of a quarter of it, at most 8.</summary>
    private static void Decode(Figures figures, string name, LanguageModel model, double operations, double peak, params Peer[] peers)
    {
        foreach (int batch in (int[])[1, 64, 256])
        {
            using DecodingLoad load = new(model, batch);
            int length = (int)Math.Clamp(300 / operations / batch, 4, 100), prompt = Math.Clamp(length / 4, 1, 8);
            string title = $"{name}, decode, batch {batch}, {prompt} + {length} tokens";
            double rate = figures.Against(title, "tokens/s", () => load.Decode(prompt, length), [.. peers.Select(peer => Other(peer, $"decode {batch} {prompt} {length}"))]);
            Share(figures, $"{title}, share of peak", rate * operations, peak);
        }
    }

    private static void Prefill(Figures figures, string name, LanguageModel model, double operations, double peak, params Peer[] peers)
    {
        int length = operations > 0.1 ? 64 : 128, batch = (int)Math.Clamp(400 / operations / length, 4, 16);
        using DecodingLoad load = new(model, batch);
        string title = $"{name}, prefill, {batch} x {length}", words = $"prefill {batch} {length}";
        double rate = figures.Against(title, "tokens/s", () => load.Prefill(length), [.. peers.Select(peer => Other(peer, words))]);
        Share(figures, $"{title}, share of peak", rate * operations, peak);
    }

    private static void Adapters(Figures figures, string name, LanguageModel model)
    {
        int length = (int)Math.Clamp(400 / (2e-9 * model.ParameterCount) / 64, 4, 100), prompt = Math.Min(length, 8);
        foreach (bool halved in (bool[])[false, true])
        {
            using DecodingLoad many = new(model, 64, adapters: 64, halved), one = new(model, 64, adapters: 1, halved);
            string title = $"{name}, decode, batch 64, 64 adapters{(halved ? " in bfloat16" : "")}, {prompt} + {length} tokens";
            figures.Against(title, "tokens/s", () => many.Decode(prompt, length), [(() => "one adapter", () => Figures.PerSecond(() => one.Decode(prompt, length)), () => null)]);
        }
    }

    private static void Train(Figures figures, string name, ArchitectureSettings shape, double operations, double peak, params Peer[] peers)
    {
        using LanguageModel model = LanguageModel.Create(shape, new CharacterTokenizer(Alphabet), 1);
        // Of the largest, short texts, which still make groups for two threads.
        bool large = model.ParameterCount > 50_000_000;
        int texts = large ? 16 : 64, length = large ? 32 : 64, steps = (int)Math.Clamp(400 / (3 * operations) / (texts * length), 1, 20);
        using TrainingLoad load = new(model, texts, length);
        string title = $"{name}, train, {texts} x {length}";
        double rate = figures.Against(title, "tokens/s", () => Enumerable.Range(0, steps).Sum(_ => load.Step()), [.. peers.Select(peer => Other(peer, $"train {texts} {length} {steps}"))]);
        Share(figures, $"{title}, share of peak", rate * 3 * operations, peak);
    }

    private static (Func<string>, Func<double?>, Func<string?>) Other(Peer peer, string load) => (() => peer.Name, () => peer.Rate(load), () => peer.Problem);

    private static void Share(Figures figures, string name, double own, double peak) => figures.Note(new Figure(name, "%", 100 * own / peak, 100 * own / peak, 100 * own / peak, 5));
}
