using System.Globalization;
using System.Text.Json;

namespace AgentSociety.Web;

/// <summary>How values look on a page.</summary>
internal static class Shown
{
    /// <summary>A share as a percentage.</summary>
    internal static string Percent(double? share) => share is { } value ? $"{100 * value:0.#} %" : "–";

    /// <summary>A count with thin spaces between thousands.</summary>
    internal static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary>A number with as many digits as are of use.</summary>
    internal static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1000 => Count((long)Math.Round(value)),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>A number with its sign.</summary>
    internal static string Signed(double value) => value > 0 ? "+" + Number(value) : Number(value).Replace('-', '−');

    /// <summary>A length of time.</summary>
    internal static string Duration(long milliseconds) => TimeSpan.FromMilliseconds(Math.Max(0, milliseconds)) switch
    {
        { TotalDays: >= 1 } time => $"{(int)time.TotalDays} d {time.Hours} h",
        { TotalHours: >= 1 } time => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } time => $"{time.Minutes} min {time.Seconds} s",
        var time => $"{time.Seconds} s",
    };

    /// <summary>How long ago a moment was.</summary>
    internal static string Ago(long time) => (DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(time)) switch
    {
        { TotalSeconds: < 10 } => "just now",
        { TotalMinutes: < 1 } past => $"{(int)past.TotalSeconds} s ago",
        { TotalHours: < 1 } past => $"{(int)past.TotalMinutes} min ago",
        { TotalDays: < 1 } past => $"{(int)past.TotalHours} h ago",
        { TotalDays: < 30 } past => $"{(int)past.TotalDays} d ago",
        _ => DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("d MMM yyyy", CultureInfo.InvariantCulture),
    };

    /// <summary>A moment for <c>datetime</c> attributes and tooltips.</summary>
    internal static string Moment(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The start of a revision's id.</summary>
    internal static string Short(string revision) => revision.Length > 8 ? revision[..8] : revision;

    /// <summary>The first line of a text, cut to a length.</summary>
    internal static string Line(string text, int length = 90)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        string line = end < 0 ? text : text[..end] + " …";
        return line.Length <= length ? line : string.Concat(line.AsSpan(0, length - 1), "…");
    }

    /// <summary>A number for an attribute of a drawing.</summary>
    internal static string Place(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A list of numbers as a line in a box of 100 by 24; empty where there are fewer than two.</summary>
    internal static string Sparkline(string curve)
    {
        double[] values = JsonSerializer.Deserialize<double[]>(curve) ?? [];
        return values.Length < 2 ? "" : string.Join(' ', values.Select((value, index) => $"{Place(2 + 96.0 * index / (values.Length - 1))},{Place(22 - 20 * value)}"));
    }
}
