using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Benchmarks;

/// <summary>Speed of decoding and training, as shares of the machine's own peak too.</summary>
public static class ModelsBenchmark
{
    private const string Alphabet = "0123456789abcdefghijklmnopqr=#?";

    private static readonly (string Name, ArchitectureSettings Shape)[] Shapes =
    [
        ("0.3 M", new ArchitectureSettings()),
        ("5 M", new ArchitectureSettings { Width = 256, Layers = 6, Heads = 8, KeyValueHeads = 4, FeedForward = 704 }),
        ("100 M", new ArchitectureSettings { Width = 768, Layers = 14, Heads = 12, KeyValueHeads = 4, FeedForward = 2304 }),
    ];

    /// <summary>Runs all, or only the sizes that <c>--only</c> names, such as <c>--only "0.3 M"</c>.</summary>
    public static int Run(string[] arguments)
    {
        TorchRuntime.Initialize("cpu");
        Figures figures = new(arguments);
        double peak = figures.Rate("matrix product 2048^3, torch", "GFLOP/s", Product).Own;
        int only = Array.IndexOf(arguments, "--only");
        foreach ((string name, ArchitectureSettings shape) in Shapes.Where(shape => only < 0 || arguments[only + 1] == shape.Name))
        {
            using LanguageModel model = LanguageModel.Create(shape, new CharacterTokenizer(Alphabet), 1);
            double parameters = model.ParameterCount;
            Dictionary<string, double> peer = TorchPeer.Measure(arguments, shape, model.Tokenizer.VocabularySize);
            foreach (int batch in (int[])[1, 64, 256])
            {
                double rate = Decode(figures, $"{name}, decode, batch {batch}", model, batch, adapters: 0);
                Compare(figures, $"{name}, decode, batch {batch}, against PyTorch", rate, peer, $"decode-{batch}");
                Share(figures, $"{name}, decode, batch {batch}, share of peak", rate * 2 * parameters / 1e9, peak);
            }

            double one = Decode(figures, $"{name}, decode, batch 64, 1 adapter", model, 64, adapters: 1);
            double many = Decode(figures, $"{name}, decode, batch 64, 64 adapters", model, 64, adapters: 64);
            figures.Note(new Figure($"{name}, 64 adapters against 1", "", many, many, many, 5, "1 adapter", one));
            double trained = Train(figures, $"{name}, train, 64 x 64 tokens", model);
            Compare(figures, $"{name}, train, against PyTorch", trained, peer, "train");
            Share(figures, $"{name}, train, share of peak", trained * 6 * parameters / 1e9, peak);
        }

        return figures.Finish();
    }

    private static void Compare(Figures figures, string name, double own, Dictionary<string, double> peer, string figure)
    {
        if (peer.TryGetValue(figure, out double other)) figures.Note(new Figure(name, "tokens/s", own, own, own, 5, "PyTorch", other));
    }

    private static void Share(Figures figures, string name, double own, double peak) =>
        figures.Note(new Figure(name, "%", 100 * own / peak, 100 * own / peak, 100 * own / peak, 5));

    private static double Product()
    {
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        Tensor left = randn(2048, 2048), right = randn(2048, 2048);
        const int Repeats = 8;
        for (int repeat = 0; repeat < Repeats; repeat++) left.matmul(right).Dispose();
        return Repeats * 2.0 * 2048 * 2048 * 2048 / 1e9;
    }

    /// <summary>Tokens a second over whole generations of about 100 tokens, prompts of 8 included; the queue is never empty.</summary>
    private static double Decode(Figures figures, string name, LanguageModel model, int batch, int adapters)
    {
        for (int adapter = model.Adapters.Count; adapter < adapters; adapter++) model.AddAdapter($"{adapter}", new LoraSettings(), (ulong)adapter);
        using DecodingEngine engine = new(model, batch);
        double budget = Math.Clamp(3e11 / model.ParameterCount / 2, 200, 100_000);
        long requests = 0;
        return figures.Rate(name, "tokens/s", () =>
        {
            long start = engine.DecodedTokens;
            while (engine.DecodedTokens - start < budget)
            {
                while (engine.Waiting + engine.Running < batch)
                {
                    engine.Submit(new GenerationRequest
                    {
                        Id = $"{requests}",
                        Prompt = model.Tokenizer.Encode($"{requests++ % 10}bcdefg="),
                        Adapter = adapters > 0 ? $"{requests % adapters}" : null,
                        Key = KeyedRandom.Key(1, "bench", requests),
                        MaximumTokens = 100,
                    });
                }

                engine.Step();
            }

            return engine.DecodedTokens - start;
        }).Own;
    }

    private static double Train(Figures figures, string name, LanguageModel model)
    {
        using AdamW optimizer = new([.. model.Decoder.Parameters]);
        const int Batch = 64, Time = 64;
        using Tensor tokens = randint(0, 32, [Batch, Time], dtype: int64), positions = arange(Time).expand(Batch, Time);
        return figures.Rate(name, "tokens/s", () =>
        {
            int steps = model.ParameterCount > 50_000_000 ? 1 : model.ParameterCount > 1_000_000 ? 2 : 10;
            for (int step = 0; step < steps; step++)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor logits = model.Decoder.Forward(tokens, positions);
                Tensor loss = nn.functional.cross_entropy(logits.narrow(1, 0, Time - 1).reshape(-1, logits.shape[2]), tokens.narrow(1, 1, Time - 1).reshape(-1));
                loss.backward();
                optimizer.Step(1e-4, 0.01);
            }

            return steps * Batch * Time;
        }).Own;
    }
}
