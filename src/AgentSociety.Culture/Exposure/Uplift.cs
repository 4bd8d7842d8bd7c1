namespace AgentSociety.Culture;

/// <summary>What one note did for those who were shown it, by randomised exposure.</summary>
public sealed record Uplift
{
    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>Id of the revision; null for all revisions of the page together.</summary>
    public string? Revision { get; init; }

    /// <summary>Episodes that asked for the note and read it.</summary>
    public required long Shown { get; init; }

    /// <summary>Episodes that asked for it and were not shown it.</summary>
    public required long Withheld { get; init; }

    /// <summary>Mean reward of the former, weighted by the inverse of their probability to be shown it; null where there are none.</summary>
    public double? RewardShown { get; init; }

    /// <summary>Mean reward of the latter, weighted by the inverse of their probability to be kept from it; null where there are none.</summary>
    public double? RewardWithheld { get; init; }

    /// <summary>The plain difference of the two; null where either is missing.</summary>
    public double? Difference => RewardShown - RewardWithheld;

    /// <summary>The difference shrunk towards 0 by how little is known: what to rank by. 0 where nothing is known.</summary>
    public required double Value { get; init; }

    /// <summary>Lower end of the 95 % interval of <see cref="Value"/>.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end.</summary>
    public required double High { get; init; }
}

/// <summary>Sums over the episodes that asked for one note: enough for its uplift.</summary>
/// <param name="Page">Full name of the page.</param>
/// <param name="Revision">Id of the revision; null for all.</param>
/// <param name="Shown">Of those that were shown the note.</param>
/// <param name="Withheld">Of those that were not.</param>
internal readonly record struct ExposureSums(string Page, string? Revision, ArmSums Shown, ArmSums Withheld);

/// <summary>Weighted sums over the rewards of one arm; the weights are inverse probabilities.</summary>
internal readonly record struct ArmSums(long Count, double Weight, double SquaredWeight, double Reward, double SquaredReward)
{
    /// <summary>The self-normalised inverse-probability-weighted mean (Hajek).</summary>
    internal double? Mean => Count == 0 ? null : Reward / Weight;

    /// <summary>Equally weighted episodes that would tell as much (Kish).</summary>
    internal double Effective => Count == 0 ? 0 : Weight * Weight / SquaredWeight;

    /// <summary>Weighted squares about the mean, on the scale of the effective count.</summary>
    internal double Residual => Count == 0 ? 0 : Math.Max(0, (SquaredReward - (Reward * Reward / Weight)) * Effective / Weight);
}

/// <summary>Uplifts of many notes at once, each shrunk by what all together say of how much notes differ.</summary>
/// <remarks>
/// For note j with arms s (shown, probability 1 - p) and w (withheld, probability p): m = sum(r / prob) / sum(1 / prob) in each arm,
/// d = m_s - m_w, se^2 = v (1 / n_s + 1 / n_w) with n the effective counts and v the variance of rewards within arms, pooled over all
/// notes (so that a note seen twice has a wide interval though its two rewards agree). Notes differ by t^2 = mean over notes of
/// (d^2 - se^2), weighted by 1 / se^2, at least v / 100 (empirical Bayes, normal prior about 0; Morris, JASA 1983). Then
/// value = d t^2 / (t^2 + se^2), and its interval value +- 1.96 sqrt(t^2 se^2 / (t^2 + se^2)).
/// </remarks>
internal static class UpliftEstimate
{
    internal static List<Uplift> Of(IReadOnlyList<ExposureSums> notes)
    {
        double squares = notes.Sum(note => note.Shown.Residual + note.Withheld.Residual);
        double freedom = notes.Sum(note => Math.Max(0, note.Shown.Effective - 1) + Math.Max(0, note.Withheld.Effective - 1));
        // Rewards lie in a range of about 1: where nothing tells their variance, a coin's is the largest that they can have.
        double variance = freedom > 0 && squares > 0 ? squares / freedom : 0.25;
        double Error(ExposureSums note) => variance * ((1 / note.Shown.Effective) + (1 / note.Withheld.Effective));
        double weights = 0, excess = 0;
        foreach (ExposureSums note in notes)
        {
            if (note.Shown.Mean - note.Withheld.Mean is not { } difference) continue;
            double error = Error(note);
            weights += 1 / error;
            excess += ((difference * difference) - error) / error;
        }

        double prior = Math.Max(variance / 100, weights > 0 ? excess / weights : 0);
        return [.. notes.Select(note =>
        {
            double? difference = note.Shown.Mean - note.Withheld.Mean;
            double error = difference is null ? double.PositiveInfinity : Error(note);
            double shrink = double.IsInfinity(error) ? 0 : prior / (prior + error), value = shrink * (difference ?? 0);
            double half = 1.96 * Math.Sqrt(double.IsInfinity(error) ? prior : shrink * error);
            return new Uplift
            {
                Page = note.Page,
                Revision = note.Revision,
                Shown = note.Shown.Count,
                Withheld = note.Withheld.Count,
                RewardShown = note.Shown.Mean,
                RewardWithheld = note.Withheld.Mean,
                Value = value,
                Low = value - half,
                High = value + half,
            };
        })];
    }
}
