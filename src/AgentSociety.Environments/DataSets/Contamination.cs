namespace AgentSociety.Environments.DataSets;

/// <summary>Finds texts that repeat a run of words of held-out texts.</summary>
/// <remarks>Words are runs of letters and digits without case; 13 in a row is the measure of Brown et al. 2020, "Language models are few-shot learners", appendix C.</remarks>
public sealed class Contamination
{
    /// <summary>Words in a row that count as repetition.</summary>
    public const int Words = 13;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly int[] _lengths;

    /// <summary>Remembers the held-out texts.</summary>
    public Contamination(IEnumerable<string> heldOut, int length = Words)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        HashSet<int> lengths = [];
        foreach (string[] words in heldOut.Select(Split).Where(words => words.Length > 0))
        {
            // A text shorter than a run is one of its own length, wherever it is repeated.
            int run = Math.Min(length, words.Length);
            lengths.Add(run);
            _known.UnionWith(Runs(words, run));
        }

        _lengths = [.. lengths];
    }

    /// <summary>True where the text shares a run of words with a held-out text, or holds all of a held-out text that is shorter than a run.</summary>
    public bool Touches(string text)
    {
        string[] words = Split(text);
        return _lengths.Any(length => Runs(words, length).Any(_known.Contains));
    }

    private static string[] Split(string text) =>
        new string([.. text.Select(character => char.IsLetterOrDigit(character) ? char.ToLowerInvariant(character) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Runs(string[] words, int length)
    {
        for (int start = 0; start + length <= words.Length; start++) yield return string.Join(" ", words, start, length);
    }
}
