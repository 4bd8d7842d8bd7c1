using AgentSociety.Culture;

namespace AgentSociety.Web;

/// <summary>Curves that the charts ask for; beside the stored ones those that follow from two of them.</summary>
internal static class SeriesSource
{
    private static readonly Dictionary<string, (string Over, string Under)> Ratios = new()
    {
        ["speed/decode"] = ("tokens/decoded", "seconds/decode"),
        ["speed/train"] = ("tokens/trained", "seconds/train"),
    };

    internal static IReadOnlyList<Series> Of(SocietyDatabase database, IReadOnlyList<string> names, int points = 600)
    {
        string[] stored = [.. names.SelectMany(name => Ratios.TryGetValue(name, out (string Over, string Under) ratio) ? [ratio.Over, ratio.Under] : (string[])[name]).Distinct()];
        Dictionary<string, Series> curves = database.Curves(stored, points).ToDictionary(series => series.Name);
        return [.. names.Select(name => Ratios.TryGetValue(name, out (string Over, string Under) ratio) ? Divide(name, curves[ratio.Over], curves[ratio.Under]) : curves[name])];
    }

    private static Series Divide(string name, Series over, Series under)
    {
        Dictionary<int, double> divisors = under.Points.Where(point => point.Value > 0).ToDictionary(point => point.Round, point => point.Value);
        return new Series(name, [.. over.Points.Where(point => divisors.ContainsKey(point.Round)).Select(point => point with { Value = point.Value / divisors[point.Round] })]);
    }
}
