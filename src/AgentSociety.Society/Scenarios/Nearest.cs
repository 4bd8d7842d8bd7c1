namespace AgentSociety.Society;

/// <summary>Guesses what was meant by a word that is not known.</summary>
public static class Nearest
{
    /// <summary>Words that are worth listing where none is near.</summary>
    private const int Listed = 12;

    /// <summary>A sentence that names the nearest candidate, or lists the candidates where none is near; empty where there are none.</summary>
    public static string Hint(string word, IReadOnlyList<string> candidates)
    {
        if (To(word, candidates) is { } near) return $"did you mean {near}?";
        if (candidates.Count == 0) return "";
        string list = string.Join(", ", candidates.Take(Listed));
        return candidates.Count <= Listed ? $"use one of {list}" : $"use one of {list}, ... ({candidates.Count} in all)";
    }

    /// <summary>The candidate with the fewest edits to the word, where these are few for the word's length; null where none is near.</summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        string wanted = Plain(word);
        return candidates
            .Select(candidate => (Candidate: candidate, Edits: Edits(wanted, Plain(candidate))))
            .Where(pair => pair.Edits <= Math.Max(1, Math.Min(wanted.Length, pair.Candidate.Length) / 3) || (wanted.Length >= 4 && Plain(pair.Candidate).Contains(wanted, StringComparison.Ordinal)))
            .OrderBy(pair => pair.Edits).Select(pair => pair.Candidate).FirstOrDefault();
    }

    // Case and the choice between dashes, underscores and none are the commonest slips and cost nothing.
    private static string Plain(string word) => (word.Length > 64 ? word[..64] : word).Replace("-", "").Replace("_", "").ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (Damerau 1964, restricted).</summary>
    private static int Edits(string from, string to)
    {
        int[,] cost = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= to.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replace = cost[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[from.Length, to.Length];
    }
}
