using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;

namespace AgentSociety.Learning;

/// <summary>A round of preferences: pairs of answers to one problem, held to the weights that the round began with.</summary>
public sealed partial class Trainer
{
    /// <summary>Takes the steps of one learner on the pairs of a round.</summary>
    /// <returns>Episodes that stand in a pair.</returns>
    private int Prefer(Pass pass, string name, Learner learner, EpisodeRecord[] own, BaseMaterial? replayed)
    {
        LearningSettings settings = _plan.Learning;
        bool spin = settings.Method == LearningMethod.Spin;
        IReadOnlyList<PreferencePair> pairs = LogPairs.OfRound(own, spin, settings.PairsPerGroup, _plan.Seed, $"{(spin ? "spin" : "dpo")}/{name}/{pass.Round}");
        if (pairs.Count == 0 && (settings.StepsPerRound == 0 || replayed is null)) return 0;
        PreferenceStep preference = new(learner.Weights, learner.Optimizer, _device, settings.MicroBatchTokens);
        pairs = preference.WithReference(pairs);
        // A pair is two texts of the batch.
        Steps(pass, name, pairs, StepsFor(2 * pairs.Count), (chosen, turn) =>
        {
            WeighedText[] replay = Weigh([], Replay(replayed, 2 * chosen.Length, name, pass.Round, turn), _plan.Temperature);
            StepReading taken = learner.Gradient.Accumulate(replay);
            (double loss, double inOrder) = preference.Accumulate(chosen, spin ? Preferences.Spin : Preferences.Dpo, settings.Beta, taken.Entropy);
            taken.Loss += loss;
            taken.Tokens += chosen.Sum(pair => pair.Better.Tokens.Length + pair.Worse.Tokens.Length);
            (taken.Pairs, taken.PairsInOrder) = (chosen.Length, inOrder * chosen.Length);
            taken.GradientNorm = GradientStep.Apply(learner.Optimizer, taken.Loss, turn.Rate, settings.WeightDecay, settings.GradientNorm, turn.Where);
            TrainingBatchRecord batch = Batch(name, turn, replay);
            return (taken, batch with
            {
                Episodes = [.. chosen.SelectMany(pair => (TrainedEpisode[])[new(pair.Better.Episode!, 1.0 / chosen.Length, 1), new(pair.Worse.Episode!, 1.0 / chosen.Length, -1)]), .. batch.Episodes],
            });
        });
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

    /// <summary>A call of the trainer, as its steps see it.</summary>
    /// <param name="Round">The round.</param>
    /// <param name="Total">What its steps saw.</param>
    /// <param name="Batches">What each learned from.</param>
    /// <param name="Skipped">Steps that an earlier life of the call took.</param>
    /// <param name="Rates">The learning rate of a step, from its number and the steps of its learner.</param>
    /// <param name="Told">Told after every step.</param>
    /// <param name="Stop">Checked before every step.</param>
    private sealed record Pass(int Round, StepReading Total, List<TrainingBatchRecord> Batches, int Skipped, Func<int, int, double> Rates, Action<(int Step, int Steps, double Loss, long Tokens)>? Told, CancellationToken Stop);

    /// <summary>One step of a pass.</summary>
    private readonly record struct Turn(int Epoch, int Step, double Rate, string Where);

    /// <summary>What steps replay beside what was played.</summary>
    private sealed record BaseMaterial(Demonstrations? Demonstrations, IReadOnlyList<IReadOnlyList<EpisodeRecord>> Remembered);
}
