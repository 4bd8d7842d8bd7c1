using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Objectives;

/// <summary>Losses of pairs of answers to one prompt, one value a pair.</summary>
public static class Preferences
{
    /// <summary>
    /// -log sigmoid(beta ((log p(w) - log q(w)) - (log p(l) - log q(l)))) with the chosen answer w, the rejected l and the reference q
    /// (DPO; Rafailov et al. 2023, equation 7).
    /// </summary>
    /// <param name="chosen">log p(w), summed over the answer's tokens; carries the gradient.</param>
    /// <param name="rejected">log p(l), likewise.</param>
    /// <param name="referenceChosen">log q(w).</param>
    /// <param name="referenceRejected">log q(l).</param>
    /// <param name="beta">How strongly the policy is held to the reference.</param>
    public static Tensor Dpo(Tensor chosen, Tensor rejected, Tensor referenceChosen, Tensor referenceRejected, double beta) =>
        -nn.functional.logsigmoid(Margin(chosen, rejected, referenceChosen, referenceRejected, beta));

    /// <summary>
    /// log(1 + exp(-t)) of the margin t between a demonstrated answer and one of the model's own from the previous iteration, which is also the
    /// reference (SPIN; Chen et al. 2024, equation 4.7 with the logistic loss). The formula is DPO's; the rejected side is not a
    /// judged answer but the opponent's.
    /// </summary>
    /// <param name="demonstrated">log p of the demonstrated answer.</param>
    /// <param name="own">log p of the opponent's answer.</param>
    /// <param name="opponentDemonstrated">The opponent's log-probability of the demonstrated answer.</param>
    /// <param name="opponentOwn">The opponent's log-probability of its answer.</param>
    /// <param name="lambda">The regularisation of the paper.</param>
    public static Tensor Spin(Tensor demonstrated, Tensor own, Tensor opponentDemonstrated, Tensor opponentOwn, double lambda) =>
        nn.functional.softplus(-Margin(demonstrated, own, opponentDemonstrated, opponentOwn, lambda));

    private static Tensor Margin(Tensor better, Tensor worse, Tensor referenceBetter, Tensor referenceWorse, double scale) =>
        ((better - referenceBetter) - (worse - referenceWorse)).Times(scale);
}
