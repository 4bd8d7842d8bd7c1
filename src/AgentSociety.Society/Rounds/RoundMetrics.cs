using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>What a round cost.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="DecodeSeconds">Of which the engine decoded.</param>
/// <param name="DecodedTokens">Tokens sampled.</param>
/// <param name="TrainSeconds">Of which the trainer trained.</param>
/// <param name="TrainedTokens">Tokens trained on.</param>
internal readonly record struct RoundCost(double Seconds, double DecodeSeconds, long DecodedTokens, double TrainSeconds, double TrainedTokens);

/// <summary>The names under which a round is measured.</summary>
internal static class RoundMetrics
{
    private const string GuardPrefix = "guard/";

    /// <summary>What the trainer saw.</summary>
    public static IEnumerable<MetricRecord> Of(TrainingReport report)
    {
        yield return new MetricRecord("loss", report.Loss);
        yield return new MetricRecord("imitation-loss", report.ImitationLoss);
        yield return new MetricRecord("clip-fraction", report.ClipFraction);
        yield return new MetricRecord("divergence", report.Divergence);
        yield return new MetricRecord("gradient-norm", report.GradientNorm);
        yield return new MetricRecord("steps", report.Steps);
        yield return new MetricRecord("episodes/used", report.Used);
        if (report.PairsInOrder is { } ordered) yield return new MetricRecord("pairs/in-order", ordered);
        foreach ((Role role, double entropy) in report.Entropy) yield return new MetricRecord($"entropy/{role.ToString().ToLowerInvariant()}", entropy);
    }

    /// <summary>What the guard saw; entropies are in the report already.</summary>
    public static IEnumerable<MetricRecord> Of(GuardReading reading) => reading.Metrics
        .Where(metric => !metric.Name.EndsWith("-entropy", StringComparison.Ordinal))
        .Select(metric => metric with { Name = metric.Name[GuardPrefix.Length..] });

    /// <summary>What the round cost.</summary>
    public static IEnumerable<MetricRecord> Of(RoundCost cost)
    {
        yield return new MetricRecord("seconds/round", cost.Seconds);
        yield return new MetricRecord("seconds/decode", cost.DecodeSeconds);
        yield return new MetricRecord("seconds/train", cost.TrainSeconds);
        yield return new MetricRecord("tokens/decoded", cost.DecodedTokens);
        yield return new MetricRecord("tokens/trained", cost.TrainedTokens);
    }
}
