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
        Watching watching = new(this);
        // A sample keeps the comparison of all with all cheap; proposals come in order of their ids, so the first are as good as any.
        string[] sample = [.. proposals.Where(text => text.Length > 0).Take(Compared)];
        watching.Bound("solver-entropy", Value(entropy, Role.Solver), _settings.MinimumSolverEntropy, double.MaxValue);
        watching.Bound("proposer-entropy", Value(entropy, Role.Proposer), _settings.MinimumProposerEntropy, double.MaxValue);
        watching.Bound("distinct-4", sample.Length > 0 ? Diversity.Distinct(sample, 4) : null, _settings.MinimumDistinct, 1);
        watching.Bound("self-bleu", sample.Length > 1 ? Diversity.SelfBleu(sample) : null, 0, _settings.MaximumSelfBleu);
        watching.Bound("duplicates", proposals.Count > 0 ? (double)duplicates / proposals.Count : null, 0, _settings.MaximumDuplicates);
        watching.Bound("silent-groups", solveRates.Count > 0 ? solveRates.Count(rate => rate is 0 or 1) / (double)solveRates.Count : null, 0, _settings.MaximumSilentGroups);
        if (solveRates.Count > 0)
        {
            int[] histogram = Diversity.SolveRateHistogram(solveRates);
            for (int bin = 0; bin < histogram.Length; bin++) watching.Note(FormattableString.Invariant($"solve-rates/{(double)bin / histogram.Length:0.0}"), (double)histogram[bin] / solveRates.Count);
        }

        return watching.Reading();
    }

    /// <summary>Takes in what was measured on a checkpoint.</summary>
    /// <param name="divergence">From the first weights; null where it was not measured.</param>
    /// <param name="memorisation">Lead of problems that were played over fresh ones; null where it was not measured.</param>
    /// <param name="judge">Mean reward by a judging model, a value a round, oldest first; empty where none judges.</param>
    /// <param name="verifier">Mean reward by the verifier in the same rounds.</param>
    public GuardReading ReadCheckpoint(double? divergence, Gap? memorisation, IReadOnlyList<double> judge, IReadOnlyList<double> verifier)
    {
        Watching watching = new(this);
        watching.Bound("divergence-from-base", divergence, 0, _settings.MaximumDivergence);
        if (memorisation is not null)
        {
            watching.Note("memorisation/gap", memorisation.Difference);
            watching.Bound("memorisation", memorisation.Interval.Low, -1, _settings.MaximumMemorisation);
        }

        if (judge.Count > 0)
        {
            watching.Note("judge-gap", judge[^1] - verifier[^1]);
            watching.Bound("judge-alone-rises", Probes.JudgeRise(judge, verifier), 0, _settings.MaximumJudgeRise);
        }

        return watching.Reading();
    }

    /// <summary>The temperature of the next round's play: raised to the floor that the scenario asks for while a sign lasts.</summary>
    /// <param name="usual">The scenario's own.</param>
    public double Temperature(double usual) => _lasting.Values.Any(rounds => rounds >= _settings.Patience) ? Math.Max(usual, _settings.TemperatureFloor) : usual;

    private static double? Value(IReadOnlyDictionary<Role, double> entropy, Role role) => entropy.TryGetValue(role, out double value) ? value : null;

    /// <summary>One reading in the making.</summary>
    private sealed class Watching(CollapseGuard guard)
    {
        private readonly List<MetricRecord> _metrics = [];
        private readonly List<string> _alarms = [];

        public void Note(string name, double value) => _metrics.Add(new MetricRecord($"guard/{name}", value));

        public void Bound(string name, double? value, double low, double high)
        {
            if (value is not { } measured) return;
            Note(name, measured);
            int times = guard._lasting[name] = measured < low || measured > high ? guard._lasting.GetValueOrDefault(name) + 1 : 0;
            if (times < guard._settings.Patience) return;
            string bound = measured < low ? $"below {low:g3}" : $"above {high:g3}";
            _alarms.Add($"{name} is {measured:g3}, {bound} {times} times in a row");
        }

        public GuardReading Reading() => new(_metrics, _alarms, guard._settings.Stop && _alarms.Count > 0);
    }
}

/// <summary>What the guard saw in a round.</summary>
/// <param name="Metrics">The measurements by name, <c>guard/...</c>.</param>
/// <param name="Alarms">Signs that have lasted, in words; empty for none.</param>
/// <param name="Stop">True where the scenario asks to end the run for them.</param>
public sealed record GuardReading(IReadOnlyList<MetricRecord> Metrics, IReadOnlyList<string> Alarms, bool Stop);
