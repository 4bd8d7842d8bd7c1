using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Which keys under <c>policy</c> a training on a log heeds: the rest of a scenario's <c>learning</c> is for rounds of play, and setting it must not pass in silence.</summary>
public static class PolicyKeys
{
    private static readonly string[] EveryMethods = ["microBatchTokens", "precision", "recomputeLayers"];

    private static readonly string[] Gradients =
    [
        "advantage", "proposerAdvantage", "aggregation", "clipLow", "clipHigh", "dualClip", "decodingCorrection", "negativeWeight", "proposerWeight", "klWeight", "klEstimator", "solverEntropy", "proposerEntropy",
        "entropyFloor", "stepCredit", "retrospectiveCredit",
    ];

    private static readonly string[] Beside = ["beta", "pairsPerGroup", "learningRate", "batch", "epochs", "weightDecay", "gradientNorm", "weights", "lora"];

    /// <summary>Holds changes of <see cref="FineTuneSettings"/> against what the method heeds.</summary>
    /// <param name="changes">What a user set, as <c>key=value</c>.</param>
    /// <param name="method">The method.</param>
    /// <exception cref="SocietyException">A key has no effect: why, and what to set.</exception>
    public static void Require(IEnumerable<string> changes, FineTuneMethod method)
    {
        foreach (string path in changes.Select(change => change.Split('=', 2)[0].Trim()))
        {
            if (path == "policy") throw new SocietyException("policy: set its keys one by one, as policy.KEY=VALUE");
            if (!path.StartsWith("policy.", StringComparison.Ordinal)) continue;
            string key = path.Split('.', '[')[1];
            if (EveryMethods.Contains(key)) continue;
            if (Beside.Contains(key)) throw new SocietyException($"{path}: has no effect where a log is trained on; set {path["policy.".Length..]}");
            if (!Gradients.Contains(key)) throw new SocietyException($"{path}: has no effect where a log is trained on; leave it out");
            if (method != FineTuneMethod.PolicyGradient) throw new SocietyException($"{path} belongs to the policy gradient, and the method is {NamedMethod.NameOf(method)}; leave it out, or use policy-gradient");
        }
    }
}
