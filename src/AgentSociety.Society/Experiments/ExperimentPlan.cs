using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>An experiment that was read and checked: its arms, and the scenario of each of its societies.</summary>
public sealed record ExperimentPlan
{
    /// <summary>The file as it was given.</summary>
    public required string File { get; init; }

    /// <summary>What it declares.</summary>
    public required ExperimentSettings Settings { get; init; }

    /// <summary>The declaration with every key and its value.</summary>
    public required string Yaml { get; init; }

    /// <summary>SHA-256 of the declaration, of the resolved scenario of each arm, and of the base models' files: what was declared before the run.</summary>
    public required string Hash { get; init; }

    /// <summary>The arms in order; of two factors: neither, the first alone, the second alone, both.</summary>
    public required IReadOnlyList<ExperimentArm> Arms { get; init; }

    /// <summary>The base scenario's file.</summary>
    public string BaseFile => Path.Combine(Path.GetDirectoryName(File) is { Length: > 0 } folder ? folder : ".", Settings.Base);

    /// <summary>The number by which societies are judged.</summary>
    public PrimaryMetric Metric => new(Settings.Metric);

    /// <summary>The difficulties that the metric is taken over.</summary>
    public IReadOnlyList<int> Difficulties => Settings.Metric.Difficulties.Count > 0 ? Settings.Metric.Difficulties : Arms[0].Scenario.Scenario.Evaluation.Difficulties;

    /// <summary>True for two factors.</summary>
    public bool IsTwoByTwo => Settings.Factors.Count == 2;

    /// <summary>Reads an experiment file, expands its arms, and holds their budgets against each other; nothing is computed.</summary>
    /// <exception cref="SocietyException">Something is wrong with the file or an arm, or the arms differ in budget.</exception>
    public static ExperimentPlan Load(string file)
    {
        ExperimentSettings settings = ScenarioFile.LoadSettings<ExperimentSettings>(file);
        string yaml = SettingsText.Write(settings);
        ExperimentPlan plan = new() { File = file, Settings = settings, Yaml = yaml, Hash = "", Arms = [] };
        ExperimentArm[] arms = [.. Expand(settings, file, plan.BaseFile).Select(arm => arm with { Scenario = plan.Scenario(arm, settings.FirstSeed) })];
        plan = plan with { Arms = arms };
        Check(plan);
        string[] models = [.. arms.Select(arm => arm.Scenario.BaseFolder).OfType<string>().Distinct(StringComparer.Ordinal).Select(folder => $"base {ModelFingerprint.Of(folder)}")];
        string declared = string.Join('\n', [yaml, .. arms.Select(arm => $"{arm.Name} {arm.Scenario.Hash}"), .. models]);
        return plan with { Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(declared))) };
    }

    /// <summary>The societies of the first seeds, seed by seed, so that what is done at any time is balanced.</summary>
    /// <param name="place">The experiment's directory.</param>
    /// <param name="societies">How many of each arm.</param>
    public IReadOnlyList<PlannedRun> Runs(string place, int societies) =>
    [
        .. Enumerable.Range(0, societies).SelectMany(index => Arms.Select(arm =>
        {
            long seed = Settings.FirstSeed + index;
            return new PlannedRun(arm, seed, Scenario(arm, seed), Place(place, arm.Name, seed))
            {
                // The society before, so that a pilot's societies are those of the whole; the first has the second's.
                NotesOf = arm.NotesFrom is { } other ? Place(place, other, Settings.FirstSeed + (index == 0 ? 1 : index - 1)) : null,
            };
        })),
    ];

    private static RunDirectory Place(string place, string arm, long seed) => new(Path.Combine(place, arm, $"seed-{seed}"));

    private LoadedScenario Scenario(ExperimentArm arm, long seed)
    {
        try
        {
            return ScenarioFile.Load(BaseFile, arm.Overrides, seed);
        }
        catch (SocietyException fault)
        {
            throw new SocietyException(string.Join('\n', fault.Message.Split('\n').Select(line => $"{File}: arm '{arm.Name}': {line}")), cause: fault);
        }
    }

    private static IEnumerable<ExperimentArm> Expand(ExperimentSettings settings, string file, string baseFile)
    {
        if (settings.Factors.Count > 0 && settings.Arms.Count > 0) throw new SocietyException($"{file}: has both factors and arms; keep one of them");
        if (settings.Factors.Count == 0)
        {
            if (settings.Arms.Count < 2) throw new SocietyException($"{file}: arms: needs two or more; or name two factors");
            Scenario? shared = settings.Arms.Any(arm => arm.As is not null) ? ScenarioFile.Load(baseFile, settings.Set, settings.FirstSeed).Scenario : null;
            return settings.Arms.Select(arm => Arm(arm.Name, [.. arm.As is { } named ? NamedArms.Changes(named, shared!) : [], .. arm.Set], []) with { NotesFrom = arm.NotesFrom });
        }

        if (settings.Factors is not [{ } first, { } second]) throw new SocietyException($"{file}: factors: needs two; with one factor or with more levels name the arms");
        return
        [
            Arm("neither", [.. first.Off, .. second.Off], []),
            Arm(first.Name, [.. first.On, .. second.Off], [first.Name]),
            Arm(second.Name, [.. first.Off, .. second.On], [second.Name]),
            Arm($"{first.Name}-and-{second.Name}", [.. first.On, .. second.On], [first.Name, second.Name]),
        ];

        ExperimentArm Arm(string name, IReadOnlyList<string> changes, IReadOnlyList<string> on) => new() { Name = name, Overrides = [.. settings.Set, .. changes], On = on, Scenario = null! };
    }

    private static void Check(ExperimentPlan plan)
    {
        ExperimentSettings settings = plan.Settings;
        if (plan.Arms.GroupBy(arm => arm.Name).FirstOrDefault(same => same.Skip(1).Any()) is { } twice) throw new SocietyException($"{plan.File}: two arms are called '{twice.Key}'; give each a name of its own");
        if (plan.Arms.GroupBy(arm => $"{arm.Scenario.Hash} {arm.NotesFrom}").FirstOrDefault(same => same.Skip(1).Any()) is { } same)
            throw new SocietyException($"{plan.File}: the arms {string.Join(" and ", same.Select(arm => $"'{arm.Name}'"))} are the same scenario; change one of them");
        foreach (ExperimentArm arm in plan.Arms) CheckNotes(plan, arm);
        plan.Metric.Check(plan);
        if (settings.Pilot > settings.Societies) throw new SocietyException($"{plan.File}: pilot: is {settings.Pilot}, and there are {settings.Societies} societies in an arm");
        if (settings.Stopping == StoppingRule.Power && settings.MostSocieties < settings.Societies) throw new SocietyException($"{plan.File}: mostSocieties: is {settings.MostSocieties}, below societies, which is {settings.Societies}");
        foreach (ExperimentArm arm in plan.Arms)
        {
            foreach (int difficulty in plan.Difficulties.Except(arm.Scenario.Scenario.Evaluation.Difficulties))
                throw new SocietyException($"{plan.File}: metric.difficulties: {difficulty} is not tested in arm '{arm.Name}'; add it to evaluation.difficulties");
            int generations = new Lifetimes(arm.Scenario.Scenario).Count;
            if (settings.Ratchet && generations < 3) throw new SocietyException($"{plan.File}: ratchet: arm '{arm.Name}' has fewer than three generations; set generations.everyRounds to at most a third of selfPlay.rounds");
            plan.Metric.Check(plan, arm);
        }

        DeclaredBudget.RequireEqual(plan);
    }

    private static void CheckNotes(ExperimentPlan plan, ExperimentArm arm)
    {
        CultureSettings culture = arm.Scenario.Scenario.Culture;
        bool placebo = culture.Shown == NotesShown.Placebo;
        if (placebo && arm.NotesFrom is null && culture.PlaceboDatabase is null) throw new SocietyException($"{plan.File}: arm '{arm.Name}' shows the notes of another society and names none; name the arm that they come from under notesFrom");
        if (arm.NotesFrom is not { } from) return;
        if (!placebo) throw new SocietyException($"{plan.File}: arm '{arm.Name}' has notesFrom, and its readers are shown '{SettingKeys.NameOf(culture.Shown)}' notes; set culture.shown to placebo or leave notesFrom out");
        if (plan.Arms.FirstOrDefault(other => other.Name == from) is not { } source)
            throw new SocietyException($"{plan.File}: arm '{arm.Name}': notesFrom: there is no arm '{from}'; {Nearest.Hint(from, [.. plan.Arms.Select(other => other.Name)])}");
        if (source.NotesFrom is not null) throw new SocietyException($"{plan.File}: arm '{arm.Name}': notesFrom: '{from}' has the notes of others itself; name an arm that writes its own");
    }
}

/// <summary>One cell of an experiment.</summary>
public sealed record ExperimentArm
{
    /// <summary>What it is called; also its folder.</summary>
    public required string Name { get; init; }

    /// <summary>Changes of the base scenario, as <c>key=value</c>.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>The factors that are on.</summary>
    public required IReadOnlyList<string> On { get; init; }

    /// <summary>The arm whose societies' notes its readers are shown; null for none.</summary>
    public string? NotesFrom { get; init; }

    /// <summary>Its scenario with the first seed.</summary>
    public required LoadedScenario Scenario { get; init; }
}

/// <summary>One society of an experiment.</summary>
/// <param name="Arm">Its arm.</param>
/// <param name="Seed">Its seed, and with it its world.</param>
/// <param name="Scenario">What it runs.</param>
/// <param name="Directory">Where.</param>
public sealed record PlannedRun(ExperimentArm Arm, long Seed, LoadedScenario Scenario, RunDirectory Directory)
{
    /// <summary>The society whose notes its readers are shown, which must have lived before; null for none.</summary>
    public RunDirectory? NotesOf { get; init; }
}
