namespace AgentSociety.Learning;

/// <summary>Learning rates over the steps of a training.</summary>
public static class Schedule
{
    /// <summary>Linear warm-up to <paramref name="peak"/>, then half a cosine down to a tenth of it (Loshchilov and Hutter 2017, equation 5, without restarts).</summary>
    /// <param name="step">0 for the first.</param>
    /// <param name="steps">Steps in all.</param>
    /// <param name="warmup">Steps of warm-up.</param>
    /// <param name="peak">The greatest learning rate.</param>
    public static double WarmupCosine(int step, int steps, int warmup, double peak)
    {
        if (step < warmup) return peak * (step + 1) / warmup;
        double share = (double)(step - warmup) / Math.Max(1, steps - warmup);
        return peak * (0.1 + 0.9 * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, share))));
    }

    /// <summary>A constant rate that falls linearly to a tenth over the last rounds (warm-up-stable-decay without the warm-up; Hu et al. 2024, "MiniCPM", section 4).</summary>
    /// <param name="round">1 for the first.</param>
    /// <param name="rounds">Rounds in all.</param>
    /// <param name="decayShare">Share of the rounds over which it falls; 0 for never.</param>
    /// <param name="peak">The greatest learning rate.</param>
    public static double StableDecay(int round, int rounds, double decayShare, double peak)
    {
        double falling = rounds * decayShare, done = round - (rounds - falling);
        return falling <= 0 || done <= 0 ? peak : peak * (1 - 0.9 * Math.Min(1, done / falling));
    }
}
