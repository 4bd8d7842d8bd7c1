using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Watches the signs by which self-play collapses: no entropy left, proposals all alike, groups without signal.</summary>
/// <remarks>
/// Which signs, and why: entropy (Cui et al. 2025, "The entropy mechanism of RL for reasoning models"), likeness of
/// proposals (R-Zero's repetition penalty), silent groups (DAPO's dynamic sampling). It measures and warns; the society decides what to do.
/// Counts of lasting signs are state and must be stored with the run.
/// </remarks>
public sealed class CollapseGuard
{
    private const int Compared = 128;
    private readonly GuardSettings _settings;
    private readonly SortedDictionary<string, int> _lasting;

    /// <summary>Creates the guard.</summary>
    /// <param name="settings">The bounds.</param>
    /// <param name="lasting">How many rounds each sign has lasted, as <see cref="Lasting"/> gave it.</param>
    public CollapseGuard(GuardSettings settings, IReadOnlyDictionary<string, int>? lasting = null)
    {
        _settings = settings;
        _lasting = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach ((string sign, int rounds) in lasting ?? new Dictionary<string, int>()) _lasting[sign] = rounds;
    }

    /// <summary>Rounds that each sign has lasted: the state to store.</summary>
    public IReadOnlyDictionary<string, int> Lasting => _lasting;

    /// <summary>Measures a round.</summary>
    /// <param name="proposals">What proposers wrote, malformed and duplicate texts included.</param>
    /// <param name="duplicates">How many of them had been posed before.</param>
    /// <param name="solveRates">Solve rates of the problems that were played.</param>
    /// <param name="entropy">Mean token entropy by role, from the training report.</param>
    /// <returns>The measurements, to be recorded, and the signs that have lasted long enough, each in words.</returns>
    public GuardReading Read(IReadOnlyList<string> proposals, int duplicates, IReadOnlyList<double> solveRates, IReadOnlyDictionary<Role, double> entropy)
    {
        List<MetricRecord> metrics = [];
        List<string> alarms = [];

        void Watch(string name, double? value, double low, double high)
        {
            if (value is not { } measured) return;
            metrics.Add(new MetricRecord($"guard/{name}", measured));
            int rounds = _lasting[name] = measured < low || measured > high ? _lasting.GetValueOrDefault(name) + 1 : 0;
            if (rounds < _settings.Patience) return;
            string bound = measured < low ? $"below {low:g3}" : $"above {high:g3}";
            alarms.Add($"{name} is {measured:g3}, {bound} for {rounds} rounds");
        }

        // A sample keeps the comparison of all with all cheap; proposals come in order of their ids, so the first are as good as any.
        string[] sample = [.. proposals.Where(text => text.Length > 0).Take(Compared)];
        Watch("solver-entropy", Value(entropy, Role.Solver), _settings.MinimumSolverEntropy, double.MaxValue);
        Watch("proposer-entropy", Value(entropy, Role.Proposer), _settings.MinimumProposerEntropy, double.MaxValue);
        Watch("distinct-4", sample.Length > 0 ? Diversity.Distinct(sample, 4) : null, _settings.MinimumDistinct, 1);
        Watch("self-bleu", sample.Length > 1 ? Diversity.SelfBleu(sample) : null, 0, _settings.MaximumSelfBleu);
        Watch("duplicates", proposals.Count > 0 ? (double)duplicates / proposals.Count : null, 0, _settings.MaximumDuplicates);
        Watch("silent-groups", solveRates.Count > 0 ? solveRates.Count(rate => rate is 0 or 1) / (double)solveRates.Count : null, 0, _settings.MaximumSilentGroups);
        return new GuardReading(metrics, alarms, _settings.Stop && alarms.Count > 0);
    }

    private static double? Value(IReadOnlyDictionary<Role, double> entropy, Role role) => entropy.TryGetValue(role, out double value) ? value : null;
}

/// <summary>What the guard saw in a round.</summary>
/// <param name="Metrics">The measurements by name, <c>guard/...</c>.</param>
/// <param name="Alarms">Signs that have lasted, in words; empty for none.</param>
/// <param name="Stop">True where the scenario asks to end the run for them.</param>
public sealed record GuardReading(IReadOnlyList<MetricRecord> Metrics, IReadOnlyList<string> Alarms, bool Stop);
