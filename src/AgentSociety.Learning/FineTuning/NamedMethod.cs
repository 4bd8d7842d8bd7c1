using System.Text.Json;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Methods of fine-tuning by the names that papers and other trainers give them: what each changes of <see cref="FineTuneSettings"/>.</summary>
/// <remarks>
/// A name stands for a baseline and for the way in which token losses become one loss. What papers tune beside it (KL, rates, clipping of their own
/// experiments) stays with the settings, and what a user sets comes after the name.
/// </remarks>
public static class NamedMethod
{
    private const string Gradient = "method=policy-gradient";

    private static readonly Dictionary<string, string[]> Meanings = new(StringComparer.Ordinal)
    {
        ["sft"] = ["method=imitation"],
        ["imitation"] = ["method=imitation"],
        ["rejection-sampling"] = ["method=rejection-sampling"],
        ["policy-gradient"] = [Gradient],
        // Shao et al. 2024, "DeepSeekMath", equations 3 and 4: one epsilon on both sides, every episode alike.
        ["grpo"] = [Gradient, "policy.advantage=group-normalised", "policy.aggregation=episode", "policy.clipHigh=0.2"],
        // Liu et al. 2025, "Understanding R1-Zero-like training", section 3.2: neither deviation nor length divides.
        ["dr-grpo"] = [Gradient, "policy.advantage=group", "policy.aggregation=constant", "policy.clipHigh=0.2"],
        // Yu et al. 2025, "DAPO", sections 3.1 and 3.3; groups without signal are left out by every method here (section 3.2).
        ["dapo"] = [Gradient, "policy.advantage=group-normalised", "policy.aggregation=token", "policy.clipHigh=0.28"],
        // Ahmadian et al. 2024, "Back to basics", section 3.2: the whole answer is one action, so that its tokens are summed.
        ["rloo"] = [Gradient, "policy.advantage=leave-one-out", "policy.aggregation=constant"],
        // Hu 2025, "REINFORCE++".
        ["reinforce++"] = [Gradient, "policy.advantage=batch", "policy.aggregation=token"],
        // Zhao et al. 2025, "Absolute Zero", equation 8.
        ["task-reinforce++"] = [Gradient, "policy.advantage=task", "policy.aggregation=token"],
        ["dpo"] = ["method=dpo"],
        ["spin"] = ["method=spin"],
        // The rate of sleeps inside runs.
        ["distillation"] = ["method=distillation", "learningRate=0.001"],
    };

    /// <summary>All names, from imitation to what notes taught.</summary>
    public static IReadOnlyList<string> Names => [.. Meanings.Keys];

    /// <summary>The changes that a name stands for, as <c>key=value</c>; null where there is no method of that name.</summary>
    public static IReadOnlyList<string>? Changes(string name) => Meanings.GetValueOrDefault(name);

    /// <summary>What a scenario calls a method or an estimator, such as <c>policy-gradient</c>.</summary>
    public static string NameOf(Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
