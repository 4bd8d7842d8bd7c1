using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>One set of weights with its optimizer and, where the scenario holds it to one, its reference.</summary>
internal sealed class Learner : IDisposable
{
    private readonly Device _device;
    private readonly LearningSettings _settings;
    private readonly bool _isLog;

    public Learner(WeightSet weights, Device device, LearningSettings settings, bool isLog = false)
    {
        (_device, _settings, _isLog) = (device, settings, isLog);
        Weights = weights;
        Optimizer = new AdamW(weights.Parameters);
        Gradient = new GradientStep(weights, Optimizer, device, settings);
        Reference = settings.KlWeight > 0 || isLog && settings.DecodingCorrection > 0 ? weights.Copy() : null;
    }

    public WeightSet Weights { get; }

    public AdamW Optimizer { get; }

    public GradientStep Gradient { get; }

    /// <summary>The weights as they were when training began; null where nothing is held against them.</summary>
    public Tensor[]? Reference { get; }

    /// <summary>The texts with their log-probabilities under the reference weights.</summary>
    public TrainingSequence[] WithReference(TrainingSequence[] texts, double temperature)
    {
        float[][] reference = LogProbabilities(texts, temperature, ofReference: true);
        return [.. texts.Select((text, index) => text with { Reference = reference[index] })];
    }

    /// <summary>
    /// The texts with the ratio's denominator from the weights as they are (those that training began with, where a log is trained on), and each token weighed by
    /// min(p / p_recorded, <paramref name="most"/>): what the decoder's arithmetic changed is corrected apart from what training changes.
    /// </summary>
    public TrainingSequence[] Corrected(TrainingSequence[] texts, double temperature, double most)
    {
        float[][] own = LogProbabilities(texts, temperature, ofReference: _isLog);
        return [.. texts.Select((text, index) => text.Recorded is not { } recorded ? text : text with
        {
            Recorded = own[index],
            TokenWeights = [.. own[index].Select((value, token) => text.Mask[token] ? (float)Math.Min(Math.Exp(value - recorded[token]), most) : 1)],
        })];
    }

    private float[][] LogProbabilities(TrainingSequence[] texts, double temperature, bool ofReference)
    {
        if (ofReference) Weights.Exchange(Reference!);
        float[][] scores = TextScores.LogProbabilities(Weights.Forward, _device, _settings, [.. texts.Select(text => new WeighedText(text, 1, Temperature: temperature))]);
        if (ofReference) Weights.Exchange(Reference!);
        return scores;
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        foreach (Tensor tensor in Reference ?? []) tensor.Dispose();
    }
}
