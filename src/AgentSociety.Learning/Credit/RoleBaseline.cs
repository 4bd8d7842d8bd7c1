namespace AgentSociety.Learning;

/// <summary>
/// A running mean of rewards for each role: A = r - b(role), then b(role) = d b(role) + (1 - d) r, in the order of the
/// episodes (role-conditioned advantage estimation; Liu et al. 2025, "SPIRAL", algorithm 1, with d = 0.95).
/// </summary>
/// <remarks>
/// Departs from the paper in one point: a baseline starts at the mean of the first rewards it sees rather than at zero, so that the first
/// round of a role whose rewards are mostly positive is not pure reinforcement.
/// </remarks>
public sealed class RoleBaseline
{
    private readonly double _decay;
    private readonly SortedDictionary<string, double> _values;

    /// <summary>Creates the baselines.</summary>
    /// <param name="decay">Weight of the past, 0 to 1.</param>
    /// <param name="values">Baselines of an earlier life, as <see cref="Values"/> gave them.</param>
    public RoleBaseline(double decay = 0.95, IReadOnlyDictionary<string, double>? values = null)
    {
        _decay = decay;
        _values = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach ((string role, double value) in values ?? new Dictionary<string, double>()) _values[role] = value;
    }

    /// <summary>The baseline of each role: the state to store.</summary>
    public IReadOnlyDictionary<string, double> Values => _values;

    /// <summary>Advantages of one batch of a role's rewards; moves the role's baseline.</summary>
    public double[] Advance(string role, IReadOnlyList<double> rewards)
    {
        if (rewards.Count == 0) return [];
        if (!_values.TryGetValue(role, out double baseline)) baseline = rewards.Average();
        double[] advantages = new double[rewards.Count];
        for (int index = 0; index < rewards.Count; index++)
        {
            advantages[index] = rewards[index] - baseline;
            baseline = _decay * baseline + (1 - _decay) * rewards[index];
        }

        _values[role] = baseline;
        return advantages;
    }
}
