namespace AgentSociety.Environments.DataSets;

/// <summary>Finds texts that repeat a run of words of held-out texts.</summary>
/// <remarks>Words are runs of letters and digits without case; 13 in a row is the measure of Brown et al. 2020, "Language models are few-shot learners", appendix C.</remarks>
public sealed class Contamination
{
    /// <summary>Words in a row that count as repetition.</summary>
    public const int Words = 13;

    private readonly HashSet<string> _known;
    private readonly int _length;

    /// <summary>Remembers the held-out texts.</summary>
    public Contamination(IEnumerable<string> heldOut, int length = Words)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        _length = length;
        _known = [.. heldOut.SelectMany(Runs)];
    }

    /// <summary>True where the text shares a run of words with a held-out text; a text shorter than a run counts as one run.</summary>
    public bool Touches(string text) => Runs(text).Any(_known.Contains);

    private IEnumerable<string> Runs(string text)
    {
        string[] words = new string([.. text.Select(character => char.IsLetterOrDigit(character) ? char.ToLowerInvariant(character) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int start = 0; start == 0 || start + _length <= words.Length; start++)
        {
            if (words.Length > 0) yield return string.Join(" ", words, start, Math.Min(_length, words.Length - start));
        }
    }
}
