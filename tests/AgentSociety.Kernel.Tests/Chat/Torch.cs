using System.Runtime.CompilerServices;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Kernel.Tests;

/// <summary>Torch keeps global state (threads, live tensor counts), so that its tests take turns.</summary>
[CollectionDefinition("Torch", DisableParallelization = true)]
public sealed class Torch
{
    public const string Alphabet = " \n!\"'(),-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz{|}*";

    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Initialize("cpu");

    /// <summary>A model with drawn weights, large enough for its texts to vary.</summary>
    public static LanguageModel Model(int context = 128)
    {
        LanguageModel model = LanguageModel.Create(
            new ArchitectureSettings { Width = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 72, Context = context }, new CharacterTokenizer(Alphabet), 1);
        using var frozen = TorchSharp.torch.no_grad();
        foreach ((string name, TorchSharp.torch.Tensor weight) in model.Decoder.Parameters)
        {
            if (!name.Contains("norm")) weight.mul_(6);
        }

        return model;
    }

    /// <summary>A model that has learned a few texts by heart.</summary>
    public static LanguageModel Trained(int context, params (string Prompt, string Answer)[] texts)
    {
        LanguageModel model = LanguageModel.Create(
            new ArchitectureSettings { Width = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 128, Context = context }, new CharacterTokenizer(Alphabet), 1);
        new Pretrainer(model, new PretrainSettings { Steps = 120, Batch = 2 * texts.Length, WarmupSteps = 10, LearningRate = 5e-3, ProposalShare = 0 }, 1).Train(new Recitation(texts));
        return model;
    }

    private sealed class Recitation((string Prompt, string Answer)[] texts) : IDemonstrator
    {
        public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
        {
            (string prompt, string answer) = random.Choose(texts);
            return [new(Source.Prompt, prompt), new(Source.Model, answer)];
        }

        public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => DemonstrateSolution(difficulty, random);
    }
}
