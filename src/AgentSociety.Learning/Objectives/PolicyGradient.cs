using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Objectives;

/// <summary>Losses of sampled tokens under advantages: one value a token, to be weighed and summed by the caller.</summary>
public static class PolicyGradient
{
    /// <summary>
    /// L_t = -min(r A, clip(r, 1 - low, 1 + high) A) with r = exp(log p - log p_old): PPO's clipped surrogate (Schulman et al. 2017, equation 7)
    /// with two bounds (clip-higher; Yu et al. 2025, "DAPO", section 3.1). With <paramref name="dualClip"/> = c &gt; 0 the loss of
    /// a token with A &lt; 0 is at most c |A| (dual-clip PPO; Ye et al. 2020).
    /// </summary>
    /// <param name="logProbabilities">log p of the tokens under the weights being trained, any shape; carries the gradient.</param>
    /// <param name="recorded">log p_old of the same tokens as they were sampled.</param>
    /// <param name="advantages">A of each token.</param>
    /// <param name="low">How far below 1 the ratio counts for A &lt; 0.</param>
    /// <param name="high">How far above 1 the ratio counts for A &gt; 0.</param>
    /// <param name="dualClip">Bound c &gt; 1, or 0 for none.</param>
    public static Tensor Clipped(Tensor logProbabilities, Tensor recorded, Tensor advantages, double low, double high, double dualClip = 0)
    {
        Tensor ratio = (logProbabilities - recorded).exp();
        Tensor surrogate = minimum(ratio * advantages, ratio.Clamped(1 - low, 1 + high) * advantages);
        if (dualClip > 0)
        {
            Tensor bounded = maximum(surrogate, advantages.Times(dualClip));
            surrogate = where(advantages.Below(0), bounded, surrogate);
        }

        return -surrogate;
    }

    /// <summary>1 for tokens whose ratio lies outside the bounds on the side that the advantage pushes to, where the gradient is cut; else 0.</summary>
    public static Tensor IsClipped(Tensor logProbabilities, Tensor recorded, Tensor advantages, double low, double high)
    {
        Tensor ratio = (logProbabilities - recorded).exp();
        Tensor above = ratio.Above(1 + high).logical_and(advantages.Above(0));
        Tensor below = ratio.Below(1 - low).logical_and(advantages.Below(0));
        return above.logical_or(below).to(ratio.dtype);
    }
}
