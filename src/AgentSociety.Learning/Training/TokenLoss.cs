using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>The loss of a minibatch: what each objective says of each token, weighed and summed.</summary>
internal static class TokenLoss
{
    /// <summary>The loss, and what it was made of for the report.</summary>
    /// <param name="logits">Logits of the next token, [B, T, V]; carries the gradient.</param>
    /// <param name="batch">The texts.</param>
    /// <param name="settings">Bounds and weights of the policy gradient.</param>
    public static Reading Of(Tensor logits, Minibatch batch, LearningSettings settings)
    {
        Device device = logits.device;
        Tensor scaled = batch.HasTemperature ? logits / batch.Temperatures(device) : logits;
        Tensor distribution = scaled.log_softmax(-1);
        Tensor picked = distribution.gather(-1, batch.Targets(device).unsqueeze(-1)).squeeze(-1);
        Tensor weights = batch.Weights(device);

        Tensor? policy = batch.HasPolicy ? Policy(picked, batch, settings, device) : null;
        Tensor? imitation = batch.HasImitation ? CrossEntropy.Smoothed(distribution, picked, batch.Smoothing(device)) : null;
        Tensor tokens = (policy, imitation) switch
        {
            ({ } sampled, { } shown) => where(batch.Sampled(device).Above(0), sampled, shown),
            ({ } sampled, null) => sampled,
            _ => imitation!,
        };
        Tensor loss = (tokens * weights).sum();

        Tensor entropy;
        if (batch.HasEntropy)
        {
            entropy = Divergence.Entropy(distribution);
            loss = loss - (entropy * batch.EntropyWeights(device)).sum();
        }
        else
        {
            using var frozen = no_grad();
            entropy = batch.HasMeasured ? Divergence.Entropy(distribution) : zeros_like(picked);
        }

        return new Reading(loss, picked, entropy);
    }

    private static Tensor Policy(Tensor picked, Minibatch batch, LearningSettings settings, Device device)
    {
        Tensor recorded = batch.Shaped(batch.Recorded, device), advantages = batch.Shaped(batch.Advantages, device);
        Tensor loss = PolicyGradient.Clipped(picked, recorded, advantages, settings.ClipLow, settings.ClipHigh, settings.DualClip);
        if (settings.KlWeight == 0) return loss;
        return loss.Plus(Divergence.Estimate(picked, batch.Shaped(batch.Reference, device), settings.KlEstimator).Times(settings.KlWeight));
    }

    /// <summary>A loss with what it was made of; tensors of the scope at hand.</summary>
    /// <param name="Loss">The weighed sum, a scalar.</param>
    /// <param name="LogProbabilities">log p of the targets, [B, T].</param>
    /// <param name="Entropy">Entropy of each prediction, [B, T].</param>
    internal readonly record struct Reading(Tensor Loss, Tensor LogProbabilities, Tensor Entropy);
}
