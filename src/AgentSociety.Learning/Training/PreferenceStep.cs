using System.Runtime.InteropServices;
using AgentSociety.Core.Play;
using AgentSociety.Learning.Objectives;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Two answers to one prompt, the first to be preferred, with their log-probabilities under the reference model.</summary>
internal sealed record PreferencePair(TrainingSequence Better, TrainingSequence Worse)
{
    public double ReferenceBetter { get; init; }

    public double ReferenceWorse { get; init; }

    public int Length => Math.Max(Better.Tokens.Length, Worse.Tokens.Length);
}

/// <summary>One update from pairs of answers. The weights change only by a finite gradient, as in <see cref="GradientStep"/>.</summary>
internal sealed class PreferenceStep(WeightSet weights, AdamW optimizer, Device device, int tokenLimit)
{
    /// <summary>Takes the step.</summary>
    /// <returns>Mean loss, and the share of pairs whose better answer gained more on the reference than the worse one.</returns>
    public (double Loss, double Accuracy) Take(IReadOnlyList<PreferencePair> pairs, PreferenceLoss objective, double beta, double learningRate, double weightDecay, double greatestNorm, string where)
    {
        (double loss, double right) = Accumulate(pairs, objective, beta);
        GradientStep.Apply(optimizer, loss, learningRate, weightDecay, greatestNorm, where);
        return (loss, right);
    }

    /// <summary>Adds the gradient of the pairs' mean loss to those at hand, and takes no step.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="objective">Their loss.</param>
    /// <param name="beta">How strongly it holds to the reference.</param>
    /// <param name="entropy">Where the entropy of the predictions of learned tokens is added, role by role; null to measure none.</param>
    public (double Loss, double Accuracy) Accumulate(IReadOnlyList<PreferencePair> pairs, PreferenceLoss objective, double beta, Dictionary<Role, (double Sum, long Count)>? entropy = null)
    {
        if (pairs.Count == 0) return (0, 0);
        PreferencePair[][] groups = [.. Split(pairs)];
        (float Loss, long Right, float[] Entropy)[] seen = new (float, long, float[])[groups.Length];
        GradientSum.Add(weights.Parameters, device, groups.Length, share =>
        {
            PreferencePair[] group = groups[share];
            (Tensor sums, Tensor? entropies) = Sums(group, entropy is not null); // [2 P]: the better answers, then the worse
            Tensor reference = tensor([.. group.Select(pair => (float)pair.ReferenceBetter), .. group.Select(pair => (float)pair.ReferenceWorse)], device: device);
            Tensor[] now = sums.split(group.Length), then = reference.split(group.Length);
            Tensor total = objective(now[0], now[1], then[0], then[1], beta).sum().DividedBy(pairs.Count);
            seen[share] = (total.item<float>(), ((now[0] - then[0]) > (now[1] - then[1])).sum().item<long>(), entropies is null ? [] : Values(entropies));
            return total;
        });
        if (entropy is not null)
        {
            foreach ((TrainingSequence text, float sum) in groups.SelectMany((group, share) => Texts(group).Zip(seen[share].Entropy)))
            {
                ref (double Sum, long Count) ofRole = ref CollectionsMarshal.GetValueRefOrAddDefault(entropy, text.Role, out _);
                ofRole = (ofRole.Sum + sum, ofRole.Count + text.Learned);
            }
        }

        return (seen.Sum(group => group.Loss), (double)seen.Sum(group => group.Right) / pairs.Count);
    }

    /// <summary>The pairs with their log-probabilities under the weights as they are.</summary>
    public IReadOnlyList<PreferencePair> WithReference(IReadOnlyList<PreferencePair> pairs)
    {
        List<PreferencePair> found = [];
        foreach (PreferencePair[] group in Split(pairs))
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            float[] sums = Values(Sums(group, measure: false).LogProbabilities);
            for (int index = 0; index < group.Length; index++)
            {
                found.Add(group[index] with { ReferenceBetter = sums[index], ReferenceWorse = sums[group.Length + index] });
            }
        }

        return found;
    }

    private static IEnumerable<TrainingSequence> Texts(PreferencePair[] group) => [.. group.Select(pair => pair.Better), .. group.Select(pair => pair.Worse)];

    private static float[] Values(Tensor values) => values.detach().cpu().data<float>().ToArray();

    /// <summary>log p of each answer, and the entropy of its predictions, summed over the tokens that the model wrote: the better ones, then the worse, [2 P].</summary>
    private (Tensor LogProbabilities, Tensor? Entropy) Sums(PreferencePair[] group, bool measure)
    {
        Minibatch batch = new([.. Texts(group).Select(text => new WeighedText(text, 1))]);
        Tensor distribution = weights.Forward(batch.Tokens(device), batch.Positions(device)).log_softmax(-1), learned = batch.Weights(device);
        Tensor picked = distribution.gather(-1, batch.Targets(device).unsqueeze(-1)).squeeze(-1);
        return ((picked * learned).sum(-1), measure ? Entropies(distribution, learned) : null);
    }

    private static Tensor Entropies(Tensor distribution, Tensor learned)
    {
        using var frozen = no_grad();
        return (Divergence.Entropy(distribution) * learned).sum(-1);
    }

    private IEnumerable<PreferencePair[]> Split(IReadOnlyList<PreferencePair> pairs)
    {
        List<PreferencePair> group = [];
        foreach (PreferencePair pair in pairs.OrderByDescending(pair => pair.Length))
        {
            if (group.Count > 0 && 2 * (group.Count + 1) * group[0].Length > tokenLimit)
            {
                yield return [.. group];
                group.Clear();
            }

            group.Add(pair);
        }

        if (group.Count > 0) yield return [.. group];
    }
}

/// <summary>A loss of pairs: <see cref="Preferences.Dpo"/> or <see cref="Preferences.Spin"/>.</summary>
internal delegate Tensor PreferenceLoss(Tensor better, Tensor worse, Tensor referenceBetter, Tensor referenceWorse, double scale);
