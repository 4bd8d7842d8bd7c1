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

    /// <summary>Held-out results of the last tests, by difficulty and reading.</summary>
    internal static PairedRuns? OfHeldOut(OpenRun first, OpenRun second)
    {
        Dictionary<(int, bool), HeldOutRecord> Last(OpenRun run) => run.Records.HeldOut() is [.., HeldOutPoint point] ? point.Results.Where(result => result.Count > 0).ToDictionary(result => (result.Difficulty, result.Reading)) : [];
        Dictionary<(int Difficulty, bool Reading), HeldOutRecord> one = Last(first), other = Last(second);
        return Of([.. one.Where(pair => other.ContainsKey(pair.Key)).Select(pair => new PairedTask($"held-out, difficulty {pair.Key.Difficulty}, {(pair.Key.Reading ? "reading" : "not reading")}",
            pair.Key.Difficulty, Share(pair.Value), Share(other[pair.Key])))]);
    }

    /// <summary>Problems that both runs played.</summary>
    internal static PairedRuns? OfProblems(OpenRun first, OpenRun second) =>
        Of([.. first.Database.PairWith(second.Database).Select(pair => new PairedTask(pair.CanonicalForm, pair.Difficulty, pair.First, pair.Second))]);

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
