using AgentSociety.Cli.Progress;
using AgentSociety.Learning.Statistics;
using AgentSociety.Society;

namespace AgentSociety.Cli.Reports;

/// <summary>What an experiment found, in sentences: an effect that was not found is said as plainly as one that was.</summary>
internal static class ExperimentFindings
{
    /// <summary>The sentences, the most important first.</summary>
    public static IReadOnlyList<string> Of(ExperimentResult result)
    {
        ExperimentSettings settings = result.Declared;
        ExperimentAnalysis analysis = result.Analysis;
        List<string> findings = [];
        if (result.IsPilot) findings.Add($"This is the pilot of {settings.Pilot} societies in each arm: it measures the spread between societies, and its effects are no result.");
        if (analysis.Effects is { } effects)
        {
            findings.Add(Effect(settings, $"{settings.Factors[0].Name}, averaged over {settings.Factors[1].Name}", effects.First));
            findings.Add(Effect(settings, $"{settings.Factors[1].Name}, averaged over {settings.Factors[0].Name}", effects.Second));
            findings.Add(Interaction(settings, effects.Interaction));
        }
        else findings.AddRange(analysis.Comparisons.Select(comparison => Difference(settings, comparison)));

        bool seen = analysis.Effects is { } both ? both.Interaction.Probability < settings.Alpha : analysis.Comparisons.Any(comparison => comparison.Probability < settings.Alpha);
        string chance = Figures.Percent(analysis.PowerReached);
        string what = analysis.Effects is null ? "a difference" : "an interaction";
        findings.Add(seen
            ? $"At the spread that was found ({Score(settings, analysis.Deviation)} between societies of one arm), {what} of {Score(settings, settings.Effect)} had a chance of {chance} to be seen with {analysis.Arms.Min(arm => arm.Societies)} societies in each arm."
            : $"Not to find {what} is not to show that there is none: one of {Score(settings, settings.Effect)}, had it been there, would have been seen with a chance of {chance} with {analysis.Arms.Min(arm => arm.Societies)} societies in each arm; "
                + (analysis.SocietiesNeeded is { } needed ? $"a chance of {Figures.Percent(settings.Power)} takes {needed}." : "more than 1,000 would be needed."));
        return findings;
    }

    /// <summary>What could make the findings mean something else.</summary>
    public static IReadOnlyList<string> Threats(ExperimentPlan plan, ExperimentResult result) =>
    [
        "The unit of replication is the society. Societies of one seed share a world across arms, and the tests treat them as independent, which makes p larger than it need be where worlds differ in difficulty.",
        $"The primary metric was declared before the run ({result.Hash[..12]}); everything else that is shown is descriptive, and comparisons of arms are not corrected for their number.",
        Beginning(plan),
        "A bootstrap of fewer than about eight societies gives intervals that are too narrow.",
        "Attempts and gradient steps are equal in all arms; decoded tokens follow from what agents write, texts trained on from how many attempts carry a signal. Both are listed below, and are not equal where problems grow longer or arms learn from more. Proposals of self-play come on top.",
        "Held-out problems are reserved by their canonical form, and no attempt at one is ever played or trained on, though a proposer may happen to write one, is paid for it once, and may learn from that to pose it, never to solve it; facts of a world can be learned from its other problems, by weights as well as by notes: the column without reading shows how much is in the weights.",
        Scope(plan, result),
    ];

    private static string Beginning(ExperimentPlan plan)
    {
        string?[] bases = [.. plan.Arms.Select(arm => arm.Scenario.BaseFolder).Distinct()];
        return bases switch
        {
            [{ } folder] => $"All societies begin with one base model ({Path.GetFileName(folder)}): what is found holds for that base.",
            [null] => "Each society trains its own base model before its first round, from its seed: their bases differ as their worlds do.",
            _ => "Arms begin with different base models: what is found is of both the arm and its base.",
        };
    }

    private static string Scope(ExperimentPlan plan, ExperimentResult result)
    {
        string tasks = string.Join(" and ", plan.Arms.Select(arm => arm.Scenario.Scenario.Environment.Name).Distinct());
        ModelSize[] models = [.. result.Arms.SelectMany(arm => arm.Societies).Select(society => society.Model).OfType<ModelSize>().Distinct().OrderBy(model => model.Parameters)];
        string model = models.Length == 0 ? "one kind of model"
            : $"a model of {string.Join(" to ", models.Select(size => size.Parameters).Distinct().Select(count => FormattableString.Invariant($"{count:N0}")))} parameters{(models.All(size => size.Characters) ? " that reads and writes single characters" : "")}";
        return $"The tasks are those of {tasks}, done by {model}. Whether other tasks or other models behave alike is not shown here.";
    }

    private static string Effect(ExperimentSettings settings, string name, Effect effect) => effect.Probability < settings.Alpha
        ? $"{Capital(name)}, {(effect.Estimate > 0 ? "adds" : "takes away")} {Points(settings, Math.Abs(effect.Estimate))} (95 % interval {Range(settings, effect.Interval)}, {ExperimentFigures.Probability(effect.Probability)}, {ExperimentFigures.Size(effect.Standardised)} standard deviations)."
        : $"No effect of {name}, was found: {Points(settings, effect.Estimate)} (95 % interval {Range(settings, effect.Interval)}, {ExperimentFigures.Probability(effect.Probability)}).";

    private static string Interaction(ExperimentSettings settings, Effect effect)
    {
        string numbers = $"{Points(settings, effect.Estimate)}, 95 % interval {Range(settings, effect.Interval)}, {ExperimentFigures.Probability(effect.Probability)}";
        return effect.Probability >= settings.Alpha ? $"No interaction was found: the two together add what each adds alone, within what could be seen ({numbers})."
            : effect.Estimate > 0 ? $"The two together do what neither does alone: both add more than the sum of each (interaction {numbers})."
            : $"The two together add less than the sum of each (interaction {numbers}).";
    }

    private static string Difference(ExperimentSettings settings, Comparison comparison)
    {
        string numbers = $"{Points(settings, comparison.Difference)}, 95 % interval {Range(settings, comparison.Interval)}, {ExperimentFigures.Probability(comparison.Probability)}, Hedges' g {ExperimentFigures.Size(comparison.HedgesG)}, Cliff's delta {FormattableString.Invariant($"{comparison.CliffsDelta:0.00}")}";
        return comparison.Probability < settings.Alpha
            ? $"{comparison.First} does {(comparison.Difference > 0 ? "better" : "worse")} than {comparison.Second} ({numbers})."
            : $"No difference of {comparison.First} from {comparison.Second} was found ({numbers}).";
    }

    private static string Score(ExperimentSettings settings, double score) => ExperimentFigures.Score(settings.Metric, score);

    private static string Points(ExperimentSettings settings, double difference) => new PrimaryMetric(settings.Metric).IsShare ? FormattableString.Invariant($"{100 * difference:0.0} points") : FormattableString.Invariant($"{difference:0.00} steps of difficulty");

    private static string Range(ExperimentSettings settings, Interval interval) => new PrimaryMetric(settings.Metric).IsShare
        ? FormattableString.Invariant($"{100 * interval.Low:0.0} to {100 * interval.High:0.0}")
        : FormattableString.Invariant($"{interval.Low:0.00} to {interval.High:0.00}");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
