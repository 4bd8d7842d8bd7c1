using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Curricula;

/// <summary>Problems that were played, to be played again: those that teach most first, and none for ever forgotten.</summary>
/// <remarks>
/// Prioritised level replay (Jiang, Grefenstette and Rocktaeschel 2021, section 3): P = (1 - rho - nu) P_score + rho P_stale + nu P_new with
/// P_score(i) proportional to rank(s_i)^(-1 / temperature), P_stale(i) to the rounds since i was played. Departs from the paper in the score, which is
/// the learnability s = p (1 - p) of the last solve rate p (Tzannetos et al. 2023) instead of a value error, and in P_new(i), proportional to
/// 1 / sqrt(times played), after count-based exploration (Bellemare et al. 2016). Ties of rank share their weight. Follows from what was observed, in its order.
/// </remarks>
public sealed class PrioritisedArchive(CurriculumSettings settings)
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<Entry> _entries = [];

    /// <summary>How many problems it holds.</summary>
    public int Count => _entries.Count;

    /// <summary>Takes note of a problem that was played.</summary>
    /// <param name="text">The problem.</param>
    /// <param name="round">When.</param>
    /// <param name="solveRate">Share of the attempts that were rewarded.</param>
    public void Observe(string text, int round, double solveRate)
    {
        if (_places.TryGetValue(text, out int place)) _entries[place] = new Entry(text, round, solveRate, _entries[place].Times + 1);
        else
        {
            _places[text] = _entries.Count;
            _entries.Add(new Entry(text, round, solveRate, 1));
        }
    }

    /// <summary>The probability of each problem to be drawn in a round, with its text, in the order in which they came.</summary>
    public IReadOnlyList<(string Text, double Probability)> Probabilities(int round)
    {
        double[] score = Normalised(Ranked().Select(rank => Math.Pow(rank, -1 / settings.Temperature)));
        double[] stale = Normalised(_entries.Select(entry => (double)Math.Max(0, round - entry.Round)));
        double[] fresh = Normalised(_entries.Select(entry => 1 / Math.Sqrt(entry.Times)));
        double rest = Math.Max(0, 1 - settings.Staleness - settings.Novelty), whole = rest + settings.Staleness + settings.Novelty;
        return [.. _entries.Select((entry, index) => (entry.Text, ((rest * score[index]) + (settings.Staleness * stale[index]) + (settings.Novelty * fresh[index])) / whole))];
    }

    /// <summary>Draws problems for a round, with repetition.</summary>
    /// <exception cref="InvalidOperationException">It is empty.</exception>
    public IReadOnlyList<string> Draw(int round, int count, KeyedRandom random)
    {
        if (_entries.Count == 0) throw new InvalidOperationException("an empty archive has nothing to draw");
        IReadOnlyList<(string Text, double Probability)> probabilities = Probabilities(round);
        string[] drawn = new string[count];
        for (int index = 0; index < count; index++)
        {
            double left = random.NextDouble();
            int at = 0;
            while (at < probabilities.Count - 1 && (left -= probabilities[at].Probability) >= 0) at++;
            drawn[index] = probabilities[at].Text;
        }

        return drawn;
    }

    /// <summary>Ranks by learnability, 1 for the most learnable; equal ones have their mean rank.</summary>
    private double[] Ranked()
    {
        double[] ranks = new double[_entries.Count];
        int before = 0;
        foreach (IGrouping<double, int> tied in Enumerable.Range(0, _entries.Count).GroupBy(index => ProposerReward.Learnability(_entries[index].SolveRate)).OrderByDescending(tied => tied.Key))
        {
            int count = tied.Count();
            foreach (int index in tied) ranks[index] = before + (1 + count) / 2.0;
            before += count;
        }

        return ranks;
    }

    private static double[] Normalised(IEnumerable<double> weights)
    {
        double[] all = [.. weights];
        double sum = all.Sum();
        return sum > 0 ? [.. all.Select(weight => weight / sum)] : [.. all.Select(_ => 1.0 / all.Length)];
    }

    private readonly record struct Entry(string Text, int Round, double SolveRate, int Times);
}
