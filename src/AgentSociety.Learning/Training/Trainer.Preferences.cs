using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;

namespace AgentSociety.Learning;

/// <summary>A round of preferences: pairs of answers to one problem, held to the weights that the round began with.</summary>
public sealed partial class Trainer
{
    /// <summary>Takes the steps of one learner on a round.</summary>
    /// <returns>Episodes that stand in a pair.</returns>
    private int Prefer(int round, string name, Learner learner, IReadOnlyList<EpisodeRecord> episodes, BaseMaterial? replayed, double rate, StepReading total, List<TrainingBatchRecord> batches, CancellationToken stop)
    {
        LearningSettings settings = _plan.Learning;
        bool spin = settings.Method == LearningMethod.Spin;
        IReadOnlyList<PreferencePair> pairs = LogPairs.OfRound(episodes.Where(episode => LearnerOf(episode.Agent) == learner), spin, settings.PairsPerGroup, _plan.Seed, $"{(spin ? "spin" : "dpo")}/{name}/{round}");
        if (pairs.Count == 0 && (settings.StepsPerRound == 0 || replayed is null)) return 0;
        PreferenceStep preference = new(learner.Weights, learner.Optimizer, _device, settings.MicroBatchTokens);
        pairs = preference.WithReference(pairs);
        for (int epoch = 0; epoch < settings.Epochs; epoch++)
        {
            int[] order = KeyedRandom.For(_plan.Seed, $"train/{name}", round, epoch).Permutation(pairs.Count);
            // A pair is two texts of the batch.
            int count = StepsFor(2 * pairs.Count);
            for (int step = 0; step < count; step++)
            {
                stop.ThrowIfCancellationRequested();
                PreferencePair[] chosen = [.. Chosen(order, step, count).Select(index => pairs[index])];
                WeighedText[] replay = Weigh([], replayed is null ? [] : Replay(replayed.Demonstrations, replayed.Remembered, 2 * chosen.Length, name, round, epoch, step), _plan.Temperature);
                StepReading taken = learner.Gradient.Accumulate(replay);
                (double loss, double inOrder) = preference.Accumulate(chosen, spin ? Preferences.Spin : Preferences.Dpo, settings.Beta, taken.Entropy);
                taken.Loss += loss;
                taken.Tokens += chosen.Sum(pair => pair.Better.Tokens.Length + pair.Worse.Tokens.Length);
                (taken.Pairs, taken.PairsInOrder) = (chosen.Length, inOrder * chosen.Length);
                taken.GradientNorm = GradientStep.Apply(learner.Optimizer, taken.Loss, rate, settings.WeightDecay, settings.GradientNorm, $"round {round}, step {step + 1} of {name}");
                total.Add(taken);
                TrainingBatchRecord batch = Batch(name, epoch, step, replay);
                batches.Add(batch with
                {
                    Episodes = [.. chosen.SelectMany(pair => (TrainedEpisode[])[new(pair.Better.Episode!, 1.0 / chosen.Length, 1), new(pair.Worse.Episode!, 1.0 / chosen.Length, -1)]), .. batch.Episodes],
                });
                _taken++;
            }
        }

        return pairs.SelectMany(pair => (string?[])[pair.Better.Episode, pair.Worse.Episode]).Distinct().Count();
    }

    private static TrainingReport Report(int round, int episodes, int used, IReadOnlyList<TrainingBatchRecord> batches, StepReading total, TimeSpan elapsed) => new()
    {
        Round = round,
        Steps = batches.Count,
        Episodes = episodes,
        Used = used,
        Tokens = total.Tokens,
        Loss = total.Loss / batches.Count,
        ImitationLoss = total.ImitationLoss / total.ImitationTokens,
        ClipFraction = total.PolicyTokens == 0 ? 0 : (double)total.Clipped / total.PolicyTokens,
        Divergence = total.PolicyTokens == 0 ? 0 : total.Divergence / total.PolicyTokens,
        PairsInOrder = total.Pairs == 0 ? null : total.PairsInOrder / total.Pairs,
        GradientNorm = batches.Count == 0 ? 0 : total.GradientNorm / batches.Count,
        Entropy = total.Entropy.ToDictionary(entry => entry.Key, entry => entry.Value.Sum / entry.Value.Count),
        Batches = batches,
        Elapsed = elapsed,
    };

    /// <summary>What steps replay beside what was played.</summary>
    private sealed record BaseMaterial(Demonstrations? Demonstrations, IReadOnlyList<IReadOnlyList<EpisodeRecord>> Remembered);
}
