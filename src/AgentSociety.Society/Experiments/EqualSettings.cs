using System.Globalization;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>What costs or is asked for beside the counted budget, and so must be the same in every arm unless the file says that it is what the experiment asks about.</summary>
internal static class EqualSettings
{
    private static readonly (string Key, Func<Scenario, string> Of)[] Compared =
    [
        ("environment", scenario => SettingsText.Write(scenario.Environment)),
        ("model.architecture", scenario => scenario.Model.Base is null ? SettingsText.Write(scenario.Model.Architecture) : ""),
        ("pretrain", scenario => SettingsText.Write(scenario.Pretrain)),
        ("culture.experimentsPerRound", scenario => $"{scenario.Culture.ExperimentsPerRound}"),
        // A review is one more text for each attempt, however much it weighs.
        ("learning.retrospectiveCredit", scenario => scenario.Learning is { Enabled: true, RetrospectiveCredit: > 0 } ? "reviews" : "none"),
        // What is replayed beside a step's own texts, in number.
        ("learning.replayShare", scenario => scenario.Learning.Enabled ? scenario.Learning.ReplayShare.ToString("r", CultureInfo.InvariantCulture) : "none"),
        ("consolidation", scenario => Sleeps(scenario) == 0 ? "none" : SettingsText.Write(scenario.Consolidation)),
    ];

    /// <summary>The keys that a file may name under <c>mayDiffer</c>.</summary>
    public static IReadOnlyList<string> Keys => [.. Compared.Select(compared => compared.Key)];

    /// <summary>The keys in which an arm is not as the first one is.</summary>
    public static IEnumerable<string> Differing(Scenario first, Scenario arm) => Compared.Where(compared => compared.Of(first) != compared.Of(arm)).Select(compared => compared.Key);

    /// <summary>What is wrong with the arms of a plan, one line for each fault.</summary>
    public static IEnumerable<string> Faults(ExperimentPlan plan)
    {
        foreach (string key in plan.Settings.MayDiffer.Where(key => !Keys.Contains(key)))
            yield return $"mayDiffer: '{key}' is none of its values; {Nearest.Hint(key, Keys)}";
        ExperimentArm first = plan.Arms[0];
        foreach (ExperimentArm arm in plan.Arms.Skip(1))
        {
            foreach (string key in Differing(first.Scenario.Scenario, arm.Scenario.Scenario).Except(plan.Settings.MayDiffer))
                yield return $"arm '{arm.Name}' has another {key} than '{first.Name}'; set it alike, or, where that is what the experiment asks about, write mayDiffer: [{key}]";
        }
    }

    /// <summary>What a report says of arms that differ because the file says that they may; null where none does.</summary>
    public static string? Remark(ExperimentPlan plan)
    {
        string[] differing = [.. plan.Arms.Skip(1).SelectMany(arm => Differing(plan.Arms[0].Scenario.Scenario, arm.Scenario.Scenario)).Distinct()];
        return differing.Length == 0 ? null : $"As declared, the arms differ in {string.Join(", ", differing)}: what that costs is no part of the budget that they share.";
    }

    private static int Sleeps(Scenario scenario) => scenario.Consolidation.EveryRounds == 0 ? 0 : scenario.SelfPlay.Rounds / scenario.Consolidation.EveryRounds;
}
