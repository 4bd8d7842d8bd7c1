using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Curricula;

/// <summary>Gives each pupil problems that are neither too hard nor too easy for that pupil: a bandit over difficulties.</summary>
/// <remarks>
/// P(d) = (1 - epsilon) s_d^(1 / temperature) / sum + epsilon / D over the D difficulties in reach, with the learnability s_d = 4 p_d (1 - p_d)
/// (Tzannetos et al. 2023, "Proximal curriculum", eq. 3) of the pupil's own solve rate p_d, smoothed over groups. In reach are the
/// difficulties up to one beyond the hardest that the pupil has solved and, at first, those that the base model was trained on; one that was not
/// played counts as p = 1/2. Follows from what was observed, in its order.
/// </remarks>
/// <param name="settings">The scenario's <c>selfPlay.archive</c>.</param>
/// <param name="known">The hardest difficulty that every pupil begins with.</param>
/// <param name="hardest">The hardest that there is.</param>
public sealed class Tutor(CurriculumSettings settings, int known, int hardest)
{
    private readonly Dictionary<string, ProposerReward> _pupils = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _reach = new(StringComparer.Ordinal);

    /// <summary>Takes note of a pupil's attempts at one problem.</summary>
    public void Observe(string pupil, int difficulty, double solveRate)
    {
        RatesOf(pupil).Observe(difficulty, solveRate);
        if (solveRate > 0) _reach[pupil] = Math.Min(hardest, Math.Max(Reach(pupil), difficulty + 1));
    }

    /// <summary>The probability of each difficulty in reach for a pupil; index 0 is difficulty 1.</summary>
    public IReadOnlyList<double> Probabilities(string pupil)
    {
        ProposerReward rates = RatesOf(pupil);
        double[] scores = [.. Enumerable.Range(1, Reach(pupil)).Select(difficulty => Math.Pow(ProposerReward.Learnability(rates.SolveRate(difficulty) ?? 0.5), 1 / settings.Temperature))];
        double sum = scores.Sum();
        // Where nothing can be learned at any difficulty, none is better than another.
        return [.. scores.Select(score => ((1 - settings.Exploration) * (sum > 0 ? score / sum : 1.0 / scores.Length)) + (settings.Exploration / scores.Length))];
    }

    /// <summary>Draws the difficulty of a pupil's next problem.</summary>
    public int Draw(string pupil, KeyedRandom random)
    {
        IReadOnlyList<double> probabilities = Probabilities(pupil);
        double left = random.NextDouble();
        int at = 0;
        while (at < probabilities.Count - 1 && (left -= probabilities[at]) >= 0) at++;
        return at + 1;
    }

    private int Reach(string pupil) => _reach.TryGetValue(pupil, out int reach) ? reach : Math.Clamp(known, 1, hardest);

    private ProposerReward RatesOf(string pupil) => _pupils.TryGetValue(pupil, out ProposerReward? rates)
        ? rates : _pupils[pupil] = new ProposerReward(new ProposerSettings { Smoothing = settings.Smoothing });
}
