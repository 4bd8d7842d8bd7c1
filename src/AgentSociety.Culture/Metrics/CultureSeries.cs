using AgentSociety.Core.Records;

namespace AgentSociety.Culture;

/// <summary>The culture's metrics as curves: a point at each test, with the ends of its 95 % interval under <c>NAME/low</c> and <c>NAME/high</c>.</summary>
public static class CultureSeries
{
    /// <summary>What was measured; what had no observations is left out.</summary>
    public static IEnumerable<MetricRecord> Of(CultureMetrics culture) => new IEnumerable<MetricRecord>[]
    {
        Point("adoption", culture.Adoption),
        Point("adopted-revisions", culture.AdoptedRevisions),
        Point("cited-pages", culture.CitedPages),
        Point("citing-agents", culture.CitingAgents),
        Point("diversity", culture.Diversity),
        Point("duplicate-share", culture.DuplicateShare),
        Point("authorship-gini", culture.AuthorshipGini),
        Point("fidelity", culture.Fidelity),
        Point("coverage", culture.Coverage),
        Point("error-reproduction", culture.ErrorReproduction),
        Point("line-life", culture.LineLife),
        Point("use-life", culture.UseLife),
        Point("lineage-depth", culture.Lineage?.MeanDepth),
        Point("recombination", culture.Lineage?.Recombination),
    }.SelectMany(points => points);

    private static IEnumerable<MetricRecord> Point(string name, Estimate? estimate) => estimate is null ? [] : Point(name, estimate.Value, estimate.Low, estimate.High);

    // A median that was not reached yet has no point: more than half of what is followed lasts.
    private static IEnumerable<MetricRecord> Point(string name, Survival? life) => life?.Median is { } median ? Point(name, median, life.Low, life.High) : [];

    private static IEnumerable<MetricRecord> Point(string name, double value, double? low, double? high)
    {
        yield return new MetricRecord($"culture/{name}", value);
        if (low is { } least) yield return new MetricRecord($"culture/{name}/low", least);
        if (high is { } most) yield return new MetricRecord($"culture/{name}/high", most);
    }
}
