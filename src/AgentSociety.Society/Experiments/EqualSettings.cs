using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>Holds the settings of arms against each other: all must be alike but those that are known to cost nothing, and those that the file says the experiment is about.</summary>
/// <remarks>A setting that is new is held against its like in every arm until somebody says here why it need not be.</remarks>
internal static class EqualSettings
{
    /// <summary>Settings that belong together are compared, named and excused as one.</summary>
    private static readonly string[] Blocks = ["environment", "model.architecture", "pretrain", "population", "culture.books", "culture.editors", "learning.lora", "consolidation", "judge"];

    /// <summary>What need not be alike; a key stands for all below it.</summary>
    private static readonly (string Reason, string[] Keys)[] Free =
    [
        ("what a scenario is called", ["name", "description", "seed"]),
        ("who reads which of the notes that are written anyway",
            ["culture.sharing", "culture.sharedNamespaces", "culture.groups", "culture.migrateEveryRounds", "culture.neighbours", "culture.shown", "culture.staleRounds", "culture.frozenRound", "culture.placeboDatabase", "culture.placeboInStep",
                "culture.episodesFound", "culture.readingList", "culture.authorRecord", "culture.withholdingProbability", "culture.retireHarmful", "culture.rankByWorth", "culture.foreignNotebooks"]),
        ("which edits are taken, by rule",
            ["culture.gates", "culture.maximumPageSize", "culture.maximumEditsPerRound", "culture.maximumPagesPerAgent", "culture.largestShrink", "culture.shrinkGate", "culture.readFirst", "culture.duplicates", "culture.duplicateSimilarity", "culture.requireEvidence"]),
        // The texts of proposers come on top of the attempts; they are counted, and the report says how many there were.
        ("where as many problems come from, and what earns their proposers", ["selfPlay.enabled", "selfPlay.curriculum", "selfPlay.archive", "selfPlay.proposer"]),
        ("how as many attempts are sampled", ["selfPlay.temperature"]),
        ("what as many gradient steps are made of",
            ["learning.beta", "learning.advantage", "learning.proposerAdvantage", "learning.aggregation", "learning.learningRate", "learning.decayShare", "learning.weightDecay", "learning.clipLow", "learning.clipHigh", "learning.dualClip",
                "learning.negativeWeight", "learning.proposerWeight", "learning.klEstimator", "learning.gradientNorm", "learning.solverEntropy", "learning.proposerEntropy", "learning.entropyFloor", "learning.reward", "learning.stepCredit",
                "learning.replayWeight", "learning.rememberedShare", "learning.rememberedSolutions", "learning.remember"]),
        ("who dies and what is left behind: as many agents play as many rounds", ["generations"]),
        ("files on a disk", ["checkpoints"]),
        ("what is said of measurements that are made anyway; a guard may not stop an arm",
            ["guards.stop", "guards.patience", "guards.minimumSolverEntropy", "guards.minimumProposerEntropy", "guards.minimumDistinct", "guards.maximumSelfBleu", "guards.maximumDuplicates", "guards.maximumSilentGroups", "guards.maximumDivergence",
                "guards.maximumMemorisation", "guards.maximumJudgeRise", "guards.temperatureFloor"]),
        ("counted in the budget, where products of several must agree",
            ["selfPlay.problemsPerRound", "selfPlay.attemptsPerProblem", "selfPlay.topUp", "selfPlay.maximumTokens", "learning.enabled", "learning.batch", "learning.stepsPerRound", "model.base"]),
        ("the test, which is held against itself", ["evaluation.problemsPerDifficulty", "evaluation.finalProblemsPerDifficulty", "evaluation.difficulties", "evaluation.temperature", "evaluation.solvedAt"]),
    ];

    /// <summary>Why a setting need not be alike; null where it must be.</summary>
    public static string? FreeFor(string key) => Array.Find(Free, free => free.Keys.Any(one => IsOrHolds(one, key))).Reason;

    /// <summary>The keys in which an arm is not as the first one is, although they cost.</summary>
    public static IEnumerable<string> Differing(Scenario first, Scenario arm)
    {
        IReadOnlyDictionary<string, string> there = Costs(first), here = Costs(arm);
        // Of an arm that does not learn, its gradient steps say so.
        bool comparable = first.Learning.Enabled == arm.Learning.Enabled;
        return there.Keys.Union(here.Keys).Where(key => there.GetValueOrDefault(key) != here.GetValueOrDefault(key) && (comparable || !key.StartsWith("learning.", StringComparison.Ordinal)));
    }

    /// <summary>What is wrong with the arms of a plan, one line for each fault.</summary>
    public static IEnumerable<string> Faults(ExperimentPlan plan)
    {
        ExperimentArm first = plan.Arms[0];
        string[] keys = [.. plan.Arms.SelectMany(arm => Leaves(arm.Scenario.Scenario).Select(leaf => leaf.Key)).Distinct(), "culture", "selfPlay", "learning", "evaluation", "guards"];
        foreach (string key in plan.Settings.MayDiffer)
        {
            if (!keys.Contains(key)) yield return $"mayDiffer: '{key}' is none of its values; {Nearest.Hint(key, [.. keys.Where(each => FreeFor(each) is null)])}";
            else if (FreeFor(key) is { } reason) yield return $"mayDiffer: '{key}' need not be named: {reason}";
        }

        foreach (ExperimentArm arm in plan.Arms.Skip(1))
        {
            foreach (string key in Differing(first.Scenario.Scenario, arm.Scenario.Scenario).Where(key => !plan.Settings.MayDiffer.Any(named => IsOrHolds(named, key))))
                yield return $"arm '{arm.Name}' has another {key} than '{first.Name}'; set it alike, or, where that is what the experiment asks about, write mayDiffer: [{key}]";
        }
    }

    /// <summary>What a report says of arms that differ because the file says that they may; null where none does.</summary>
    public static string? Remark(ExperimentPlan plan)
    {
        string[] differing = [.. plan.Arms.Skip(1).SelectMany(arm => Differing(plan.Arms[0].Scenario.Scenario, arm.Scenario.Scenario)).Distinct()];
        return differing.Length == 0 ? null : $"As declared, the arms differ in {string.Join(", ", differing)}: what that costs is no part of the budget that they share.";
    }

    /// <summary>The settings that cost, as they are in force: what is switched off costs nothing, however it is set.</summary>
    private static Dictionary<string, string> Costs(Scenario scenario) =>
        Leaves(scenario).Where(leaf => FreeFor(leaf.Key) is null && !IsIdle(scenario, leaf.Key)).ToDictionary(leaf => leaf.Key, leaf => leaf.Key switch
        {
            // A pass over the same texts, however much it weighs.
            "learning.klWeight" or "learning.decodingCorrection" or "learning.retrospectiveCredit" => "used",
            // Preferences are held to a reference, which passes over the texts first; all other methods cost alike.
            "learning.method" => Compares(scenario) ? "preferences" : "texts",
            _ => leaf.Value,
        }, StringComparer.Ordinal);

    private static bool IsIdle(Scenario scenario, string key) => key switch
    {
        "model.architecture" => scenario.Model.Base is not null,
        "consolidation" => scenario.Consolidation.EveryRounds == 0 || scenario.Consolidation.EveryRounds > scenario.SelfPlay.Rounds,
        "culture.books" => scenario.Culture.Books.EveryRounds == 0,
        // Matched rollouts are attempts beside those of the round.
        "culture.admission" => scenario.Culture.Admission != AdmissionRule.Gate,
        "learning.pairsPerGroup" => !Compares(scenario),
        "learning.klWeight" => scenario.Learning is not { Enabled: true, KlWeight: > 0 },
        "learning.decodingCorrection" => scenario.Learning is not { Enabled: true, DecodingCorrection: > 0 },
        "learning.retrospectiveCredit" => scenario.Learning is not { Enabled: true, RetrospectiveCredit: > 0 },
        "learning.lora" => scenario.Learning.Weights != TrainedWeights.Lora,
        _ => (key.StartsWith("culture.admission", StringComparison.Ordinal) && scenario.Culture.Admission != AdmissionRule.Gate) || (key.StartsWith("learning.", StringComparison.Ordinal) && !scenario.Learning.Enabled),
    };

    private static bool Compares(Scenario scenario) => scenario.Learning.Method is LearningMethod.Dpo or LearningMethod.Spin;

    /// <summary>Every setting of a scenario by its key, those of a block as one.</summary>
    private static IEnumerable<(string Key, string Value)> Leaves(object record, string above = "")
    {
        foreach (SettingKey key in SettingKeys.Of(record.GetType()))
        {
            string name = above + key.Name;
            object? value = key.Property.GetValue(record);
            if (value is not null && SettingKeys.IsRecord(value.GetType()) && !Blocks.Contains(name))
            {
                foreach ((string, string) inner in Leaves(value, name + ".")) yield return inner;
            }
            else yield return (name, value is null ? "null" : SettingsText.Write(value));
        }
    }

    private static bool IsOrHolds(string named, string key) => key == named || (key.StartsWith(named, StringComparison.Ordinal) && key[named.Length] == '.');
}
