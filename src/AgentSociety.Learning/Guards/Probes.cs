using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Learning.Statistics;

namespace AgentSociety.Learning;

/// <summary>Probes of what a score is worth.</summary>
public static class Probes
{
    private static readonly int[] Windows = [4, 8, 16];

    /// <summary>
    /// How much better problems that were trained on are solved than fresh ones of the same difficulty: what is remembered rather than understood
    /// (the generalisation gap, as in Carlini et al. 2023's split of seen and unseen). The interval is Newcombe's (1998, method 10).
    /// </summary>
    /// <param name="seenCorrect">Right answers on problems that were trained on.</param>
    /// <param name="seen">Of how many.</param>
    /// <param name="freshCorrect">Right answers on fresh problems of the same difficulties.</param>
    /// <param name="fresh">Of how many.</param>
    public static Gap Memorisation(int seenCorrect, int seen, int freshCorrect, int fresh)
    {
        double first = (double)seenCorrect / seen, second = (double)freshCorrect / fresh;
        Interval a = Interval.Wilson(seenCorrect, seen), b = Interval.Wilson(freshCorrect, fresh);
        double difference = first - second;
        double below = Math.Sqrt(Math.Pow(first - a.Low, 2) + Math.Pow(b.High - second, 2));
        double above = Math.Sqrt(Math.Pow(a.High - first, 2) + Math.Pow(second - b.Low, 2));
        return new Gap(difference, new Interval(difference - below, difference + above));
    }

    /// <summary>Share of right answers that a wrong step led to: what a reward on outcomes alone reinforces. Null where no answer is right.</summary>
    /// <param name="episodes">Attempts at problems whose environment checks steps.</param>
    public static (double Share, Interval Interval)? LuckyGuesses(IEnumerable<EpisodeRecord> episodes)
    {
        bool[] lucky = [.. episodes.Where(episode => episode.Role == Role.Solver && episode.Outcome == Outcome.Correct).Select(episode => !episode.Sound)];
        int count = lucky.Count(guess => guess);
        return lucky.Length == 0 ? null : ((double)count / lucky.Length, Interval.Wilson(count, lucky.Length));
    }

    /// <summary>
    /// How far a judge's mean reward rose while the verifier's did not rise at all: the most from the older to the newer half of the last 4, 8 or 16 rounds; 0 where the verifier's rose too, or
    /// the judge's did not, or before the fourth round (reward over-optimisation; Gao et al. 2023). What both gained long ago hides nothing: a judge is fooled late, once agents are good.
    /// </summary>
    /// <param name="judge">Mean reward by the judging model, a value a round.</param>
    /// <param name="verifier">Mean reward by the verifier on the same episodes.</param>
    public static double JudgeRise(IReadOnlyList<double> judge, IReadOnlyList<double> verifier)
    {
        if (judge.Count != verifier.Count) throw new ArgumentException($"{judge.Count} rounds of the judge and {verifier.Count} of the verifier");
        return Windows.Where(window => window <= judge.Count && Rise(verifier, window) <= 0).Select(window => Rise(judge, window)).Append(0).Max();
    }

    /// <summary>True where a judge is being gamed: its reward rose alone by more than <paramref name="tolerance"/>.</summary>
    /// <param name="judge">Mean reward by the judging model, a value a round.</param>
    /// <param name="verifier">Mean reward by the verifier on the same episodes.</param>
    /// <param name="tolerance">The rise that counts.</param>
    public static bool JudgeDiverges(IReadOnlyList<double> judge, IReadOnlyList<double> verifier, double tolerance = 0.02) => JudgeRise(judge, verifier) > tolerance;

    private static double Rise(IReadOnlyList<double> values, int window) =>
        values.TakeLast(window / 2).Average() - values.SkipLast(window / 2).TakeLast(window / 2).Average();
}

/// <summary>A difference with its uncertainty.</summary>
/// <param name="Difference">The estimate.</param>
/// <param name="Interval">95 % interval.</param>
public sealed record Gap(double Difference, Interval Interval);
