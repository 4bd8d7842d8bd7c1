using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments;

/// <summary>Frontiers made up for demonstrations.</summary>
static class FrontierAt
{
    /// <summary>A society that solves problems of <paramref name="difficulty"/> about half the time, easier ones more often and harder ones less or never seen.</summary>
    public static Frontier Edge(int difficulty, int maximumDifficulty, KeyedRandom random)
    {
        double?[] rates = new double?[maximumDifficulty];
        double steepness = 0.5 + 2 * random.NextDouble();
        double centre = 0.6 * (random.NextDouble() - 0.5);
        int seen = difficulty + random.Next(3);
        for (int index = 0; index < rates.Length; index++)
        {
            if (index >= seen) continue;
            double logit = steepness * (difficulty - 1 - index + centre) + 0.4 * random.NextGaussian();
            rates[index] = 1 / (1 + Math.Exp(-logit));
        }

        return new(rates);
    }
}
