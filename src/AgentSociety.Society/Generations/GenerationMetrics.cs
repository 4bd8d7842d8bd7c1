using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Society;

/// <summary>The names under which generations are measured. A score is the share of right answers of newborns that read, over all difficulties of the test.</summary>
internal static class GenerationMetrics
{
    /// <summary>A fall or a gap that does not count: the standard error, at the worst, of the smaller of the tests that scores are of, sqrt(1/4 / problems). Births are tested with as many problems as tests between.</summary>
    public static double Tolerance(EvaluationSettings test) => 0.5 / Math.Sqrt(Math.Min(test.ProblemsPerDifficulty, test.FinalProblemsPerDifficulty) * test.Difficulties.Count);

    /// <summary>What newborns score just before the scratchpad is wiped.</summary>
    public const string BeforeWipe = "wipe/before";

    /// <summary>What they score just after it, with the same weights.</summary>
    public const string AfterWipe = "wipe/after";

    private const string First = "generation/first-score";
    private const string Score = "generation/score";
    private const string Match = "generation/rounds-to-match";

    /// <summary>What newborns score before they have done anything.</summary>
    /// <param name="generation">Their generation.</param>
    /// <param name="results">Their test.</param>
    public static IEnumerable<MetricRecord> AtBirth(int generation, IReadOnlyList<HeldOutRecord> results)
    {
        yield return new MetricRecord("generation", generation);
        yield return new MetricRecord(First, Of(results));
    }

    /// <summary>What newborns score on both sides of a wipe.</summary>
    public static IEnumerable<MetricRecord> AtWipe(IReadOnlyList<HeldOutRecord> before, IReadOnlyList<HeldOutRecord> after) => [new(BeforeWipe, Of(before)), new(AfterWipe, Of(after))];

    /// <summary>What a generation scores in a test of its life; at its end also how long it took to match its elders, and at the run's whether culture ratchets.</summary>
    /// <param name="lifetimes">Who lives when.</param>
    /// <param name="round">The round that is over.</param>
    /// <param name="results">The test that followed it.</param>
    /// <param name="records">Earlier rounds.</param>
    /// <param name="metrics">The metrics of the round in play so far.</param>
    public static IReadOnlyList<MetricRecord> AfterTest(Lifetimes lifetimes, int round, IReadOnlyList<HeldOutRecord> results, RunRecords records, IReadOnlyList<MetricRecord> metrics)
    {
        if (!lifetimes.Mortal) return [];
        if (round == 0) return [.. AtBirth(1, results)];
        double score = Of(results);
        List<MetricRecord> measured = [new(Score, score)];
        if (!lifetimes.EndsAt(round)) return measured;
        int generation = lifetimes.Of(round);
        (int Round, double Value)[] firsts = [.. records.Metric(First), .. metrics.Where(metric => metric.Name == First).Select(metric => (round, metric.Value))];
        (int Round, double Value)[] scores = [.. records.Metric(Score), (round, score)];
        IReadOnlyList<int?> rounds = RoundsToMatch(lifetimes, firsts, scores);
        if (rounds[^1] is { } needed) measured.Add(new MetricRecord(Match, needed));
        if (generation < lifetimes.Count || generation < 3) return measured;
        Ratchet ratchet = Ratchet.Of([.. firsts.Select(first => first.Value)], lifetimes.Tolerance);
        measured.Add(new MetricRecord("ratchet/slope", ratchet.Slope));
        measured.Add(new MetricRecord("ratchet/low", ratchet.Interval.Low));
        measured.Add(new MetricRecord("ratchet/high", ratchet.Interval.High));
        measured.Add(new MetricRecord("ratchet/without-loss", ratchet.WithoutLoss));
        return measured;
    }

    /// <summary>The generations of a finished run, oldest first.</summary>
    /// <param name="lifetimes">Who lived when.</param>
    /// <param name="records">What was stored.</param>
    public static IReadOnlyList<Lifetime> Lives(Lifetimes lifetimes, RunRecords records)
    {
        (int Round, double Value)[] firsts = [.. records.Metric(First)], scores = [.. records.Metric(Score)];
        IReadOnlyList<int?> rounds = RoundsToMatch(lifetimes, firsts, scores);
        return
        [
            .. firsts.Select((first, index) => new Lifetime(index + 1, first.Round, first.Value,
                scores.LastOrDefault(score => lifetimes.Of(score.Round) == index + 1, (Round: 0, Value: double.NaN)).Value, rounds[index])),
        ];
    }

    /// <summary>
    /// Rounds that each generation played until it scored what its elders scored at the end of their lives: 0 where it did so at birth, null where it never
    /// did. The first generation has no elders and is measured by its own end.
    /// </summary>
    /// <param name="lifetimes">Who lives when.</param>
    /// <param name="firsts">Scores at birth by round, one a generation; the first generation's at round 0.</param>
    /// <param name="scores">Scores after rounds, oldest first.</param>
    public static IReadOnlyList<int?> RoundsToMatch(Lifetimes lifetimes, IReadOnlyList<(int Round, double Value)> firsts, IReadOnlyList<(int Round, double Value)> scores)
    {
        List<int?> rounds = [];
        for (int generation = 1; generation <= firsts.Count; generation++)
        {
            int born = lifetimes.FirstRound(generation);
            (int Round, double Value)[] life = [.. scores.Where(score => lifetimes.Of(score.Round) == generation)];
            double[] elders = [.. scores.Where(score => lifetimes.Of(score.Round) == Math.Max(1, generation - 1)).Select(score => score.Value)];
            if (elders.Length == 0) rounds.Add(null);
            else if (firsts[generation - 1].Value >= elders[^1] - lifetimes.Tolerance) rounds.Add(0);
            else rounds.Add(life.Where(score => score.Value >= elders[^1] - lifetimes.Tolerance).Select(score => (int?)(score.Round - born + 1)).FirstOrDefault());
        }

        return rounds;
    }

    /// <summary>The score of a test; 0 where nothing was asked.</summary>
    public static double Of(IReadOnlyList<HeldOutRecord> results)
    {
        HeldOutRecord[] read = [.. results.Where(result => result.Reading)];
        return read.Length == 0 ? 0 : (double)read.Sum(result => result.Correct) / read.Sum(result => result.Count);
    }
}

/// <summary>How a generation began and ended. Scores are shares of right answers of newborns that read, over all difficulties of the test.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="BornIn">Its first round; 0 for the first generation, which is tested before the first round.</param>
/// <param name="FirstScore">What it scored before it had done anything.</param>
/// <param name="LastScore">What it scored in the last test of its life; not a number where it was not tested.</param>
/// <param name="RoundsToMatch">Rounds until it scored what its elders did at their end, 0 where it did so at birth, null where it never did; the first generation by its own end.</param>
public sealed record Lifetime(int Number, int BornIn, double FirstScore, double LastScore, int? RoundsToMatch);
