using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class GradientStepTests
{
    private static readonly LearningSettings Settings = new() { ClipLow = 0.2, ClipHigh = 0.28 };

    [Fact]
    public void The_loss_counts_learned_tokens_only_however_the_texts_are_packed()
    {
        using BigramModel model = new(5);
        WeighedText[] texts = [Shown([0, 1, 2, 3], learnedFrom: 2), Shown([4, 3], learnedFrom: 1), Shown([1, 1, 1, 1, 1, 2], learnedFrom: 5)];
        double expected = -(LogP(model, 1, 2) + LogP(model, 2, 3) + LogP(model, 4, 3) + LogP(model, 1, 2));
        Assert.Equal(expected, Loss(model, texts, Settings), 4);
        Assert.Equal(expected, Loss(model, texts, Settings with { MicroBatchTokens = 1 }), 4);
    }

    [Fact]
    public void The_policy_gradient_at_the_sampling_weights_is_the_advantage_times_the_score()
    {
        using BigramModel model = new(3);
        const double temperature = 0.5;
        double[] p = Distribution(model, 0, temperature);
        WeighedText sampled = new(Sampled([0, 2], [0, (float)Math.Log(p[2])], advantage: 1.5), TokenWeight: 1, Temperature: temperature);
        StepReading reading = new();
        Tensor gradient = GradientOf(model, [sampled], Settings, reading);
        double[] row = [.. gradient[0].data<float>().ToArray().Select(value => (double)value)];
        // d(-A log p_2)/d logit_v = A (p_v - [v = 2]) / T, with ratio 1.
        Assert.Equal([1.5 * p[0] / temperature, 1.5 * p[1] / temperature, 1.5 * (p[2] - 1) / temperature], row, (x, y) => Math.Abs(x - y) < 1e-5);
        Assert.Equal(0, reading.Divergence, 5);
        Assert.Equal(0, reading.Clipped);
        Assert.Equal(-p.Sum(value => value * Math.Log(value)), reading.Entropy[Role.Solver].Sum, 4);
    }

    [Fact]
    public void Token_advantages_add_to_the_advantage_of_the_text()
    {
        using BigramModel model = new(3);
        float logP = (float)LogP(model, 0, 1);
        TrainingSequence plain = Sampled([0, 1], [0, logP], advantage: 1);
        Tensor whole = GradientOf(model, [new WeighedText(plain with { Advantage = 3 }, 1)], Settings);
        Tensor parts = GradientOf(model, [new WeighedText(plain with { TokenAdvantages = [0, 2] }, 1)], Settings);
        Assert.Equal(whole.data<float>().ToArray(), parts.data<float>().ToArray());
    }

    [Fact]
    public void Steps_of_imitation_and_play_together_sum_their_losses()
    {
        using BigramModel model = new(4);
        WeighedText shown = Shown([0, 1, 2], 1), sampled = new(Sampled([3, 2], [0, -1f], 0.7), 0.5);
        double alone = Loss(model, [shown], Settings) + Loss(model, [sampled], Settings);
        Assert.Equal(alone, Loss(model, [shown, sampled], Settings), 4);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_with_the_weights_untouched()
    {
        using BigramModel model = new(3);
        float[] before = model.Values;
        double likely = LogP(model, 0, 1);
        using AdamW optimizer = new(model.Weights.Parameters);
        GradientStep step = new(model.Weights with { Forward = (tokens, positions) => model.Weights.Forward(tokens, positions) * float.NaN }, optimizer, CPU, Settings);
        SocietyException stop = Assert.Throws<SocietyException>(() => step.Take([Shown([0, 1], 1)], 0.1, 0, 1, "round 3, step 2"));
        Assert.Contains("round 3, step 2", stop.Message);
        Assert.False(stop.BadInput);
        Assert.Equal(before, model.Values);
        GradientStep healthy = new(model.Weights, optimizer, CPU, Settings);
        healthy.Take([Shown([0, 1], 1)], 0.1, 0, 1, "");
        Assert.True(LogP(model, 0, 1) > likely);
    }

    [Fact]
    public void The_gradient_is_scaled_down_to_the_greatest_norm()
    {
        using BigramModel model = new(3);
        using AdamW optimizer = new(model.Weights.Parameters);
        StepReading reading = new GradientStep(model.Weights, optimizer, CPU, Settings).Take([Shown([0, 1], 1)], 0.1, 0, greatestNorm: 0.01, "");
        double seen = Math.Sqrt(optimizer.Moments().First().Value.square().sum().item<float>()) / 0.1; // the first mean is a tenth of the gradient
        Assert.True(reading.GradientNorm > 0.01);
        Assert.Equal(0.01, seen, 5);
    }

    [Fact]
    public void No_tensor_outlives_a_step()
    {
        using BigramModel model = new(6);
        using AdamW optimizer = new(model.Weights.Parameters);
        GradientStep step = new(model.Weights, optimizer, CPU, Settings with { KlWeight = 0.1, DualClip = 3 });
        WeighedText[] texts = [Shown([0, 1, 2, 5], 1), new(Sampled([3, 2, 1], [0, -1f, -2f], 0.7), 0.5, EntropyWeight: 0.1, Temperature: 0.7)];
        step.Take(texts, 0.01, 0.01, 1, "");
        Assert.Equal(0, LiveTensors.LeftBy(() =>
        {
            for (int repeat = 0; repeat < 5; repeat++) step.Take(texts, 0.01, 0.01, 1, "");
        }));
    }

    [Fact]
    public void Exchanging_weights_twice_changes_nothing()
    {
        using BigramModel model = new(3);
        float[] before = model.Values;
        Tensor[] reference = model.Weights.Copy();
        using AdamW optimizer = new(model.Weights.Parameters);
        new GradientStep(model.Weights, optimizer, CPU, Settings).Take([Shown([0, 1], 1)], 0.1, 0, 1, "");
        float[] after = model.Values;
        model.Weights.Exchange(reference);
        Assert.Equal(before, model.Values);
        model.Weights.Exchange(reference);
        Assert.Equal(after, model.Values);
        foreach (Tensor tensor in reference) tensor.Dispose();
    }

    private static WeighedText Shown(int[] tokens, int learnedFrom) => new(
        new TrainingSequence { Tokens = tokens, Mask = [.. tokens.Select((_, index) => index >= learnedFrom)], Role = Role.Solver }, TokenWeight: 1);

    private static TrainingSequence Sampled(int[] tokens, float[] recorded, double advantage) => new()
    {
        Tokens = tokens,
        Mask = [.. tokens.Select((_, index) => index > 0)],
        Role = Role.Solver,
        Recorded = recorded,
        Reference = recorded,
        Advantage = advantage,
    };

    private static double[] Distribution(BigramModel model, int from, double temperature = 1)
    {
        double[] logits = [.. model.Table.detach()[from].data<float>().ToArray().Select(logit => logit / temperature)];
        double sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }

    private static double LogP(BigramModel model, int from, int to) => Math.Log(Distribution(model, from)[to]);

    private static double Loss(BigramModel model, IReadOnlyList<WeighedText> texts, LearningSettings settings)
    {
        using AdamW optimizer = new(model.Weights.Parameters);
        return new GradientStep(model.Weights, optimizer, CPU, settings).Take(texts, learningRate: 0, 0, 0, "").Loss;
    }

    private static Tensor GradientOf(BigramModel model, IReadOnlyList<WeighedText> texts, LearningSettings settings, StepReading? reading = null)
    {
        using AdamW optimizer = new(model.Weights.Parameters);
        StepReading seen = new GradientStep(model.Weights, optimizer, CPU, settings).Take(texts, learningRate: 0, 0, 0, "");
        reading?.Add(seen);
        return optimizer.Moments().First().Value * 10; // the first mean is a tenth of the gradient
    }
}
