namespace AgentSociety.Culture;

/// <summary>How long something lasts, where some of it lasts still.</summary>
/// <param name="Median">The half-life; null where more than half lasts beyond what was observed.</param>
/// <param name="Low">Lower end of its 95 % interval; null where that, too, is beyond.</param>
/// <param name="High">Upper end; null where it is beyond.</param>
/// <param name="Ended">Lives that were seen to end.</param>
/// <param name="Lasting">Lives that lasted still when last looked at.</param>
public sealed record Survival(double? Median, double? Low, double? High, long Ended, long Lasting)
{
    private const double Z = 1.959964;

    /// <summary>Estimates it (Kaplan and Meier, JASA 1958).</summary>
    /// <remarks>
    /// The variance is Greenwood's; the interval of the median holds the times at which the log(-log) interval of the survival holds
    /// one half (Brookmeyer and Crowley, Biometrics 1982).
    /// </remarks>
    /// <param name="lives">Duration of each life, and whether its end was seen; of others, how long they lasted so far.</param>
    public static Survival? Of(IEnumerable<(double Duration, bool Ended)> lives)
    {
        List<(double Duration, bool Ended)> sorted = [.. lives.OrderBy(life => life.Duration)];
        if (sorted.Count == 0) return null;
        double survival = 1, greenwood = 0;
        double? median = null, low = null, high = null;
        for (int at = 0; at < sorted.Count;)
        {
            double time = sorted[at].Duration;
            int risk = sorted.Count - at, ended = 0;
            for (; at < sorted.Count && sorted[at].Duration == time; at++)
                if (sorted[at].Ended) ended++;
            if (ended == 0) continue;
            survival *= 1 - ((double)ended / risk);
            greenwood += risk == ended ? 0 : (double)ended / risk / (risk - ended);
            (double lower, double upper) = Interval(survival, greenwood);
            if (survival <= 0.5) median ??= time;
            if (lower <= 0.5) low ??= time;
            if (upper <= 0.5) high ??= time;
        }

        return new Survival(median, low, high, sorted.Count(life => life.Ended), sorted.Count(life => !life.Ended));
    }

    private static (double Lower, double Upper) Interval(double survival, double greenwood)
    {
        if (survival <= 0) return (0, 0);
        double log = Math.Log(survival), half = Z * Math.Sqrt(greenwood) / Math.Abs(log);
        return (Math.Pow(survival, Math.Exp(half)), Math.Pow(survival, Math.Exp(-half)));
    }
}
