namespace AgentSociety.Learning;

/// <summary>How different texts are from each other: what falls when a population of proposers collapses.</summary>
/// <remarks>Texts are compared character by character, the grain of short formal problems; give words as characters of their own to compare by words.</remarks>
public static class Diversity
{
    /// <summary>Different n-grams over all n-grams of the texts together (distinct-n; Li et al. 2016, section 5): 1 where none repeats. 1 where the texts are too short to hold any.</summary>
    public static double Distinct(IEnumerable<string> texts, int n)
    {
        HashSet<string> different = new(StringComparer.Ordinal);
        int count = 0;
        foreach (string text in texts)
        {
            for (int start = 0; start + n <= text.Length; start++, count++) different.Add(text.Substring(start, n));
        }

        return count == 0 ? 1 : (double)different.Count / count;
    }

    /// <summary>Mean BLEU of each text against all the others (self-BLEU; Zhu et al. 2018, "Texygen", section 3.2): 1 where all are the same.</summary>
    /// <remarks>
    /// BLEU after Papineni et al. 2002 with n-grams up to <paramref name="n"/> and the brevity penalty; orders that a text is too short for
    /// are left out, and an order without a match counts as half a match (Chen and Cherry 2014, smoothing 2's intent).
    /// Quadratic in the number of texts: sample a few hundred.
    /// </remarks>
    public static double SelfBleu(IReadOnlyList<string> texts, int n = 4)
    {
        if (texts.Count < 2) return 0;
        Dictionary<string, int>[][] counts = [.. texts.Select(text => Enumerable.Range(1, n).Select(order => Count(text, order)).ToArray())];
        double sum = 0;
        for (int candidate = 0; candidate < texts.Count; candidate++) sum += Bleu(texts, counts, candidate, n);
        return sum / texts.Count;
    }

    /// <summary>BLEU of one text against another, as in <see cref="SelfBleu"/>: 1 where they are the same.</summary>
    public static double Bleu(string candidate, string reference, int n = 4) =>
        Bleu([candidate, reference], [[.. Enumerable.Range(1, n).Select(order => Count(candidate, order))], [.. Enumerable.Range(1, n).Select(order => Count(reference, order))]], 0, n);

    /// <summary>Share of texts that came before: 0 where all differ.</summary>
    public static double DuplicateShare(IReadOnlyCollection<string> texts) =>
        texts.Count == 0 ? 0 : 1 - (double)texts.Distinct(StringComparer.Ordinal).Count() / texts.Count;

    /// <summary>How many problems fall into each of <paramref name="bins"/> equal ranges of solve rate; the last holds 1.</summary>
    public static int[] SolveRateHistogram(IEnumerable<double> solveRates, int bins = 10)
    {
        int[] histogram = new int[bins];
        foreach (double rate in solveRates) histogram[Math.Min(bins - 1, (int)(rate * bins))]++;
        return histogram;
    }

    private static double Bleu(IReadOnlyList<string> texts, Dictionary<string, int>[][] counts, int candidate, int n)
    {
        int length = texts[candidate].Length, orders = Math.Min(n, length);
        if (orders == 0) return 0;
        double logPrecision = 0;
        for (int order = 0; order < orders; order++)
        {
            int matched = 0, total = length - order;
            foreach ((string gram, int count) in counts[candidate][order])
            {
                int greatest = 0;
                for (int other = 0; other < texts.Count; other++)
                {
                    if (other != candidate && counts[other][order].TryGetValue(gram, out int found)) greatest = Math.Max(greatest, found);
                }

                matched += Math.Min(count, greatest);
            }

            logPrecision += Math.Log((matched == 0 ? 0.5 : matched) / total) / orders;
        }

        int nearest = Enumerable.Range(0, texts.Count).Where(other => other != candidate)
            .Select(other => texts[other].Length).MinBy(other => (Math.Abs(other - length), other));
        double brevity = length >= nearest ? 1 : Math.Exp(1 - (double)nearest / length);
        return brevity * Math.Exp(logPrecision);
    }

    private static Dictionary<string, int> Count(string text, int order)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        for (int start = 0; start + order <= text.Length; start++)
        {
            string gram = text.Substring(start, order);
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }
}
