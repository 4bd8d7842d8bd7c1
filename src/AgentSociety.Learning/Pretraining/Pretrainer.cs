using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Trains a base model by imitation on what an environment demonstrates: skill up to a modest difficulty, and no facts of its world.</summary>
/// <remarks>
/// Deterministic: demonstration <c>i</c> of step <c>s</c> is drawn from the stream (seed, "pretrain", s, i) and nothing else. It keeps no
/// state between calls; a run that was killed while pretraining pretrains again.
/// </remarks>
public sealed class Pretrainer
{
    private readonly WeightSet _weights;
    private readonly TextCode _text;
    private readonly Device _device;
    private readonly PretrainSettings _settings;
    private readonly ulong _seed;
    private readonly Action? _changed;

    /// <summary>A pretrainer of all weights of a model.</summary>
    /// <param name="model">The model, as it was drawn.</param>
    /// <param name="settings">The scenario's <c>pretrain</c>.</param>
    /// <param name="seed">The run's seed.</param>
    public Pretrainer(LanguageModel model, PretrainSettings settings, ulong seed)
        : this(model.OwnWeights(), model.Text(), model.Decoder.Device, settings, seed) => _changed = model.WeightsChanged;

    internal Pretrainer(WeightSet weights, TextCode text, Device device, PretrainSettings settings, ulong seed)
    {
        _weights = weights;
        _text = text;
        _device = device;
        _settings = settings;
        _seed = seed;
    }

    /// <summary>Trains all weights of the model. Call it on a thread that may be busy for long.</summary>
    /// <param name="material">Where demonstrations come from.</param>
    /// <param name="progress">Told after every step, on the calling thread.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <returns>The last step's progress.</returns>
    /// <exception cref="SocietyException">A demonstration does not fit the context, or the loss is not finite; the weights are those of the last good step.</exception>
    public PretrainProgress Train(IDemonstrator material, Action<PretrainProgress>? progress = null, CancellationToken stop = default)
    {
        Demonstrations demonstrations = new(material, _text, _settings, PositionGaps.Of(_settings));
        using AdamW optimizer = new(_weights.Parameters);
        GradientStep gradient = new(_weights, optimizer, _device, new LearningSettings());
        Stopwatch watch = Stopwatch.StartNew();
        PretrainProgress reached = new(0, _settings.Steps, double.NaN, 0, TimeSpan.Zero, TimeSpan.Zero);
        long tokens = 0;
        for (int step = 0; step < _settings.Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            TrainingSequence[] texts = new TrainingSequence[_settings.Batch];
            for (int index = 0; index < texts.Length; index++) texts[index] = demonstrations.Draw(KeyedRandom.For(_seed, "pretrain", step, index));
            double weight = 1.0 / texts.Sum(text => text.Learned);
            StepReading reading = gradient.Take(
                [.. texts.Select(text => new WeighedText(text, weight))],
                Schedule.WarmupCosine(step, _settings.Steps, _settings.WarmupSteps, _settings.LearningRate),
                _settings.WeightDecay,
                greatestNorm: 1,
                $"pretraining step {step + 1} of {_settings.Steps}");
            tokens += reading.Tokens;
            double seconds = watch.Elapsed.TotalSeconds;
            reached = new PretrainProgress(step + 1, _settings.Steps, reading.Loss, tokens / seconds, TimeSpan.FromSeconds(seconds / (step + 1) * (_settings.Steps - step - 1)), watch.Elapsed);
            progress?.Invoke(reached);
        }

        _changed?.Invoke();
        return reached;
    }
}

/// <summary>How far pretraining is.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Loss of the last step in nats a token, label smoothing included.</param>
/// <param name="TokensPerSecond">Tokens trained on per second since the start, prompts included, padding not.</param>
/// <param name="Remaining">Estimated time left.</param>
/// <param name="Elapsed">Time since the start.</param>
public sealed record PretrainProgress(int Step, int Steps, double Loss, double TokensPerSecond, TimeSpan Remaining, TimeSpan Elapsed);
