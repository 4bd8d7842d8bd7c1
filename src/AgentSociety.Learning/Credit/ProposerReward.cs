using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>What a proposer earns for a text, from what became of it: a problem that solvers sometimes solve is worth most.</summary>
/// <remarks>
/// The solve rate p of a problem is a running mean over the groups of its difficulty class. With p taken from the few attempts at one
/// problem, a learned proposer drifted to impossible problems and then to trivial ones: the noise of eight attempts was
/// larger than the signal. Not thread-safe; its state must be stored with the run.
/// </remarks>
public sealed class ProposerReward
{
    private const string RegretName = "regret";
    private const string SolvableName = "solvable-difficulty";

    private static readonly Dictionary<string, Func<double, double>> Formulas = new(StringComparer.Ordinal)
    {
        ["learnability"] = Learnability,
        ["difficulty"] = Difficulty,
        ["uncertainty"] = Uncertainty,
        [SolvableName] = SolvableDifficulty,
        [RegretName] = static _ => 0,
    };

    private readonly ProposerSettings _settings;
    private readonly Func<double, double> _formula;
    private readonly SortedDictionary<int, DifficultyClass> _classes = [];

    /// <summary>Creates the reward.</summary>
    /// <param name="settings">The scenario's <c>selfPlay.proposer</c>.</param>
    /// <exception cref="SocietyException">The reward's name is unknown.</exception>
    public ProposerReward(ProposerSettings settings)
    {
        _settings = settings;
        _formula = Formulas.GetValueOrDefault(settings.Reward) ?? throw new SocietyException(
            $"selfPlay.proposer.reward is '{settings.Reward}'; it must be one of {string.Join(", ", Names)}");
    }

    /// <summary>The names that scenarios may use.</summary>
    public static IReadOnlyList<string> Names => [.. Formulas.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The reward of a text that is no problem.</summary>
    public double Malformed => _settings.Malformed;

    /// <summary>The reward of a problem that was posed before.</summary>
    public double Duplicate => _settings.Duplicate;

    /// <summary>What a valid proposal is charged, times the share of proposals that are like it.</summary>
    public double Repetition => _settings.Repetition;

    /// <summary>How near proposals are that are alike.</summary>
    public double RepetitionDistance => _settings.RepetitionDistance;

    /// <summary>
    /// 4p(1-p): the variance of a solver's success, scaled to 1 at p = 1/2 and 0 at both ends (the learnability score p(1-p) of Tzannetos et al.
    /// 2023, "Proximal curriculum", and Rutherford et al. 2024, "No regrets"; there for choosing levels, here as a reward).
    /// </summary>
    public static double Learnability(double p) => 4 * p * (1 - p);

    /// <summary>1 - p: the harder the better, also where nobody succeeds.</summary>
    public static double Difficulty(double p) => 1 - p;

    /// <summary>1 - 2|p - 1/2| (R-Zero; Huang et al. 2025, section 3.2, where p is agreement with the majority answer; here it is verified success).</summary>
    public static double Uncertainty(double p) => 1 - 2 * Math.Abs(p - 0.5);

    /// <summary>1 - p, and 0 where nobody succeeds (Absolute Zero; Zhao et al. 2025, equation 4; 0 at p = 1 by itself).</summary>
    /// <remarks>
    /// The paper's p is the mean of a problem's own attempts. Here p is smoothed, which never is 0 once somebody succeeded or optimism said so; so that a problem which none of its
    /// own attempts solved earns nothing whatever is known of its difficulty (<see cref="Of"/>).
    /// </remarks>
    public static double SolvableDifficulty(double p) => p <= 0 ? 0 : 1 - p;

    /// <summary>Takes note of the attempts at one problem. Call it for all groups of a round, in the order of their ids, before <see cref="Of"/>.</summary>
    /// <param name="difficulty">The problem's difficulty.</param>
    /// <param name="solveRate">Share of the attempts that were rewarded.</param>
    /// <param name="solver">Who made them; needed for <see cref="Regret"/>, and to know whether a difficulty was ever solved.</param>
    public void Observe(int difficulty, double solveRate, string? solver = null)
    {
        // In units of the running mean, whose weight tends to 1, one group weighs 1 - smoothing.
        double promise = _settings.Optimism * (1 - _settings.Smoothing);
        DifficultyClass past = _classes.GetValueOrDefault(difficulty) ?? new DifficultyClass(promise / 2, promise);
        double keep = _settings.Smoothing;
        if (solver is not null)
        {
            SolverRate own = past.Solvers.GetValueOrDefault(solver) ?? new SolverRate(0, 0);
            past.Solvers[solver] = new SolverRate(keep * own.Sum + (1 - keep) * solveRate, keep * own.Weight + (1 - keep));
        }

        _classes[difficulty] = past with { Sum = keep * past.Sum + (1 - keep) * solveRate, Weight = keep * past.Weight + (1 - keep) };
    }

    /// <summary>
    /// The regret of a difficulty: the smoothed solve rate of the best solver there, the reference, minus the mean over all solvers who were seen at it (PAIRED;
    /// Dennis et al. 2020, section 5, with the best of a population as antagonist). Above 0 where somebody can what others cannot, so that
    /// it can be learned; solvers differ where each has weights or notes of its own. 0 where nobody was seen.
    /// </summary>
    public double Regret(int difficulty)
    {
        if (!_classes.TryGetValue(difficulty, out DifficultyClass? known) || known.Solvers.Count == 0) return 0;
        double[] rates = [.. known.Solvers.Values.Select(solver => solver.Sum / solver.Weight)];
        return rates.Max() - rates.Average();
    }

    /// <summary>The smoothed solve rate of a difficulty; null where nothing of it was played. It is free of the bias of its start, as Adam's means are.</summary>
    public double? SolveRate(int difficulty) => _classes.TryGetValue(difficulty, out DifficultyClass? known) ? known.Sum / known.Weight : null;

    /// <summary>The reward of a valid new problem.</summary>
    /// <param name="difficulty">The problem's difficulty.</param>
    /// <param name="solveRate">
    /// The solve rate of its own attempts, which counts where smoothing is 0 and, where solvable difficulty is paid, where it is 0; null for a problem that was not played.
    /// </param>
    /// <remarks>
    /// What is known of its difficulty stands for a problem that was not played; where nothing is, it counts as never solved. Optimism is for what is tried: paid for what
    /// nobody will find out, proposers went on to sums that no text can hold (docs/lab-notes.md).
    /// </remarks>
    public double Of(int difficulty, double? solveRate)
    {
        if (_settings.Reward == RegretName) return Regret(difficulty);
        if (_settings.Reward == SolvableName && !(solveRate > 0 || (solveRate is null && WasSolved(difficulty)))) return 0;
        double? known = _settings.Smoothing == 0 ? solveRate ?? SolveRate(difficulty) : SolveRate(difficulty) ?? solveRate;
        return _formula(known ?? 0);
    }

    // The solvers' own rates hold no promise: above 0, somebody has solved it.
    private bool WasSolved(int difficulty) => _classes.TryGetValue(difficulty, out DifficultyClass? known) && known.Solvers.Values.Any(solver => solver.Sum > 0);

    /// <summary>What proposers may know of the state of the society.</summary>
    /// <param name="maximumDifficulty">Length of the list of rates.</param>
    public Frontier Frontier(int maximumDifficulty) => new([.. Enumerable.Range(1, maximumDifficulty).Select(SolveRate)]);

    /// <summary>The state as JSON.</summary>
    public string SaveState() => JsonSerializer.Serialize(_classes);

    /// <summary>Takes up a state that <see cref="SaveState"/> gave.</summary>
    public void LoadState(string json)
    {
        _classes.Clear();
        foreach ((int difficulty, DifficultyClass rate) in JsonSerializer.Deserialize<Dictionary<int, DifficultyClass>>(json)!) _classes[difficulty] = rate;
    }

    private sealed record DifficultyClass(double Sum, double Weight)
    {
        public SortedDictionary<string, SolverRate> Solvers { get; init; } = new(StringComparer.Ordinal);
    }

    private sealed record SolverRate(double Sum, double Weight);
}
