using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Which settings beside <c>policy</c> and <c>consolidation</c> a training on a log heeds: what has no effect must not pass in silence.</summary>
/// <remarks>Of distillation <see cref="ConsolidationKeys"/> says it.</remarks>
public static class MethodKeys
{
    private static readonly string[] EveryMethods = ["method", "epochs", "batch", "learningRate", "warmupSteps", "weightDecay", "gradientNorm", "weights", "lora", "policy", "consolidation"];

    /// <summary>Holds changes of <see cref="FineTuneSettings"/> against what the method heeds.</summary>
    /// <param name="changes">What a user set, as <c>key=value</c>.</param>
    /// <param name="method">The method.</param>
    /// <exception cref="SocietyException">A key has no effect.</exception>
    public static void Require(IEnumerable<string> changes, FineTuneMethod method)
    {
        if (method == FineTuneMethod.Distillation) return;
        foreach (string path in changes.Select(change => change.Split('=', 2)[0].Trim()))
        {
            string key = path.Split('.', '[')[0];
            FineTuneMethod[] heeding = [.. Enum.GetValues<FineTuneMethod>().Where(other => Own(other).Contains(key))];
            if (EveryMethods.Contains(key) || heeding.Contains(method)) continue;
            throw new SocietyException($"{path}: has no effect on {NamedMethod.NameOf(method)}; leave it out, or use {string.Join(" or ", heeding.Select(other => NamedMethod.NameOf(other)))}");
        }
    }

    private static string[] Own(FineTuneMethod method) => method switch
    {
        FineTuneMethod.Imitation => ["packing"],
        FineTuneMethod.RejectionSampling => ["packing", "sound"],
        FineTuneMethod.PolicyGradient => ["sound", "temperature"],
        FineTuneMethod.Dpo or FineTuneMethod.Spin => ["beta", "pairsPerGroup", "sound"],
        _ => [],
    };
}
