using System.Runtime.CompilerServices;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models.Tests;

/// <summary>Torch keeps global state (threads, live tensor counts), so that its tests take turns.</summary>
[CollectionDefinition("Torch", DisableParallelization = true)]
public sealed class Torch
{
    public const string Alphabet = "0123456789abcdefgh=#+?\n";

    public static readonly ArchitectureSettings Small = new() { Width = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 72, Context = 96 };

    /// <summary>Loads the native library in whatever process runs the tests: a clean build must be enough.</summary>
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Initialize("cpu");

    public static LanguageModel Model(ArchitectureSettings? shape = null, ulong seed = 1) =>
        LanguageModel.Create(shape ?? Small, new CharacterTokenizer(Alphabet), seed);

    /// <summary>Weights large enough for logits to differ by whole units.</summary>
    public static LanguageModel Loud(ArchitectureSettings? shape = null, ulong seed = 1)
    {
        LanguageModel model = Model(shape, seed);
        using var frozen = TorchSharp.torch.no_grad();
        foreach ((string name, TorchSharp.torch.Tensor weight) in model.Decoder.Parameters)
        {
            if (!name.Contains("norm")) weight.mul_(8);
        }

        return model;
    }

    public static Dictionary<string, Generation> Decode(DecodingEngine engine, params IEnumerable<GenerationRequest> requests)
    {
        foreach (GenerationRequest request in requests) engine.Submit(request);
        return engine.Finish().ToDictionary(generation => generation.Id);
    }
}
