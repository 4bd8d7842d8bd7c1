namespace AgentSociety.Learning.Curricula;

/// <summary>How much of a batch of proposals says the same: what a proposer is charged for repeating itself and the others.</summary>
/// <remarks>
/// R-Zero (Huang et al. 2025, section 3.2): proposals whose distance 1 - BLEU is small form a cluster, and each is charged lambda |C| / B, the
/// share of its cluster in the batch. Departs from the paper in the clustering, which follows leaders (Hartigan 1975, chapter 3): a text joins the first cluster
/// whose first text is near, so that the cost grows with texts times clusters; and in BLEU, which is the mean of both directions.
/// </remarks>
public static class Repetition
{
    /// <summary>For each text the share of its cluster in the batch; 1 / count where it is like no other.</summary>
    /// <param name="texts">The batch.</param>
    /// <param name="distance">Texts nearer than this are in one cluster; 0 to 1.</param>
    public static double[] Shares(IReadOnlyList<string> texts, double distance)
    {
        int[] clusters = new int[texts.Count];
        List<string> leaders = [];
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        for (int index = 0; index < texts.Count; index++)
        {
            if (known.TryGetValue(texts[index], out clusters[index])) continue;
            int near = leaders.FindIndex(leader => 1 - ((Diversity.Bleu(texts[index], leader) + Diversity.Bleu(leader, texts[index])) / 2) < distance);
            if (near < 0)
            {
                near = leaders.Count;
                leaders.Add(texts[index]);
            }

            clusters[index] = known[texts[index]] = near;
        }

        ILookup<int, int> members = clusters.ToLookup(cluster => cluster);
        return [.. clusters.Select(cluster => (double)members[cluster].Count() / texts.Count)];
    }
}
