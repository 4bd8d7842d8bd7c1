using AgentSociety.Core.Randomness;
using CsCheck;

namespace AgentSociety.Models.Tests;

public sealed class SamplerTests
{
    private static readonly Gen<SamplingSettings> Settings = Gen.Select(Gen.OneOf(0, 1, 3, 40, 5000), Gen.OneOf(1, 0.95, 0.5, 0.01, 0), Gen.OneOf(0, 0.02, 0.5), Gen.OneOf(1, 0.5, 2.0),
        (k, p, least, temperature) => new SamplingSettings { TopK = k, TopP = p, MinP = least, Temperature = temperature });

    [Fact]
    public void What_can_be_drawn_and_how_likely_is_what_a_sort_of_the_whole_vocabulary_says()
    {
        Gen.Select(Gen.Int[1, 700], Gen.ULong, Gen.Bool, Settings).Sample((vocabulary, seed, coarse, settings) =>
        {
            float[] logits = Logits(vocabulary, seed, coarse);
            Dictionary<int, double> expected = Sorted(logits, settings);
            Sampler sampler = new(vocabulary);
            (int token, float logProbability) = sampler.Draw(logits.ToArray(), settings, KeyedRandom.FromKey(seed), []);
            Assert.Contains(token, expected.Keys);
            Assert.Equal(Math.Log(expected[token]), logProbability, 1e-4);
            (int Token, float LogProbability)[] all = [.. sampler.Likeliest(vocabulary)];
            Assert.Equal(expected.Keys.Order(), all.Select(one => one.Token).Order());
            foreach (((int Token, float LogProbability) before, (int Token, float LogProbability) after) in all.Zip(all.Skip(1)))
            {
                // Weights that differ in their last bit can have the same logarithm: only equal logits are a tie.
                Assert.True(before.LogProbability >= after.LogProbability);
                if (logits[before.Token] == logits[after.Token]) Assert.True(before.Token < after.Token);
            }

            Assert.Equal(all.Take(3), sampler.Likeliest(3));
        }, iter: 3000);
    }

    [Fact]
    public void Draws_are_as_frequent_as_their_probabilities()
    {
        const int Draws = 40_000;
        float[] logits = Logits(50, 7, coarse: false);
        SamplingSettings settings = new() { TopK = 6, TopP = 0.9 };
        Dictionary<int, double> expected = Sorted(logits, settings);
        Sampler sampler = new(logits.Length);
        int[] counts = new int[logits.Length];
        KeyedRandom random = KeyedRandom.FromKey(3);
        for (int draw = 0; draw < Draws; draw++) counts[sampler.Draw(logits.ToArray(), settings, random, []).Token]++;
        foreach ((int token, double probability) in expected) Assert.Equal(probability, counts[token] / (double)Draws, 0.02);
        Assert.Equal(Draws, expected.Keys.Sum(token => counts[token]));
    }

    [Fact]
    public void What_is_impossible_is_never_drawn_and_a_repetition_weighs_as_the_paper_says()
    {
        Sampler sampler = new(40);
        float[] logits = new float[40];
        Array.Fill(logits, float.NegativeInfinity);
        (logits[3], logits[17], logits[33]) = (2, -1, 1);
        KeyedRandom random = KeyedRandom.FromKey(1);
        HashSet<int> drawn = [.. Enumerable.Range(0, 300).Select(_ => sampler.Draw(logits.ToArray(), new SamplingSettings(), random, []).Token)];
        Assert.Equal([3, 17, 33], drawn.Order());
        (int token, float logProbability) = sampler.Draw(logits.ToArray(), new SamplingSettings { Temperature = 0, RepetitionPenalty = 4 }, random, [3, 3, 17]);
        Assert.Equal(33, token);
        Assert.Equal(1 - Math.Log(Math.Exp(0.5) + Math.Exp(-4) + Math.Exp(1)), logProbability, 1e-5);
    }

    [Fact]
    public void A_temperature_of_almost_nothing_draws_the_likeliest_with_a_probability_that_is_a_number()
    {
        Sampler sampler = new(5);
        (int token, float logProbability) = sampler.Draw([1, 3, 2, 0, 3], new SamplingSettings { Temperature = 1e-40 }, KeyedRandom.FromKey(1), []);
        Assert.Contains(token, (int[])[1, 4]);
        Assert.Equal(Math.Log(0.5), logProbability, 1e-6);
        Assert.Equal(2, sampler.Likeliest(5).Count);
    }

    private static float[] Logits(int vocabulary, ulong seed, bool coarse)
    {
        KeyedRandom random = KeyedRandom.For(seed, "logits");
        // Coarse values give ties.
        return [.. Enumerable.Range(0, vocabulary).Select(_ => coarse ? random.Next(5) : (float)random.NextGaussian() * 3)];
    }

    private static Dictionary<int, double> Sorted(float[] logits, SamplingSettings settings)
    {
        double greatest = logits.Max();
        (int Token, double Weight)[] ranked = [.. logits.Select((logit, token) => (token, Math.Exp((logit - greatest) / settings.Temperature))).OrderByDescending(one => one.Item2).ThenBy(one => one.token)];
        if (settings.TopK > 0) ranked = [.. ranked.Take(settings.TopK)];
        double total = ranked.Sum(one => one.Weight), reached = 0;
        List<(int Token, double Weight)> kept = [];
        foreach ((int token, double weight) in ranked)
        {
            if (kept.Count > 0 && (settings.TopP < 1 && reached >= settings.TopP * total || weight < settings.MinP)) break;
            kept.Add((token, weight));
            reached += weight;
        }

        return kept.ToDictionary(one => one.Token, one => one.Weight / kept.Sum(other => other.Weight));
    }
}
