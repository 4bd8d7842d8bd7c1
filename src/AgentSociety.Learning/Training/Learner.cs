using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>One set of weights with its optimizer and, where the scenario holds it to one, its reference.</summary>
internal sealed class Learner : IDisposable
{
    private readonly Device _device;
    private readonly LearningSettings _settings;

    public Learner(WeightSet weights, Device device, LearningSettings settings)
    {
        (_device, _settings) = (device, settings);
        Weights = weights;
        Optimizer = new AdamW(weights.Parameters);
        Gradient = new GradientStep(weights, Optimizer, device, settings);
        Reference = settings.KlWeight > 0 ? weights.Copy() : null;
    }

    public WeightSet Weights { get; }

    public AdamW Optimizer { get; }

    public GradientStep Gradient { get; }

    /// <summary>The weights as they were when training began; null where no divergence is weighed.</summary>
    public Tensor[]? Reference { get; }

    /// <summary>The texts with their log-probabilities under the reference weights.</summary>
    public TrainingSequence[] WithReference(TrainingSequence[] texts, double temperature)
    {
        Weights.Exchange(Reference!);
        float[][] reference = TextScores.LogProbabilities(Weights.Forward, _device, _settings, [.. texts.Select(text => new WeighedText(text, 1, Temperature: temperature))]);
        Weights.Exchange(Reference!);
        return [.. texts.Select((text, index) => text with { Reference = reference[index] })];
    }

    /// <summary>
    /// The texts with the ratio's denominator from the weights as they are, and each token weighed by min(p / p_recorded, <paramref name="most"/>): what
    /// the decoder's arithmetic changed is corrected apart from what training changes.
    /// </summary>
    public TrainingSequence[] Corrected(TrainingSequence[] texts, double temperature, double most)
    {
        float[][] own = TextScores.LogProbabilities(Weights.Forward, _device, _settings, [.. texts.Select(text => new WeighedText(text, 1, Temperature: temperature))]);
        return [.. texts.Select((text, index) => text.Recorded is not { } recorded ? text : text with
        {
            Recorded = own[index],
            TokenWeights = [.. own[index].Select((value, token) => text.Mask[token] ? (float)Math.Min(Math.Exp(value - recorded[token]), most) : 1)],
        })];
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        foreach (Tensor tensor in Reference ?? []) tensor.Dispose();
    }
}
