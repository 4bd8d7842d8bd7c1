using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Web;

/// <summary>A task that two runs share.</summary>
/// <param name="Task">What it is called.</param>
/// <param name="Difficulty">The environment's measure.</param>
/// <param name="First">Success in the first run, 0 to 1.</param>
/// <param name="Second">Success in the second.</param>
public sealed record PairedTask(string Task, int Difficulty, double First, double Second);

/// <summary>Two runs on the tasks that they share.</summary>
public sealed record PairedRuns
{
    private const int MostPermuted = 2_000;
    private const string HeldOut = "held-out";

    /// <summary>The tasks, the largest differences first.</summary>
    public required IReadOnlyList<PairedTask> Tasks { get; init; }

    /// <summary>Mean of second minus first.</summary>
    public required double Mean { get; init; }

    /// <summary>95 % bootstrap interval of the mean.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Probability of so large a mean where the runs do not differ: sign-flip permutation test, two-sided.</summary>
    public required double Probability { get; init; }

    /// <summary>How many pairs the test looked at: a random part of them where there are very many.</summary>
    public required int Tested { get; init; }

    /// <summary>The questions of the last tests that newborns of both were asked; where there is none, as of runs in different worlds, the shares of right answers by difficulty.</summary>
    internal static PairedRuns? OfHeldOut(OpenRun first, OpenRun second, bool reading)
    {
        if (first.Records.HeldOut() is not [.., HeldOutPoint one] || second.Records.HeldOut() is not [.., HeldOutPoint other]) return null;
        Dictionary<string, AnswerRow> asked = Asked(first, one, reading), askedToo = Asked(second, other, reading);
        PairedTask[] questions = [.. asked.Where(pair => askedToo.ContainsKey(pair.Key)).Select(pair => new PairedTask(pair.Key, pair.Value.Difficulty, Right(pair.Value), Right(askedToo[pair.Key])))];
        if (questions.Length > 0) return Of(questions);
        Dictionary<int, HeldOutRecord> shares = ByDifficulty(one, reading), others = ByDifficulty(other, reading);
        return Of([.. shares.Where(pair => others.ContainsKey(pair.Key)).Select(pair => new PairedTask($"difficulty {pair.Key}", pair.Key, Share(pair.Value), Share(others[pair.Key])))]);
    }

    /// <summary>Problems that both runs played.</summary>
    internal static PairedRuns? OfProblems(OpenRun first, OpenRun second) =>
        Of([.. first.Database.PairWith(second.Database).Select(pair => new PairedTask(pair.CanonicalForm, pair.Difficulty, pair.First, pair.Second))]);

    private static Dictionary<string, AnswerRow> Asked(OpenRun run, HeldOutPoint test, bool reading) =>
        run.Database.AnswerList(new AnswerFilter { Test = HeldOut, Round = test.Round, Reading = reading }, int.MaxValue).DistinctBy(row => row.Problem).ToDictionary(row => row.Problem);

    private static Dictionary<int, HeldOutRecord> ByDifficulty(HeldOutPoint test, bool reading) =>
        test.Results.Where(result => result.Count > 0 && result.Reading == reading).ToDictionary(result => result.Difficulty);

    private static double Right(AnswerRow answer) => answer.Outcome == Outcome.Correct ? 1 : 0;

    private static double Share(HeldOutRecord result) => (double)result.Correct / result.Count;

    private static PairedRuns? Of(PairedTask[] tasks)
    {
        if (tasks.Length == 0) return null;
        KeyedRandom random = KeyedRandom.For(0, "compare", tasks.Length);
        double[] differences = [.. tasks.Select(task => task.Second - task.First)];
        double mean = differences.Average();
        if (differences.Length > MostPermuted)
        {
            random.Shuffle(differences.AsSpan());
            differences = differences[..MostPermuted];
        }

        return new PairedRuns
        {
            Tasks = [.. tasks.OrderByDescending(task => Math.Abs(task.Second - task.First)).ThenBy(task => task.Task, StringComparer.Ordinal)],
            Mean = mean,
            Interval = Interval.BootstrapMean(differences, random, resamples: differences.Length > 200 ? 500 : 4_000),
            Probability = PermutationTest.Paired(differences, random),
            Tested = differences.Length,
        };
    }
}
