using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Objectives;

/// <summary>Supervised losses, one value a token.</summary>
public static class CrossEntropy
{
    /// <summary>
    /// -(1 - e) log p(y) - e / (V - 1) sum over v other than y of log p(v): the label keeps 1 - e and all other tokens share e
    /// (label smoothing; Szegedy et al. 2016, section 7, who spread e over all V tokens, the label's own included).
    /// </summary>
    /// <param name="logDistribution">Log-probabilities of the whole vocabulary, [..., V]; carries the gradient.</param>
    /// <param name="labelLogProbabilities">log p(y), gathered from it, [...].</param>
    /// <param name="smoothing">e of each token, [...], 0 for plain cross entropy.</param>
    public static Tensor Smoothed(Tensor logDistribution, Tensor labelLogProbabilities, Tensor smoothing)
    {
        long vocabulary = logDistribution.size(-1);
        Tensor share = smoothing.DividedBy(vocabulary - 1);
        return -((((-smoothing).Plus(1) - share) * labelLogProbabilities).Plus(share * logDistribution.sum(-1)));
    }
}
