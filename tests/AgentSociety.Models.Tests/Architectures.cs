using AgentSociety.Core.Randomness;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>A small shape of every family and feature that checkpoints come in.</summary>
public static class Architectures
{
    private static readonly DecoderConfig Plain = new()
    {
        Width = 64,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        FeedForward = 96,
        Context = 128,
        VocabularySize = Torch.Alphabet.Length + 1,
        TiedHead = true,
        NormEpsilon = 1e-5,
    };

    private static readonly RotaryScaling Llama3 = new() { Type = "llama3", Factor = 4, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalContext = 32 };

    private static readonly Dictionary<string, DecoderConfig> Shapes = new()
    {
        ["llama 2, untied"] = Plain with { TiedHead = false, KeyValueHeads = 4 },
        ["llama 3.1, scaled rotary"] = Plain with { RopeTheta = 500_000, RopeScaling = Llama3 },
        ["llama, linear rotary"] = Plain with { RopeScaling = new() { OlderType = "linear", Factor = 2 } },
        ["llama, biases, wide heads"] = Plain with { AttentionBias = true, GivenHeadWidth = 32 },
        ["smollm"] = Plain with { Width = 48, Heads = 3, KeyValueHeads = 1, RopeTheta = 100_000 },
        ["mistral, window of 20"] = Plain with { ModelType = "mistral", Architectures = ["MistralForCausalLM"], TiedHead = false, GivenWindow = 20 },
        ["qwen2"] = Plain with { ModelType = "qwen2", Architectures = ["Qwen2ForCausalLM"], RopeTheta = 1_000_000, NormEpsilon = 1e-6 },
        ["qwen3"] = Plain with { ModelType = "qwen3", Architectures = ["Qwen3ForCausalLM"], GivenHeadWidth = 32, RopeTheta = 1_000_000, NormEpsilon = 1e-6, TiedHead = false },
    };

    public static TheoryData<string> Names => [.. Shapes.Keys];

    public static DecoderConfig Shape(string name) => Shapes[name];

    /// <summary>A model whose weights, biases and norms included, are large and irregular enough for every part to show in the logits.</summary>
    public static LanguageModel Model(string name, ITokenizer? tokenizer = null) => Model(Shape(name), tokenizer);

    public static LanguageModel Model(DecoderConfig config, ITokenizer? tokenizer = null)
    {
        tokenizer ??= new CharacterTokenizer(Torch.Alphabet);
        LanguageModel model = LanguageModel.Create(config with { VocabularySize = tokenizer.VocabularySize }, tokenizer, 1);
        using var frozen = no_grad();
        foreach ((string part, Tensor weight) in model.Decoder.Parameters)
        {
            if (weight.dim() > 1)
            {
                weight.mul_(6);
                continue;
            }

            KeyedRandom random = KeyedRandom.For(5, part);
            float center = part.EndsWith("bias", StringComparison.Ordinal) ? 0 : 1;
            weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => center + (float)random.NextGaussian() * 0.3f).ToArray(), weight.shape));
        }

        return model;
    }
}
