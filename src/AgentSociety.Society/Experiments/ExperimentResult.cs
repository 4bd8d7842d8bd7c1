using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core;

namespace AgentSociety.Society;

/// <summary>The results of an experiment for scripts, <c>experiment.json</c>: a stable interface. Made from the runs' databases alone.</summary>
/// <remarks>Fields are added and never change their meaning while <see cref="Version"/> stays the same. Effect sizes where nothing varies are written as "Infinity".</remarks>
public sealed record ExperimentResult
{
    /// <summary>The version of this interface that is written.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The interface's version.</summary>
    public required int Version { get; init; }

    /// <summary>SHA-256 of what was declared before the run.</summary>
    public required string Hash { get; init; }

    /// <summary>What was declared.</summary>
    public required ExperimentSettings Declared { get; init; }

    /// <summary>True where only the pilot's societies are in it.</summary>
    public required bool IsPilot { get; init; }

    /// <summary>The difficulties that the metric is taken over.</summary>
    public required IReadOnlyList<int> Difficulties { get; init; }

    /// <summary>What each society may spend, the same in all arms.</summary>
    public required DeclaredBudget Budget { get; init; }

    /// <summary>The arms in order.</summary>
    public required IReadOnlyList<ArmResult> Arms { get; init; }

    /// <summary>What the scores say.</summary>
    public required ExperimentAnalysis Analysis { get; init; }

    /// <summary>What does not agree with the declaration or needs care in reading; empty where nothing does.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>The command that makes it again.</summary>
    public required string Command { get; init; }

    /// <summary>Versions of the program with its commit, of the runtime and of packages, by name, that the societies were run with; several with commas between them.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>The version of the program that took the notes tests and made this result of what the societies left.</summary>
    public string ReportedWith { get; init; } = "";

    /// <summary>Seconds that all societies took together, as if they had lived one after another.</summary>
    public required double SocietySeconds { get; init; }

    /// <summary>The result of finished societies.</summary>
    /// <param name="plan">The experiment.</param>
    /// <param name="societies">Results by arm, in the plan's order.</param>
    /// <param name="isPilot">Whether they are the pilot's.</param>
    /// <param name="command">The command that makes them again.</param>
    public static ExperimentResult Of(ExperimentPlan plan, IReadOnlyList<IReadOnlyList<SocietyResult>> societies, bool isPilot, string command)
    {
        ArmResult[] arms = [.. plan.Arms.Select((arm, index) => new ArmResult
        {
            Name = arm.Name,
            On = arm.On,
            Overrides = arm.Overrides,
            ScenarioHash = arm.Scenario.Hash,
            Societies = societies[index],
        })];
        return new ExperimentResult
        {
            Version = CurrentVersion,
            Hash = plan.Hash,
            Declared = plan.Settings,
            IsPilot = isPilot,
            Difficulties = plan.Difficulties,
            Budget = DeclaredBudget.Of(plan.Arms[0].Scenario),
            Arms = arms,
            Analysis = ExperimentAnalysis.Of(plan.Settings, [.. arms.Select(arm => (arm.Name, (IReadOnlyList<double>)[.. arm.Societies.Select(society => society.Score)]))], plan.Metric.LeastDeviation(plan)),
            Remarks = [.. Differences(plan, arms)],
            Command = command,
            Versions = Merged(arms),
            ReportedWith = RunVersions.Current()["AgentSociety"],
            SocietySeconds = arms.Sum(arm => arm.Societies.Sum(society => society.Spent.Seconds)),
        };
    }

    /// <summary>The result as JSON.</summary>
    public string Json() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>Reads a result.</summary>
    /// <exception cref="SocietyException">It cannot be read or has another version.</exception>
    public static ExperimentResult Load(string path)
    {
        try
        {
            ExperimentResult result = JsonSerializer.Deserialize<ExperimentResult>(File.ReadAllText(path), Format) ?? throw new SocietyException($"{path}: is empty");
            return result.Version == CurrentVersion ? result : throw new SocietyException($"{path}: is a result of version {result.Version}, and this program reads {CurrentVersion}; run the experiment's command again, which repeats nothing that is done");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SocietyException($"{path}: cannot be read as the result of an experiment ({cause.Message.ReplaceLineEndings(" ")})", cause: cause);
        }
    }

    private static SortedDictionary<string, string> Merged(ArmResult[] arms)
    {
        SortedDictionary<string, string> versions = new(StringComparer.Ordinal);
        foreach (IGrouping<string, KeyValuePair<string, string>> name in arms.SelectMany(arm => arm.Societies).SelectMany(society => society.Versions).GroupBy(version => version.Key))
            versions[name.Key] = string.Join(", ", name.Select(version => version.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return versions;
    }

    /// <summary>What of the program or the machine was not the same for all societies.</summary>
    private static IEnumerable<string> Mixtures(ArmResult[] arms)
    {
        (string Arm, SocietyResult Society)[] all = [.. arms.SelectMany(arm => arm.Societies.Select(society => (arm.Name, society)))];
        foreach (string name in all.SelectMany(each => each.Society.Versions.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            IGrouping<string, (string Arm, SocietyResult Society)>[] versions = [.. all.GroupBy(each => each.Society.Versions.GetValueOrDefault(name, "unknown")).OrderBy(version => version.Key, StringComparer.Ordinal)];
            if (versions.Length == 1) continue;
            yield return $"Societies were run with different versions of {name}: {string.Join("; ", versions.Select(version => $"{version.Key} ({string.Join(", ", version.Select(each => $"{each.Arm} {each.Society.Seed}"))})"))}. A difference between arms may come of that.";
        }
    }

    private static IEnumerable<string> Differences(ExperimentPlan plan, ArmResult[] arms)
    {
        DeclaredBudget declared = DeclaredBudget.Of(plan.Arms[0].Scenario);
        if (EqualSettings.Remark(plan) is { } remark) yield return remark;
        foreach (ArmResult arm in arms)
        {
            foreach (SocietyResult society in arm.Societies)
            {
                if (society.Spent.Attempts != declared.Attempts) yield return $"{arm.Name}, seed {society.Seed}: {society.Spent.Attempts:N0} attempts were made, and {declared.Attempts:N0} were declared.";
                if (society.Spent.GradientSteps != declared.GradientSteps) yield return $"{arm.Name}, seed {society.Seed}: {society.Spent.GradientSteps:N0} gradient steps were taken, and {declared.GradientSteps:N0} were declared.";
            }
        }

        foreach (string mixture in Mixtures(arms)) yield return mixture;
        double[] trials = [.. arms.Select(arm => arm.Societies.Average(society => (double)society.Spent.TrialAttempts))];
        if (trials.Max() > trials.Min())
        {
            yield return $"Attempts that were played again to try notes differ: {string.Join(", ", arms.Select((arm, index) => FormattableString.Invariant($"{arm.Name} {trials[index]:N0}")))} a society, beside the {declared.Attempts:N0} declared.";
        }

        double?[] texts = [.. arms.Select(arm => arm.Societies.Average(society => (double?)society.Spent.TrainedTexts))];
        if (texts.Max() > 1.1 * texts.Min())
        {
            yield return $"Texts that were trained on differ: {string.Join(", ", arms.Select((arm, index) => $"{arm.Name} {texts[index]:N0}"))} a society. "
                + "Gradient steps are equal in number, and a step holds its share of the attempts that carry a signal beside the replayed texts.";
        }

        double[] tokens = [.. arms.Select(arm => arm.Societies.Average(society => (double)society.Spent.DecodedTokens))];
        if (tokens.Max() > 1.1 * tokens.Min())
        {
            yield return $"Decoded tokens differ: {string.Join(", ", arms.Select((arm, index) => $"{arm.Name} {tokens[index]:N0}"))} a society. "
                + "Attempts and gradient steps are equal; longer problems take longer answers, and self-play writes its problems.";
        }
    }
}

/// <summary>One arm.</summary>
public sealed record ArmResult
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>The factors that are on.</summary>
    public required IReadOnlyList<string> On { get; init; }

    /// <summary>Changes of the base scenario.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>SHA-256 of its scenario with the first seed.</summary>
    public required string ScenarioHash { get; init; }

    /// <summary>Its societies by seed.</summary>
    public required IReadOnlyList<SocietyResult> Societies { get; init; }
}
