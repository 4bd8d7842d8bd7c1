using AgentSociety.Cli.Progress;
using AgentSociety.Society;

namespace AgentSociety.Cli.Reports;

/// <summary>A table of a report, whatever it is written as.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Note">What it shows.</param>
/// <param name="Head">The columns.</param>
/// <param name="Rows">The rows, as plain text.</param>
internal sealed record ReportTable(string Title, string Note, IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>The tables of an experiment's report.</summary>
internal static class ExperimentRows
{
    /// <summary>All tables in order.</summary>
    public static IEnumerable<ReportTable> All(ExperimentResult result)
    {
        yield return Arms(result);
        yield return Comparisons(result);
        if (Worth(result) is { } worth) yield return worth;
        if (Births(result) is { } births) yield return births;
        if (Ratchets(result) is { } ratchets) yield return ratchets;
        if (Wipes(result) is { } wipes) yield return wipes;
        yield return Beside(result);
        yield return Budget(result);
        yield return Seeds(result);
    }

    /// <summary>Means and intervals.</summary>
    public static ReportTable Arms(ExperimentResult result) => new("Arms", "Mean over societies of the primary metric, with its 95 % bootstrap interval.",
        ["arm", "societies", "mean", "95 % interval", "deviation"],
        [.. result.Analysis.Arms.Select(arm => (string[])[arm.Name, $"{arm.Societies}", Score(result, arm.Mean), $"{Score(result, arm.Interval.Low)} to {Score(result, arm.Interval.High)}", Score(result, arm.Deviation)])]);

    private static ReportTable Comparisons(ExperimentResult result) => new("Comparisons", "Differences of means, with bootstrap intervals, two-sided permutation tests over societies, and effect sizes.",
        ["arm", "against", "difference", "95 % interval", "p", "Hedges' g", "Cliff's delta"],
        [.. result.Analysis.Comparisons.Select(pair => (string[])[pair.First, pair.Second, Score(result, pair.Difference), $"{Score(result, pair.Interval.Low)} to {Score(result, pair.Interval.High)}",
            ExperimentFigures.Probability(pair.Probability), ExperimentFigures.Size(pair.HedgesG), FormattableString.Invariant($"{pair.CliffsDelta:0.00}")])]);

    private static ReportTable? Worth(ExperimentResult result)
    {
        if (!result.Arms.Any(arm => arm.Societies.Any(society => society.NotesWorth is not null))) return null;
        string Mean(ArmResult arm, Func<NotesWorth, double?> of)
        {
            double[] values = [.. arm.Societies.Select(society => society.NotesWorth).OfType<NotesWorth>().Select(of).OfType<double>()];
            return values.Length == 0 ? "-" : FormattableString.Invariant($"{100 * values.Average():0.0} %");
        }

        return new ReportTable("What the notes are worth", "Accuracy of newborns with each society's final weights at the metric's difficulties: with what their arm shows, without reading, with another society's notes (facts of another world), with each note under another's name, with half of the notes, and with the truth in place of notes.",
            ["arm", "own", "without reading", "another society's", "shuffled", "half", "the truth"],
            [.. result.Arms.Select(arm => (string[])[arm.Name, Mean(arm, worth => worth.Own), Mean(arm, worth => worth.Without), Mean(arm, worth => worth.Other), Mean(arm, worth => worth.Shuffled), Mean(arm, worth => worth.Half), Mean(arm, worth => worth.Truth)])]);
    }

    private static ReportTable? Ratchets(ExperimentResult result)
    {
        if (!result.Declared.Ratchet) return null;
        return new ReportTable("Ratchet", "First scores of newborns from generation to generation: mean slope a generation, share of generations that do not fall below the best before them, and rounds that the first and the last generation needed to match their elders (the first: its own end).",
            ["arm", "slope", "slope's interval above 0", "generations without loss", "rounds to match, first", "rounds to match, last"],
            [.. result.Arms.Select(arm =>
            {
                Learning.Statistics.Ratchet[] ratchets = [.. arm.Societies.Select(society => society.Ratchet).OfType<Learning.Statistics.Ratchet>()];
                return ratchets.Length == 0 ? (string[])[arm.Name, "-", "-", "-", "-", "-"]
                    : [arm.Name, Score(result, ratchets.Average(ratchet => ratchet.Slope)), $"{ratchets.Count(ratchet => ratchet.Interval.Low > 0)} of {ratchets.Length} societies", Figures.Percent(ratchets.Average(ratchet => ratchet.WithoutLoss)),
                        Matched(arm, society => society.Generations[0]), Matched(arm, society => society.Generations[^1])];
            })]);
    }

    /// <summary>Mean rounds of the societies that matched their elders, and how many never did.</summary>
    private static string Matched(ArmResult arm, Func<SocietyResult, Lifetime> of)
    {
        int[] rounds = [.. arm.Societies.Select(society => of(society).RoundsToMatch).OfType<int>()];
        int never = arm.Societies.Count - rounds.Length;
        string mean = rounds.Length == 0 ? "-" : FormattableString.Invariant($"{rounds.Average():0.0}");
        return never == 0 ? mean : $"{mean} (never in {never} of {arm.Societies.Count})";
    }

    private static ReportTable? Births(ExperimentResult result)
    {
        // An arm in which nobody dies has no births to compare.
        ArmResult[] mortal = [.. result.Arms.Where(arm => arm.Societies.All(society => society.Generations.Count > 0))];
        int count = mortal.Length == 0 ? 0 : mortal.Min(arm => arm.Societies.Min(society => society.Generations.Count));
        if (count < 2) return null;
        return new ReportTable("Newborns and elders", "Mean score at birth, before anything was done, and at the end of a life, by generation.",
            ["arm", .. Enumerable.Range(1, count).Select(number => $"generation {number}")],
            [.. mortal.Select(arm => (string[])[arm.Name, .. Enumerable.Range(0, count).Select(index =>
                $"{Figures.Percent(arm.Societies.Average(society => society.Generations[index].FirstScore))} → {Figures.Percent(arm.Societies.Average(society => society.Generations[index].LastScore))}")])]);
    }

    private static ReportTable? Wipes(ExperimentResult result)
    {
        ArmResult[] wiped = [.. result.Arms.Where(arm => arm.Societies.Any(society => society.Wipe is not null))];
        if (wiped.Length == 0) return null;
        return new ReportTable("Wipe test", "Share of right answers of newborns with the same weights, with what was written so far and with an empty scratchpad: what falls away was in text, what is left is in weights.",
            ["arm", "round", "before", "after", "in text"],
            [.. wiped.Select(arm =>
            {
                WipeTest[] tests = [.. arm.Societies.Select(society => society.Wipe).OfType<WipeTest>()];
                double before = tests.Average(test => test.Before), after = tests.Average(test => test.After);
                return (string[])[arm.Name, $"{tests[0].Round}", Figures.Percent(before), Figures.Percent(after), Figures.Percent(before - after)];
            })]);
    }

    private static ReportTable Beside(ExperimentResult result) => new("Beside the metric", "Frontier: the greatest difficulty that newborns solve. Lucky: share of right answers in play that were reached by a wrong step. Means over societies.",
        ["arm", "frontier before", "frontier after", "lucky", "pages", "revisions"],
        [.. result.Arms.Select(arm =>
        {
            double[] lucky = [.. arm.Societies.Select(society => society.LuckyShare).OfType<double>()];
            return (string[])[arm.Name, Mean(arm, society => society.Frontier.Start), Mean(arm, society => society.Frontier.End), lucky.Length == 0 ? "-" : FormattableString.Invariant($"{100 * lucky.Average():0.0} %"),
                Mean(arm, society => society.Scratchpad.Pages), Mean(arm, society => society.Scratchpad.Revisions)];
        })]);

    private static ReportTable Budget(ExperimentResult result) => new("What was spent", $"Declared for every society: {result.Budget.Attempts:N0} attempts and {result.Budget.GradientSteps:N0} gradient steps. A step holds its share of the attempts and proposals that carry a signal, and the replayed texts. Means over societies, as measured.",
        ["arm", "attempts", "of trials of notes", "proposals", "gradient steps", "steps of sleep", "texts trained", "of attempts with a signal", "tokens trained", "tokens decoded", "seconds"],
        [.. result.Arms.Select(arm => (string[])[arm.Name, .. ((Func<SpentBudget, double?>[])[spent => spent.Attempts, spent => spent.TrialAttempts, spent => spent.Proposals, spent => spent.GradientSteps, spent => spent.SleepSteps, spent => spent.TrainedTexts, spent => spent.SignalTexts, spent => spent.TrainedTokens, spent => spent.DecodedTokens, spent => spent.Seconds])
            .Select(of => arm.Societies.Average(society => of(society.Spent)) is { } mean ? FormattableString.Invariant($"{mean:N0}") : "-")])]);

    private static ReportTable Seeds(ExperimentResult result) => new("Every society", "The primary metric by seed.",
        ["arm", .. result.Arms[0].Societies.Select(society => $"seed {society.Seed}")],
        [.. result.Arms.Select(arm => (string[])[arm.Name, .. arm.Societies.Select(society => Score(result, society.Score))])]);

    private static string Mean(ArmResult arm, Func<SocietyResult, double> of) => FormattableString.Invariant($"{arm.Societies.Average(of):0.0}");

    private static string Score(ExperimentResult result, double score) => ExperimentFigures.Score(result.Declared.Metric, score);
}
