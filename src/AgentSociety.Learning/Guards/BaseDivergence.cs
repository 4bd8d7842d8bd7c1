using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>How far weights have moved from those that a run began with, in what they write.</summary>
public static class BaseDivergence
{
    /// <summary>
    /// KL(policy || base) in nats a token, by the k3 estimator (Schulman 2020) on what the policy wrote: the mean of r - 1 - log r with
    /// r = p_base / p_policy. Null where it wrote nothing. The texts should be the policy's own or nearly so.
    /// </summary>
    /// <param name="policy">The weights now, with the adapters of the population.</param>
    /// <param name="origin">The weights at the beginning; its adapters are not used.</param>
    /// <param name="episodes">What was written, prompts and tool replies included.</param>
    /// <param name="plan">Whose weights each writer has, and the temperature.</param>
    public static double? Of(LanguageModel policy, LanguageModel origin, IReadOnlyList<EpisodeRecord> episodes, TrainingPlan plan)
    {
        double sum = 0;
        long count = 0;
        Dictionary<string, string> adapters = plan.Population.GroupBy(agent => agent.Name).ToDictionary(agent => agent.Key, agent => agent.First().Adapter, StringComparer.Ordinal);
        foreach (IGrouping<string, EpisodeRecord> writers in episodes.Where(episode => episode.Tokens.Length > 1).GroupBy(episode => adapters.GetValueOrDefault(episode.Agent, TrainingPlan.Base)))
        {
            WeighedText[] texts = [.. writers.Select(episode => new WeighedText(new TrainingSequence { Tokens = episode.Tokens, Mask = episode.LossMask, Role = episode.Role }, 1, Temperature: plan.Temperature))];
            Adapter? adapter = plan.Learning.Weights == TrainedWeights.Lora ? policy.Adapters.GetValueOrDefault(writers.Key) : null;
            float[][] now = TextScores.LogProbabilities((tokens, positions) => policy.Decoder.Forward(tokens, positions, adapter), policy.Decoder.Device, plan.Learning, texts);
            float[][] then = TextScores.LogProbabilities((tokens, positions) => origin.Decoder.Forward(tokens, positions), origin.Decoder.Device, plan.Learning, texts);
            for (int text = 0; text < texts.Length; text++)
            {
                for (int token = 1; token < now[text].Length; token++)
                {
                    if (!texts[text].Text.Mask[token]) continue;
                    double logRatio = (double)then[text][token] - now[text][token];
                    sum += Math.Exp(logRatio) - 1 - logRatio;
                    count++;
                }
            }
        }

        return count == 0 ? null : sum / count;
    }
}
