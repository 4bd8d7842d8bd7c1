using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class PackingTests
{
    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, 5)]
    public void Several_texts_in_a_row_give_the_loss_and_the_gradient_of_texts_side_by_side(bool recomputed, int? window)
    {
        DecoderConfig config = DecoderConfig.From(new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 64 }, 12) with { ModelType = window is null ? "llama" : "mistral", GivenWindow = window };
        using LanguageModel model = LanguageModel.Create(config, new CharacterTokenizer(CountingWorld.Alphabet), 3);
        LearningSettings settings = new() { RecomputeLayers = recomputed };
        WeighedText[] texts = Texts(40);
        (double loss, float[] gradient) = GradientOf(model, texts, settings, packed: false);
        (double packedLoss, float[] packedGradient) = GradientOf(model, texts, settings, packed: true);
        Assert.Equal(loss, packedLoss, 4);
        double norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
        Assert.True(norm > 0.1);
        Assert.Equal(0, Math.Sqrt(gradient.Zip(packedGradient, (one, other) => (double)(one - other) * (one - other)).Sum()) / norm, 4);
    }

    [Fact]
    public void A_text_in_a_packed_row_does_not_depend_on_its_neighbours()
    {
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 64 }, new CharacterTokenizer(CountingWorld.Alphabet), 3);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        float[] Second(long[] before)
        {
            Tensor tokens = tensor([.. before, 4L, 5, 6]).unsqueeze(0), positions = tensor([0L, 1, 2, 3, 0, 1, 2]).unsqueeze(0);
            return model.Decoder.Forward(tokens, positions).narrow(1, 4, 3).contiguous().data<float>().ToArray();
        }

        float[] alone = model.Decoder.Forward(tensor([4L, 5, 6]).unsqueeze(0), arange(3).unsqueeze(0)).data<float>().ToArray();
        Assert.Equal(alone, Second([1, 2, 3, 7]), (one, other) => Math.Abs(one - other) < 1e-5);
        Assert.Equal(Second([9, 9, 9, 9]), Second([1, 2, 3, 7]));
    }

    [Fact]
    public void Packed_rows_hold_every_text_once_and_less_padding()
    {
        WeighedText[] texts = Texts(200);
        Minibatch[] packed = [.. Minibatch.Pack(texts, 16_384)], split = [.. Minibatch.Split(texts, 16_384)];
        Assert.Equal(texts.Select(text => text.Text).ToHashSet(), packed.SelectMany(batch => batch.Texts).Select(text => text.Text).ToHashSet());
        Assert.Equal(texts.Length, packed.Sum(batch => batch.Texts.Count));
        Assert.True(Cells(packed) <= Cells(split), $"{Cells(packed)} cells packed and {Cells(split)} side by side");
        Assert.True(Cells(packed) < 1.1 * texts.Sum(text => text.Text.Tokens.Length - 1));
        static long Cells(Minibatch[] batches) => batches.Sum(batch => batch.Tokens(CPU).numel());
    }

    /// <summary>Short texts and a few long ones, imitated and sampled, some with gaps in their positions.</summary>
    private static WeighedText[] Texts(int count) =>
    [
        .. Enumerable.Range(0, count).Select(index =>
        {
            KeyedRandom random = KeyedRandom.For(7, "packed", index);
            int length = random.Next(10) == 0 ? 30 + random.Next(25) : 2 + random.Next(12);
            int[] tokens = [.. Enumerable.Range(0, length).Select(_ => random.Next(12))];
            bool sampled = index % 3 == 0;
            return new WeighedText(new TrainingSequence
            {
                Tokens = tokens,
                Mask = [.. tokens.Select((_, token) => token == length - 1 || random.Next(2) == 0)],
                Role = Role.Solver,
                Positions = index % 4 == 1 ? new PositionGaps(Slack: 6, Jump: 0).Draw(length, context: 1_000, random) : null,
                Recorded = sampled ? [.. tokens.Select(_ => -2.4f)] : null,
                Advantage = random.NextDouble() - 0.5,
                Smoothing = sampled ? 0 : 0.1,
            }, 0.2, sampled ? 0.01 : 0, sampled ? 1.3 : 1);
        }),
    ];

    private static (double Loss, float[] Gradient) GradientOf(LanguageModel model, WeighedText[] texts, LearningSettings settings, bool packed)
    {
        WeightSet weights = model.OwnWeights(settings);
        using AdamW optimizer = new(weights.Parameters);
        StepReading reading = new GradientStep(weights, optimizer, CPU, settings, packed).Accumulate(texts);
        float[] gradient = [.. weights.Parameters.SelectMany(parameter => parameter.Value.grad!.data<float>().ToArray())];
        optimizer.ClearGradients();
        return (reading.Loss, gradient);
    }
}
