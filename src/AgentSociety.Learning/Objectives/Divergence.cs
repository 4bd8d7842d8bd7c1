using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Objectives;

/// <summary>Entropies and divergences of token distributions.</summary>
public static class Divergence
{
    /// <summary>An estimate of KL(policy || reference) from the policy's own sample, one value a token (Schulman 2020, "Approximating KL divergence"; log r = <paramref name="reference"/> - <paramref name="policy"/>).</summary>
    /// <param name="policy">Log-probability of the sampled tokens under the policy.</param>
    /// <param name="reference">Log-probability of the same tokens under the reference.</param>
    /// <param name="estimator">k1 = -log r, k2 = (log r)^2 / 2, k3 = r - 1 - log r. As a loss only k2 and k3 pull towards the reference token by token; the expected gradient of k1 is zero.</param>
    public static Tensor Estimate(Tensor policy, Tensor reference, KlEstimator estimator)
    {
        Tensor logRatio = reference - policy;
        return estimator switch
        {
            KlEstimator.K1 => -logRatio,
            KlEstimator.K2 => logRatio.Squared().DividedBy(2),
            _ => logRatio.expm1() - logRatio,
        };
    }

    /// <summary>H = -sum_v p(v) log p(v) in nats over the last dimension.</summary>
    /// <param name="logDistribution">Log-probabilities of the whole vocabulary, [..., V].</param>
    public static Tensor Entropy(Tensor logDistribution) => -(logDistribution.exp() * logDistribution).sum(-1);

    /// <summary>
    /// T^2 KL(teacher || student) at temperature T over the last dimension: the soft targets of distillation (Hinton et al. 2015, section 2,
    /// up to the teacher's entropy, which has no gradient).
    /// </summary>
    /// <param name="student">Logits of the student, [..., V]; carries the gradient.</param>
    /// <param name="teacher">Logits of the teacher, [..., V].</param>
    /// <param name="temperature">T; both are divided by it.</param>
    public static Tensor Distillation(Tensor student, Tensor teacher, double temperature = 1)
    {
        Tensor logStudent = student.DividedBy(temperature).log_softmax(-1);
        Tensor logTeacher = teacher.DividedBy(temperature).log_softmax(-1);
        return (logTeacher.exp() * (logTeacher - logStudent)).sum(-1).Times(temperature * temperature);
    }

    /// <summary>
    /// KL(teacher || student) over the teacher's likeliest tokens and one outcome that stands for all others together: at most the whole divergence, and the nearer to it the less
    /// the teacher leaves to the others.
    /// </summary>
    /// <param name="student">Logits of the student, [..., V]; carries the gradient.</param>
    /// <param name="likeliest">The tokens, [..., k] in int64.</param>
    /// <param name="logTeacher">The teacher's log-probabilities of them, [..., k].</param>
    public static Tensor DistillationOfLikeliest(Tensor student, Tensor likeliest, Tensor logTeacher)
    {
        Tensor logStudent = student.log_softmax(-1).gather(-1, likeliest), teacher = logTeacher.exp();
        // Below this what is left is rounding.
        Tensor Rest(Tensor shares) => (-shares.sum(-1)).Plus(1).Clamped(1e-6, 1);
        Tensor rest = Rest(teacher);
        return (teacher * (logTeacher - logStudent)).sum(-1).Plus(rest * (rest.log() - Rest(logStudent.exp()).log()));
    }
}
