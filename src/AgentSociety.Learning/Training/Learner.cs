using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>One set of weights with its optimizer and, where the scenario holds it to one, its reference.</summary>
internal sealed class Learner : IDisposable
{
    public Learner(WeightSet weights, Device device, LearningSettings settings)
    {
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
        float[][] reference = Gradient.LogProbabilities([.. texts.Select(text => new WeighedText(text, 1, Temperature: temperature))]);
        Weights.Exchange(Reference!);
        return [.. texts.Select((text, index) => text with { Reference = reference[index] })];
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        foreach (Tensor tensor in Reference ?? []) tensor.Dispose();
    }
}
