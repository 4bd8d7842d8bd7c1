using AgentSociety.Core.Culture;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture;

/// <summary>One problem attempted twice by the same weights from the same random draws: without and with a candidate note.</summary>
/// <param name="Key">Unique among the candidate's pairs, such as the problem and attempt.</param>
/// <param name="Without">Reward without the note.</param>
/// <param name="With">Reward with it.</param>
public sealed record MatchedRollout(string Key, double Without, double With);

/// <summary>What becomes of a candidate.</summary>
public enum AdmissionVerdict
{
    /// <summary>Too little is known: more rollouts are needed.</summary>
    Wait,

    /// <summary>It helps.</summary>
    Admit,

    /// <summary>It does not help, or has not been shown to in time.</summary>
    Reject,
}

/// <summary>What matched rollouts say of a candidate.</summary>
/// <param name="Pairs">How many there are.</param>
/// <param name="Gain">Mean reward with the note minus without.</param>
/// <param name="Low">Lower end of its interval, which holds at every look at once.</param>
/// <param name="High">Upper end.</param>
/// <param name="Verdict">What follows.</param>
public sealed record AdmissionEvidence(int Pairs, double Gain, double Low, double High, AdmissionVerdict Verdict)
{
    /// <summary>One line for the history.</summary>
    public override string ToString() => FormattableString.Invariant($"{Verdict.ToString().ToLowerInvariant()}: gain {Gain:0.000} [{Low:0.000}, {High:0.000}] over {Pairs} matched rollouts");
}

/// <summary>What is known of a candidate after a report.</summary>
/// <param name="Evidence">What the rollouts say.</param>
/// <param name="Result">What became of the edit; null while it waits.</param>
public sealed record Admission(AdmissionEvidence Evidence, EditResult? Result);

/// <summary>The test that a candidate note must pass: a sequential paired test that may be looked at after every pair.</summary>
/// <remarks>
/// A confidence sequence for the mean gain m of n pairs (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central
/// limit theory and asymptotic confidence sequences", theorem 2.2, from Robbins' normal mixture):
/// m +- s sqrt(2 (n q + 1) / (n^2 q) ln(sqrt(n q + 1) / error)), with q chosen to be tightest at <see cref="Horizon"/> pairs and
/// s^2 the mean squared deviation with one pseudo-observation of 1, so that pairs which happen to agree prove little. Admitted when the
/// whole interval is above <see cref="Uplift"/>; rejected when it is below as a whole, or after <see cref="MaximumPairs"/>.
/// </remarks>
public sealed record AdmissionTest
{
    /// <summary>Pairs before anything is decided.</summary>
    public int MinimumPairs { get; init; } = 16;

    /// <summary>Pairs after which a candidate that has not been admitted is rejected.</summary>
    public int MaximumPairs { get; init; } = 256;

    /// <summary>Gain that is asked for.</summary>
    public double Uplift { get; init; }

    /// <summary>Probability of an interval that misses the true gain at any look.</summary>
    public double Error { get; init; } = 0.05;

    /// <summary>The number of pairs at which the interval is tightest.</summary>
    public int Horizon => Math.Max(MinimumPairs, MaximumPairs / 4);

    /// <summary>The test that a scenario sets.</summary>
    public static AdmissionTest From(CultureSettings settings) => new()
    {
        MinimumPairs = settings.AdmissionMinimumPairs,
        MaximumPairs = settings.AdmissionMaximumPairs,
        Uplift = settings.AdmissionUplift,
        Error = settings.AdmissionError,
    };

    /// <summary>What the gains of all pairs so far say.</summary>
    public AdmissionEvidence Judge(IReadOnlyList<double> gains)
    {
        int pairs = gains.Count;
        if (pairs == 0) return new AdmissionEvidence(0, 0, double.NegativeInfinity, double.PositiveInfinity, AdmissionVerdict.Wait);
        double mean = gains.Average(), deviation = Math.Sqrt((gains.Sum(gain => (gain - mean) * (gain - mean)) + 1) / pairs);
        double log = -2 * Math.Log(Error), tuned = (log + Math.Log(log + 1)) / Horizon, spread = (pairs * tuned) + 1;
        double half = deviation * Math.Sqrt(2 * spread / (tuned * pairs * pairs) * Math.Log(Math.Sqrt(spread) / Error));
        AdmissionVerdict verdict = pairs < MinimumPairs ? AdmissionVerdict.Wait
            : mean - half > Uplift ? AdmissionVerdict.Admit
            : mean + half < Uplift || pairs >= MaximumPairs ? AdmissionVerdict.Reject : AdmissionVerdict.Wait;
        return new AdmissionEvidence(pairs, mean, mean - half, mean + half, verdict);
    }
}

/// <summary>Notes with one page in another state.</summary>
internal sealed class CandidateNotes(INotes notes, NotePage candidate) : INotes
{
    public NotePage? Read(string page) => page == candidate.Name ? candidate : notes.Read(page);

    public IReadOnlyList<string> List(string prefix)
    {
        IReadOnlyList<string> names = notes.List(prefix);
        return !candidate.Name.StartsWith(prefix, StringComparison.Ordinal) || names.Contains(candidate.Name) ? names : [.. names.Append(candidate.Name).Order(StringComparer.Ordinal)];
    }
}
