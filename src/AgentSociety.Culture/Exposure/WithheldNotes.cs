using AgentSociety.Core.Culture;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture;

/// <summary>A scratchpad that keeps each note from its reader with a small probability, so that what the note is worth can be measured as in a trial.</summary>
/// <remarks>
/// One coin is tossed for each page that an episode asks for, keyed by seed, episode and page: asking again, or playing the round
/// again, falls the same way. A withheld page reads as if there were none. <see cref="List"/> hides nothing: a page that is never
/// asked for tells nothing of its worth, and one whose name were hidden would never be asked for.
/// Store <see cref="Withheld"/> and <see cref="Probability"/> in the episode's record. For one episode, on one thread at a time.
/// </remarks>
public sealed class WithheldNotes : INotes
{
    private readonly INotes _notes;
    private readonly ulong _seed;
    private readonly List<WithheldNote> _withheld = [];
    private readonly Dictionary<string, bool> _coins = new(StringComparer.Ordinal);

    /// <param name="notes">What the reader may see.</param>
    /// <param name="probability">Probability with which each note is withheld, from 0 up to but not including 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="episode">Id of the episode that reads.</param>
    public WithheldNotes(INotes notes, double probability, ulong seed, string episode)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        _notes = notes;
        Probability = probability;
        _seed = KeyedRandom.Key(seed, $"withhold/{episode}");
    }

    /// <summary>Probability with which each note is withheld.</summary>
    public double Probability { get; }

    /// <summary>The notes that were asked for and withheld so far, in the order in which they were asked for first.</summary>
    public IReadOnlyList<WithheldNote> Withheld => _withheld;

    /// <inheritdoc />
    public NotePage? Read(string page)
    {
        if (_notes.Read(page) is not { } note) return null;
        if (Probability == 0) return note;
        if (!_coins.TryGetValue(page, out bool kept))
        {
            _coins[page] = kept = KeyedRandom.For(_seed, page).NextDouble() < Probability;
            if (kept) _withheld.Add(new WithheldNote(page, note.Revision));
        }

        return kept ? null : note;
    }

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => _notes.List(prefix);
}
