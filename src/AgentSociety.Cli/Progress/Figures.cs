namespace AgentSociety.Cli.Progress;

/// <summary>Numbers as people read them.</summary>
internal static class Figures
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>A share, such as <c>63 %</c>.</summary>
    public static string Percent(double share) => $"{Math.Round(share * 100):0} %";

    /// <summary>A count or a rate, such as <c>950</c>, <c>41.2 k</c> or <c>3.4 M</c>.</summary>
    public static string Short(double value) => value switch
    {
        >= 999_500 => $"{value / 1e6:0.0} M",
        >= 1_000 => $"{value / 1e3:0.0} k",
        _ => $"{value:0}",
    };

    /// <summary>A time, such as <c>0:42</c> or <c>1:02:03</c>.</summary>
    public static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{(int)time.TotalMinutes}:{time.Seconds:00}";

    /// <summary>A loss as it follows something else, <c>, loss 0.0214</c>; empty where there is none.</summary>
    public static string Loss(double? loss) => loss is { } nats ? FormattableString.Invariant($", loss {nats:g3}") : "";

    /// <summary>Shares from 0 to 1 as a line of blocks, the newest at the right; shares that are missing leave a gap.</summary>
    /// <param name="shares">Oldest first.</param>
    /// <param name="width">Characters at most: a longer series is thinned evenly, its ends kept.</param>
    public static string Sparkline(IReadOnlyList<double?> shares, int width)
    {
        int points = Math.Min(shares.Count, width);
        return string.Concat(Enumerable.Range(0, points).Select(point =>
        {
            double? share = shares[points == 1 ? shares.Count - 1 : (int)Math.Round(point * (shares.Count - 1.0) / (points - 1))];
            return share is { } known ? Blocks[(int)Math.Clamp(known * Blocks.Length, 0, Blocks.Length - 1)] : ' ';
        }));
    }

    /// <summary>A bar of a share.</summary>
    public static string Bar(double share, int width)
    {
        int full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        return new string('█', full) + new string('░', width - full);
    }
}
