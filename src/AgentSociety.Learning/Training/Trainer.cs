using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Turns a round's episodes into new weights: clipped policy gradient on their advantages, imitation of them or of the rewarded ones, or preferences between them, mixed with base material.</summary>
/// <remarks>
/// <para>What it does not do: compute rewards or advantages (see <c>Credit</c>), sample, or decide when to save.</para>
/// <para>
/// Log-probabilities are those of the logits divided by the sampling temperature, as they were recorded. Episodes whose every advantage is
/// zero are left out unless their entropy is rewarded (dynamic filtering; Yu et al. 2025, "DAPO", section 3.2, without the resampling).
/// Order and base material are keyed by round and step, so that the same episodes give the same weights, bit for bit, on CPU.
/// Not thread-safe; one call keeps a thread busy for seconds. The weights are those of the last good step when it throws.
/// </para>
/// </remarks>
public sealed partial class Trainer : IDisposable
{
    /// <summary>The least weight that the entropy bonus is raised from where entropy is below its floor.</summary>
    private const double LeastRaised = 0.001;

    private readonly TrainingPlan _plan;
    private readonly TextCode _text;
    private readonly Device _device;
    private readonly Func<string, WeightSet> _weightsOf;
    private readonly Action _changed;
    private readonly SortedDictionary<string, Learner> _learners = new(StringComparer.Ordinal);
    private readonly Dictionary<Role, double> _entropy = [];
    private StepReading _underway = new();
    private int _taken, _resumed;

    /// <summary>A trainer of a model's own weights, or of the adapters of its population, which must be there.</summary>
    /// <param name="model">The model. With adapters its own weights are frozen.</param>
    /// <param name="plan">The run.</param>
    /// <exception cref="SocietyException">An adapter is missing.</exception>
    public Trainer(LanguageModel model, TrainingPlan plan)
        : this(plan, model.Text(), model.Decoder.Device, adapter => plan.Learning.Weights == TrainedWeights.Full ? model.OwnWeights(plan.Learning) : model.AdapterWeights(adapter, plan.Learning), plan.Learning.Weights == TrainedWeights.Full ? model.WeightsChanged : model.AdaptersChanged)
    {
    }

    internal Trainer(TrainingPlan plan, TextCode text, Device device, Func<string, WeightSet> weightsOf, Action changed)
    {
        _plan = plan;
        _text = text;
        _device = device;
        _weightsOf = weightsOf;
        _changed = changed;
        foreach (Agent agent in plan.Population) LearnerOf(agent.Name);
    }

    private PositionGaps Gaps => new(_plan.Learning.PositionSlack, _plan.Learning.PositionJump);

    /// <summary>Trains on one round.</summary>
    /// <param name="round">The round; a part of the key of every random draw.</param>
    /// <param name="episodes">Its episodes with their advantages set.</param>
    /// <param name="replay">Where base material comes from; null for none, whatever the scenario says.</param>
    /// <param name="remembered">Solutions of earlier rounds by difficulty, for the replay's own share; null or empty for none.</param>
    /// <param name="temperature">The temperature that the round was sampled at, where it was not the run's own.</param>
    /// <param name="told">Told after every step: its number, the steps of its learner in this call, its loss, and the tokens of all steps so far.</param>
    /// <param name="rates">The learning rate of each step, from its number and the steps of its learner in this call; null for that of the round.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <exception cref="SocietyException">An episode is inconsistent, or a loss was not finite.</exception>
    public TrainingReport Train(
        int round, IReadOnlyList<EpisodeRecord> episodes, IDemonstrator? replay, IReadOnlyList<IReadOnlyList<EpisodeRecord>>? remembered = null, double? temperature = null,
        Action<(int Step, int Steps, double Loss, long Tokens)>? told = null, Func<int, int, double>? rates = null, CancellationToken stop = default)
    {
        double sampled = temperature ?? _plan.Temperature;
        Stopwatch watch = Stopwatch.StartNew();
        Demonstrations? material = replay is null || _plan.Learning.ReplayShare == 0
            ? null
            : new Demonstrations(replay, _text, _plan.Pretrain, Gaps);
        bool replays = _plan.Learning.ReplayShare > 0 && (material is not null || (remembered?.Count > 0 && _plan.Learning.RememberedShare > 0));
        BaseMaterial? replayed = replays ? new BaseMaterial(material, remembered ?? []) : null;
        // After a stop within a pass its first steps are not taken again.
        int skipped = _resumed;
        StepReading total = _underway = skipped > 0 ? _underway : new StepReading();
        (_resumed, _taken) = (0, 0);
        List<TrainingBatchRecord> batches = [];
        double decayed = Schedule.StableDecay(round, _plan.Rounds, _plan.Learning.DecayShare, _plan.Learning.LearningRate);
        Pass pass = new(round, total, batches, skipped, rates ?? ((_, _) => decayed), told, stop);
        int used = 0;
        foreach ((string name, Learner learner) in _learners)
        {
            EpisodeRecord[] own = [.. episodes.Where(episode => LearnerOf(episode.Agent) == learner)];
            used += _plan.Learning.Method is LearningMethod.Dpo or LearningMethod.Spin ? Prefer(pass, name, learner, own, replayed) : Learn(pass, name, learner, own, replayed, sampled);
        }

        foreach ((Role role, (double sum, long count)) in total.Entropy) _entropy[role] = sum / count;
        if (batches.Count > 0) _changed();
        return Report(round, episodes.Count, used, batches, total, watch.Elapsed);
    }

    /// <summary>Takes the steps of one learner on the texts of a round.</summary>
    /// <returns>Episodes that are learned from.</returns>
    private int Learn(Pass pass, string name, Learner learner, EpisodeRecord[] own, BaseMaterial? replayed, double sampled)
    {
        TrainingSequence[] texts = [.. own.Select(Text).OfType<TrainingSequence>()];
        // A fixed number of steps is taken also where nothing was learned: on base material alone, if there is any.
        if (texts.Length == 0 && (_plan.Learning.StepsPerRound == 0 || replayed is null)) return 0;
        if (texts.Length > 0 && _plan.Learning.KlWeight > 0) texts = learner.WithReference(texts, sampled);
        if (texts.Length > 0 && _plan.Learning.DecodingCorrection > 0) texts = learner.Corrected(texts, sampled, _plan.Learning.DecodingCorrection);
        Steps(pass, name, texts, StepsFor(texts.Length), (chosen, turn) =>
        {
            WeighedText[] weighed = Weigh(chosen, Replay(replayed, chosen.Length, name, pass.Round, turn), sampled);
            StepReading taken = learner.Gradient.Take(weighed, turn.Rate, _plan.Learning.WeightDecay, _plan.Learning.GradientNorm, turn.Where);
            return (taken, Batch(name, turn, weighed));
        });
        return texts.Length;
    }

    /// <summary>The steps of one learner: in every epoch all that there is in an order of its own, a share of it a step.</summary>
    /// <param name="pass">The round.</param>
    /// <param name="name">The learner's name, a part of the key of the orders.</param>
    /// <param name="items">Texts, or pairs of them.</param>
    /// <param name="count">Steps of an epoch.</param>
    /// <param name="take">Takes a step.</param>
    private void Steps<T>(Pass pass, string name, IReadOnlyList<T> items, int count, Func<T[], Turn, (StepReading Reading, TrainingBatchRecord Batch)> take)
    {
        int steps = count * _plan.Learning.Epochs;
        for (int epoch = 0; epoch < _plan.Learning.Epochs; epoch++)
        {
            int[] order = KeyedRandom.For(_plan.Seed, $"train/{name}", pass.Round, epoch).Permutation(items.Count);
            for (int step = 0; step < count; step++)
            {
                if (_taken < pass.Skipped)
                {
                    _taken++;
                    continue;
                }

                pass.Stop.ThrowIfCancellationRequested();
                T[] chosen = [.. Chosen(order, step, count).Select(index => items[index])];
                (StepReading reading, TrainingBatchRecord batch) = take(chosen, new Turn(epoch, step, pass.Rates(epoch * count + step, steps), $"round {pass.Round}, step {_taken + 1} of {name}"));
                pass.Total.Add(reading);
                pass.Batches.Add(batch);
                _taken++;
                pass.Told?.Invoke((_taken, steps, reading.Loss, pass.Total.Tokens));
            }
        }
    }

    /// <summary>Writes what training must remember to go on exactly: optimizer moments and step counts, the reference weights, the last entropies.</summary>
    /// <param name="folder">Where to; made if it is not there.</param>
    public void SaveState(string folder) => TrainerState.Save(folder, _learners, _entropy);

    /// <summary>Takes up what <see cref="SaveState"/> wrote. The weights themselves are the checkpoint's matter.</summary>
    /// <exception cref="SocietyException">The state is missing, or belongs to other weights.</exception>
    public void LoadState(string folder) => TrainerState.Load(folder, _learners, _entropy);

    /// <summary>True where something is learned from an episode.</summary>
    internal bool Learns(EpisodeRecord episode) => Text(episode) is not null;

    /// <summary>Keeps the state of a trainer of one set of weights after any step of a pass over a log, or after a step of it that failed.</summary>
    /// <param name="state">Where to; null for nowhere.</param>
    /// <param name="done">Whole passes that were done before the one at hand.</param>
    internal void Keep(FineTuneState? state, int done)
    {
        if (done == 0 && _taken == 0) return;
        Learner only = _learners.Values.Single();
        state?.Save(only.Weights, only.Optimizer, done, new PassState { Taken = _taken, Entropy = _entropy, Measured = _underway.Entropy });
    }

    /// <summary>Goes on from what <see cref="Keep"/> kept, weights included: the next call takes the steps of its pass that are left.</summary>
    /// <returns>Whole passes that are done, and steps of the next; none where nothing was kept.</returns>
    internal (int Passes, int Steps) Resume(FineTuneState? state)
    {
        Learner only = _learners.Values.Single();
        _underway = new StepReading();
        PassState pass = new() { Entropy = _entropy, Measured = _underway.Entropy };
        int done = state?.Load(only.Weights, only.Optimizer, pass) ?? 0;
        _resumed = pass.Taken;
        if (done > 0 || _resumed > 0) _changed();
        return (done, _resumed);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Learner learner in _learners.Values) learner.Dispose();
    }

    private Learner LearnerOf(string agent)
    {
        string adapter = _plan.Learning.Weights == TrainedWeights.Full
            ? TrainingPlan.Base
            : _plan.Population.FirstOrDefault(member => member.Name == agent)?.Adapter
                ?? throw new SocietyException($"an episode was written by '{agent}', who is not in the population");
        if (!_learners.TryGetValue(adapter, out Learner? learner))
        {
            learner = _learners[adapter] = new Learner(_weightsOf(adapter), _device, _plan.Learning, _plan.IsLog);
        }

        return learner;
    }

    private int StepsFor(int texts)
    {
        if (_plan.Learning.StepsPerRound > 0) return _plan.Learning.StepsPerRound;
        double own = Math.Max(1, Math.Round(_plan.Learning.Batch * (1 - _plan.Learning.ReplayShare)));
        return (int)Math.Ceiling(texts / own);
    }

    /// <summary>The texts of a step; where there are fewer texts than steps, one of them in turn.</summary>
    private static int[] Chosen(int[] order, int step, int count)
    {
        int from = (int)((long)order.Length * step / count), to = (int)((long)order.Length * (step + 1) / count);
        return order.Length > 0 && from == to ? [order[step % order.Length]] : order[from..to];
    }

    /// <summary>An episode as the loss sees it; null where nothing is to be learned from it.</summary>
    private TrainingSequence? Text(EpisodeRecord episode)
    {
        int length = episode.Tokens.Length;
        if (episode.LossMask.Length != length || episode.LogProbabilities.Length != length || episode.TokenAdvantages is { } credit && credit.Length != length)
        {
            throw new SocietyException($"episode {episode.Id} has {length} tokens, and log-probabilities, mask or token advantages of another length", badInput: false);
        }

        bool imitate = _plan.Learning.Method is LearningMethod.RejectionSampling or LearningMethod.Imitation;
        double scale = episode.Advantage < 0 ? _plan.Learning.NegativeWeight : 1;
        TrainingSequence text = new()
        {
            Tokens = episode.Tokens,
            Mask = episode.LossMask,
            Role = episode.Role,
            Episode = episode.Id,
            Recorded = imitate ? null : episode.LogProbabilities,
            Advantage = episode.Advantage * scale,
            TokenAdvantages = episode.TokenAdvantages,
        };
        bool signal = imitate
            ? episode.Reward > 0 || _plan.Learning.Method == LearningMethod.Imitation
            : text.Advantage != 0 || EntropyWeight(episode.Role) > 0 || _plan.Learning.KlWeight > 0 || text.TokenAdvantages?.Any(value => value != 0) == true;
        return signal && text.Learned > 0 ? text : null;
    }

    /// <summary>Base material, and of the society's own what the scenario's share asks for: a difficulty in turn by lot, then one of its solutions.</summary>
    private TrainingSequence[] Replay(BaseMaterial? replayed, int own, string name, int round, Turn turn)
    {
        if (replayed is not var (material, remembered)) return [];
        double share = _plan.Learning.ReplayShare, rememberedShare = remembered.Count > 0 ? _plan.Learning.RememberedShare : 0;
        double wanted = _plan.Learning.StepsPerRound > 0 ? _plan.Learning.Batch * share : own * share / (1 - share);
        TrainingSequence[] texts = new TrainingSequence[(int)Math.Round(wanted)];
        for (int index = 0; index < texts.Length; index++)
        {
            KeyedRandom random = KeyedRandom.For(_plan.Seed, $"replay/{name}", round, turn.Epoch, turn.Step, index);
            bool fromPlay = material is null || rememberedShare > 0 && random.NextDouble() < rememberedShare;
            texts[index] = fromPlay ? Imitated(random.Choose(random.Choose(remembered)), random) : material!.Draw(random);
        }

        return texts;
    }

    private TrainingSequence Imitated(EpisodeRecord solution, KeyedRandom random) => new()
    {
        Tokens = solution.Tokens,
        Mask = solution.LossMask,
        Role = solution.Role,
        Episode = solution.Id,
        Positions = _text.Positions(solution.Tokens.Length, Gaps, random),
    };

    private static TrainingBatchRecord Batch(string weights, Turn turn, WeighedText[] texts) => new()
    {
        Weights = weights,
        Epoch = turn.Epoch,
        Step = turn.Step,
        Demonstrations = texts.Count(text => text.Text.Episode is null),
        Episodes = [.. texts.Where(text => text.Text.Episode is not null).Select(text => new TrainedEpisode(text.Text.Episode!, text.TokenWeight, text.Text.Recorded is null ? null : text.Text.Advantage))],
    };

    private WeighedText[] Weigh(TrainingSequence[] own, TrainingSequence[] replay, double temperature)
    {
        LearningSettings settings = _plan.Learning;
        double tokens = own.Sum(text => text.Learned);
        double replayWeight = settings.ReplayWeight / Math.Max(1, replay.Sum(text => text.Learned));
        Dictionary<Role, double> roleTokens = own.GroupBy(text => text.Role).ToDictionary(group => group.Key, group => (double)group.Sum(text => text.Learned));
        double PerToken(TrainingSequence text) => (text.Role == Role.Proposer ? settings.ProposerWeight : 1) * settings.Aggregation switch
        {
            LossAggregation.Episode => 1.0 / own.Length / text.Learned,
            LossAggregation.Constant => 1.0 / own.Length / (_plan.MaximumTokens ?? _text.Context),
            _ => 1 / tokens,
        };
        return
        [
            .. own.Select(text => text.Recorded is null
                ? new WeighedText(text, PerToken(text), EntropyWeight(text.Role) / roleTokens[text.Role], Played: true)
                : new WeighedText(text, PerToken(text), EntropyWeight(text.Role) / roleTokens[text.Role], temperature)),
            .. replay.Select(text => new WeighedText(text, replayWeight)),
        ];
    }

    private double EntropyWeight(Role role)
    {
        double weight = role == Role.Proposer ? _plan.Learning.ProposerEntropy : _plan.Learning.SolverEntropy;
        if (_entropy.TryGetValue(role, out double entropy) && entropy < _plan.Learning.EntropyFloor) return 10 * Math.Max(weight, LeastRaised);
        // Imitation is rewarded for entropy only where that has fallen below its floor.
        return _plan.Learning.Method == LearningMethod.PolicyGradient ? weight : 0;
    }
}
