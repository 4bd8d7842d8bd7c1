using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>Trains a model on logs of runs that are over.</summary>
/// <remarks>
/// Refuses a log that lacks what the method needs before anything is computed. Deterministic in (seed, log, settings) on CPU, however often it was stopped. It reads
/// episodes, not databases; see <see cref="LoggedEpisode"/>. A training that fails or is stopped leaves the model with the weights of its last good step.
/// </remarks>
public sealed class FineTuner
{
    /// <summary>Name of the adapter that is trained where the settings ask for one.</summary>
    public const string AdapterName = "fine-tuned";

    private readonly LanguageModel _model;
    private readonly FineTuneSettings _settings;
    private readonly ulong _seed;
    private readonly FineTuneState? _state;

    /// <summary>Creates the tuner.</summary>
    /// <param name="model">The model to train; with adapters one named <see cref="AdapterName"/> is added unless it is there.</param>
    /// <param name="settings">Method, rates, weights.</param>
    /// <param name="seed">Of order and pairing.</param>
    /// <param name="state">Where the training keeps what it needs to go on after a stop, and goes on from where it is there; null to keep nothing.</param>
    public FineTuner(LanguageModel model, FineTuneSettings settings, ulong seed, FineTuneState? state = null)
    {
        _model = model;
        _settings = settings;
        _seed = seed;
        _state = state;
    }

    /// <summary>Trains on a log.</summary>
    /// <param name="log">The episodes; filter them by <see cref="Exporter.Choose"/> first where only some are wanted.</param>
    /// <param name="progress">Told after every step, on the calling thread.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <exception cref="SocietyException">The log does not fit the model or lacks what the method needs, or a loss was not finite.</exception>
    public TrainingProgress Train(IReadOnlyList<LoggedEpisode> log, Action<TrainingProgress>? progress = null, CancellationToken stop = default)
    {
        LogChecks.Require(log, _settings, _model);
        return Move(() => _settings.Method switch
        {
            FineTuneMethod.Dpo => Prefer(LogPairs.RightOverWrong(log, _settings.Sound, _settings.PairsPerGroup, _seed), Preferences.Dpo, progress, stop),
            FineTuneMethod.Spin => Prefer(LogPairs.RightOverOwn(log, _settings.Sound, _settings.PairsPerGroup, _seed), Preferences.Spin, progress, stop),
            FineTuneMethod.PolicyGradient => Reinforce(log, progress, stop),
            FineTuneMethod.Imitation => Imitate([.. log.Select(LogPairs.Text)], progress, stop),
            FineTuneMethod.RejectionSampling => Imitate([.. log.Where(logged => LogPairs.IsRight(logged, _settings.Sound)).Select(LogPairs.Text)], progress, stop),
            _ => throw new InvalidOperationException($"{NamedMethod.NameOf(_settings.Method)} learns from lessons"),
        });
    }

    /// <summary>Imitates texts that no run of ours recorded (see <see cref="ChatLog"/>).</summary>
    /// <param name="chats">The texts.</param>
    /// <param name="progress">Told after every step, on the calling thread.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <exception cref="SocietyException">The method needs what texts alone do not say, or a loss was not finite.</exception>
    public TrainingProgress Train(IReadOnlyList<TrainingSequence> chats, Action<TrainingProgress>? progress = null, CancellationToken stop = default)
    {
        if (_settings.Method != FineTuneMethod.Imitation) throw new SocietyException($"chat logs have neither verdicts nor groups, which {NamedMethod.NameOf(_settings.Method)} needs; use sft, or name the runs themselves");
        return Move(() => Imitate([.. chats], progress, stop));
    }

    /// <summary>Learns by heart what notes told: the sleep of a society (<see cref="Consolidator"/>) outside of one, with this tuner's weights, rates and state.</summary>
    /// <param name="lessons">What the model wrote with the notes at hand.</param>
    /// <param name="replay">Where base material comes from; null for none.</param>
    /// <param name="material">What of it is drawn.</param>
    /// <param name="progress">Told after every step, on the calling thread.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <exception cref="SocietyException">There are no lessons, one does not fit the model, or a loss was not finite.</exception>
    public TrainingProgress Train(IReadOnlyList<Lesson> lessons, IDemonstrator? replay, PretrainSettings material, Action<TrainingProgress>? progress = null, CancellationToken stop = default)
    {
        ConsolidationSettings settings = _settings.Consolidation with { Batch = _settings.Batch, LearningRate = _settings.LearningRate, WarmupSteps = _settings.WarmupSteps, GradientNorm = _settings.GradientNorm };
        return Move(() =>
        {
            TrainingProgress reached = TrainingProgress.None;
            _ = new Consolidator(_model, settings, material, _seed) { Adapter = _settings.Weights == TrainedWeights.Lora ? AdapterName : null, Passes = _settings.Policy, State = _state }
                .Sleep(lessons, replay, told =>
                {
                    reached = told;
                    progress?.Invoke(told);
                }, stop);
            return reached;
        });
    }

    /// <summary>Holds a log, and an adapter that is there, against what the model is and the settings ask for.</summary>
    /// <exception cref="SocietyException">The log was written in other tokens than the model's, is longer than it reads, or the adapter is another.</exception>
    public void RequireFit(IReadOnlyList<LoggedEpisode> log)
    {
        LogChecks.RequireFit(log, _model);
        RequireAdapter();
    }

    private TrainingProgress Move(Func<TrainingProgress> train)
    {
        PrepareAdapter();
        try
        {
            return train();
        }
        finally
        {
            _model.WeightsChanged();
        }
    }

    private void RequireAdapter()
    {
        // Whoever wrote a log with an adapter is another policy than the weights below it, and full training moves what the adapter stands on.
        string[] others = [.. _model.Adapters.Keys.Where(name => _settings.Weights == TrainedWeights.Full || name != AdapterName).Order(StringComparer.Ordinal)];
        if (others.Length > 0)
            throw new SocietyException($"the model has adapters that this training would pass over ({string.Join(", ", others)}); merge the one that is meant first (agentsociety model merge)");
        if (_settings.Weights == TrainedWeights.Lora && _model.Adapters.TryGetValue(AdapterName, out Adapter? there) && !there.Settings.IsLike(_settings.Lora))
        {
            throw new SocietyException($"the model has an adapter '{AdapterName}' of rank {there.Settings.Rank}, alpha {there.Settings.Alpha:g4}, on {string.Join(", ", there.Settings.Targets)}, and the settings ask for another; "
                + "set lora alike to go on with it, or merge it first (agentsociety model merge)");
        }
    }

    private void PrepareAdapter()
    {
        RequireAdapter();
        if (_settings.Weights == TrainedWeights.Lora && !_model.Adapters.ContainsKey(AdapterName)) _model.AddAdapter(AdapterName, _settings.Lora, _seed);
    }

    private WeightSet Weights() => _settings.Weights == TrainedWeights.Full ? _model.OwnWeights(_settings.Policy) : _model.AdapterWeights(AdapterName, _settings.Policy);

    private TrainingProgress Imitate(TrainingSequence[] texts, Action<TrainingProgress>? progress, CancellationToken stop)
    {
        WeightSet weights = Weights();
        using AdamW optimizer = new(weights.Parameters);
        GradientStep gradient = new(weights, optimizer, _model.Decoder.Device, _settings.Policy, _settings.Packing);
        return Steps(texts, weights, optimizer, (chosen, rate, where) =>
        {
            double weight = 1.0 / chosen.Sum(text => text.Learned);
            StepReading reading = gradient.Take([.. chosen.Select(text => new WeighedText(text, weight))], rate, _settings.WeightDecay, _settings.GradientNorm, where);
            return new TakenStep(reading.Loss, reading.Tokens);
        }, progress, stop);
    }

    private TrainingProgress Prefer(IReadOnlyList<PreferencePair> pairs, PreferenceLoss objective, Action<TrainingProgress>? progress, CancellationToken stop)
    {
        if (pairs.Count == 0) throw new SocietyException($"the log gives no pairs to {NamedMethod.NameOf(_settings.Method)}: no problem has both a preferred answer and another; play with more attempts per problem, or set sound to false");
        WeightSet weights = Weights();
        using AdamW optimizer = new(weights.Parameters);
        PreferenceStep step = new(weights, optimizer, _model.Decoder.Device, _settings.Policy.MicroBatchTokens);
        return Steps(step.WithReference(pairs), weights, optimizer, (chosen, rate, where) =>
        {
            (double loss, double accuracy) = step.Take(chosen, objective, _settings.Beta, rate, _settings.WeightDecay, _settings.GradientNorm, where);
            return new TakenStep(loss, chosen.Sum(pair => pair.Better.Tokens.Length + pair.Worse.Tokens.Length), accuracy);
        }, progress, stop);
    }

    /// <summary>The trainer of runs over the log as if it were one round, a call an epoch.</summary>
    private TrainingProgress Reinforce(IReadOnlyList<LoggedEpisode> log, Action<TrainingProgress>? progress, CancellationToken stop)
    {
        LearningSettings learning = _settings.Policy with
        {
            Method = LearningMethod.PolicyGradient,
            Batch = _settings.Batch,
            Epochs = 1,
            StepsPerRound = 0,
            ReplayShare = 0, // a log has no base material
            LearningRate = _settings.LearningRate,
            WeightDecay = _settings.WeightDecay,
            GradientNorm = _settings.GradientNorm,
            Weights = _settings.Weights,
            Lora = _settings.Lora,
        };
        Agent[] writers = [.. log.Select(logged => (logged.Episode.Agent, logged.Episode.Role)).Distinct().Select(writer => new Agent { Name = writer.Agent, Role = writer.Role, Adapter = AdapterName })];
        using Trainer trainer = new(_model, new TrainingPlan { Learning = learning, Pretrain = new PretrainSettings(), Temperature = LogChecks.Temperature(log, _settings), MaximumTokens = log.Max(logged => logged.MaximumTokens), Seed = _seed, Population = writers, IsLog = true });
        // Credit is measured anew: what a run gave its steps followed its own settings.
        JudgedEpisode[] judged = [.. log.Select(logged => new JudgedEpisode(logged.Episode with { Problem = logged.Group, TokenAdvantages = null }, logged.Steps, logged.Problem?.Difficulty) { Seat = logged.Seat, Kind = logged.Environment is { } environment ? $"{environment}/{logged.Kind}" : logged.Kind })];
        IReadOnlyList<EpisodeRecord> credited = new CreditAssignment(learning, tokens => TokenLengths.In(_model.Tokenizer, tokens)).Assign(judged);
        if (!credited.Any(episode => HasSignal(learning, episode) && trainer.Learns(episode)))
        {
            throw new SocietyException($"no episode of the log has an advantage under policy.advantage {NamedMethod.NameOf(learning.Advantage)}: the attempts at every problem earned the same, so that there is nothing to learn from; "
                + "take more runs or rounds, leave --verified and --sound out, or use rejection-sampling");
        }

        (int done, int begun) = trainer.Resume(_state);
        int epoch = done + 1;
        double Rate(int step, int steps) => Schedule.WarmupCosine(steps * (epoch - 1) + step, steps * _settings.Epochs, Math.Min(_settings.WarmupSteps, steps * _settings.Epochs / 2), _settings.LearningRate);
        Stopwatch watch = Stopwatch.StartNew(), kept = Stopwatch.StartNew();
        TrainingProgress reached = TrainingProgress.None;
        long tokens = 0;
        try
        {
            for (; epoch <= _settings.Epochs; epoch++)
            {
                TrainingReport report = trainer.Train(epoch, credited, replay: null, told: step =>
                {
                    int before = step.Steps * (epoch - 1), taken = step.Step + (step.Steps * (epoch - 1 - done)) - begun, all = step.Steps * _settings.Epochs;
                    reached = new TrainingProgress(before + step.Step, all, step.Loss, null, (tokens + step.Tokens) / watch.Elapsed.TotalSeconds, watch.Elapsed / taken * (all - before - step.Step));
                    progress?.Invoke(reached);
                    if (kept.Elapsed < StepLoop.BetweenStates || before + step.Step == all) return;
                    trainer.Keep(_state, epoch - 1);
                    kept.Restart();
                }, stop: stop, rates: Rate);
                tokens += report.Tokens;
            }
        }
        catch (Exception cause) when (cause is OperationCanceledException or SocietyException)
        {
            // The step that failed was not taken.
            trainer.Keep(_state, epoch - 1);
            throw;
        }

        return reached;
    }

    /// <summary>True where an episode moves weights by itself: a divergence alone holds them where they are.</summary>
    private static bool HasSignal(LearningSettings learning, EpisodeRecord episode) =>
        episode.Advantage != 0 || episode.TokenAdvantages?.Any(value => value != 0) == true || (episode.Role == Role.Proposer ? learning.ProposerEntropy : learning.SolverEntropy) > 0;

    private TrainingProgress Steps<T>(IReadOnlyList<T> items, WeightSet weights, AdamW optimizer, Func<T[], double, string, TakenStep> take, Action<TrainingProgress>? progress, CancellationToken stop)
    {
        int perEpoch = (items.Count + _settings.Batch - 1) / _settings.Batch, steps = perEpoch * _settings.Epochs;
        StepLoop loop = new(steps, _state?.Load(weights, optimizer) ?? 0, done => _state?.Save(weights, optimizer, done));
        return loop.Run(step =>
        {
            int[] order = KeyedRandom.For(_seed, "fine-tune", step / perEpoch).Permutation(items.Count);
            int part = step % perEpoch;
            T[] chosen = [.. order[(items.Count * part / perEpoch)..(items.Count * (part + 1) / perEpoch)].Select(index => items[index])];
            return take(chosen, Schedule.WarmupCosine(step, steps, Math.Min(_settings.WarmupSteps, steps / 2), _settings.LearningRate), $"step {step + 1} of {steps}");
        }, progress, stop);
    }
}
