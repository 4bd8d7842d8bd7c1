namespace AgentSociety.Learning;

/// <summary>Turns rewards into advantages: how much better an episode did than what it is measured against.</summary>
/// <remarks>Pure arithmetic on numbers; it knows nothing of models or tokens. The deviations are those of a population (divided by n).</remarks>
public static class Advantages
{
    /// <summary>Below this a deviation counts as none, and advantages divided by it as zero.</summary>
    private const double Negligible = 1e-9;

    /// <summary>
    /// A_i = r_i - mean(r): the group mean as the only baseline, without the division by the deviation, which would weigh very
    /// easy and very hard problems more (Dr. GRPO; Liu et al. 2025, "Understanding R1-Zero-like training", section 3.2).
    /// </summary>
    public static double[] GroupCentred(IReadOnlyList<double> rewards)
    {
        double mean = rewards.Average();
        return [.. rewards.Select(reward => reward - mean)];
    }

    /// <summary>A_i = (r_i - mean(r)) / std(r); all zero where the rewards agree (GRPO; Shao et al. 2024, "DeepSeekMath", section 4.1.2).</summary>
    public static double[] GroupNormalised(IReadOnlyList<double> rewards)
    {
        double mean = rewards.Average();
        double deviation = Math.Sqrt(rewards.Average(reward => (reward - mean) * (reward - mean)));
        return [.. rewards.Select(reward => deviation < Negligible ? 0 : (reward - mean) / deviation)];
    }

    /// <summary>
    /// A_i = r_i - mean of the other rewards: an unbiased baseline (RLOO; Ahmadian et al. 2024, "Back to basics", section 3.2;
    /// Kool et al. 2019). It equals the centred advantage times n / (n - 1). A group of one has no others and no advantage.
    /// </summary>
    public static double[] LeaveOneOut(IReadOnlyList<double> rewards)
    {
        if (rewards.Count < 2) return new double[rewards.Count];
        double sum = rewards.Sum();
        return [.. rewards.Select(reward => reward - (sum - reward) / (rewards.Count - 1))];
    }

    /// <summary>
    /// A_i = (r_i - mean_k) / std_k over all episodes of the batch with the same key k, a pair of role and task type
    /// (task-relative REINFORCE++; Zhao et al. 2025, "Absolute Zero", equation 8). With one key for all it is the
    /// batch-normalised advantage of REINFORCE++ (Hu 2025).
    /// </summary>
    /// <param name="rewards">One reward an episode.</param>
    /// <param name="keys">The key of each episode, as many as rewards.</param>
    public static double[] TaskRelative<TKey>(IReadOnlyList<double> rewards, IReadOnlyList<TKey> keys)
        where TKey : notnull
    {
        if (keys.Count != rewards.Count) throw new ArgumentException($"{keys.Count} keys for {rewards.Count} rewards", nameof(keys));
        double[] advantages = new double[rewards.Count];
        foreach (IGrouping<TKey, int> members in Enumerable.Range(0, rewards.Count).GroupBy(index => keys[index]))
        {
            int[] indices = [.. members];
            double[] normalised = GroupNormalised([.. indices.Select(index => rewards[index])]);
            for (int member = 0; member < indices.Length; member++) advantages[indices[member]] = normalised[member];
        }

        return advantages;
    }
}
