using System.Collections.Concurrent;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture;

/// <summary>What the arms of an experiment show of a scratchpad: each takes something away that could be what makes notes help.</summary>
public static class NotesArms
{
    /// <summary>The notes that a scenario's arm shows of a scratchpad.</summary>
    /// <param name="settings">What the scenario says.</param>
    /// <param name="round">The round that is being played: readers see what stood when it began, or what the arm makes of it.</param>
    /// <param name="asOf">The scratchpad, as the reader may see it, at the end of a round.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="placebo">The notes of another society, where the arm shows them.</param>
    /// <param name="oracle">The true body of a page by its name, where the environment knows it and the arm shows it; null for no such page.</param>
    /// <param name="episodes">What a search of raw episodes finds, where the arm shows it.</param>
    /// <exception cref="SocietyException">The arm needs notes of another society, an environment that knows its truth or one that reads transcripts, and there is none.</exception>
    public static INotes Show(CultureSettings settings, int round, Func<int, INotes> asOf, ulong seed, INotes? placebo = null, Func<string, string?>? oracle = null, INotes? episodes = null) => settings.Shown switch
    {
        NotesShown.Live => asOf(round - 1),
        NotesShown.Unread => EmptyNotes.Instance,
        NotesShown.Placebo => placebo ?? throw new SocietyException("culture.placeboDatabase: the arm 'placebo' needs the database of another society; name one."),
        NotesShown.Stale => asOf(round - 1 - settings.StaleRounds),
        NotesShown.Frozen => asOf(Math.Min(round - 1, settings.FrozenRound)),
        NotesShown.Titles => new TitleNotes(asOf(round - 1)),
        NotesShown.Episodes => episodes ?? throw new SocietyException("culture.shown: the arm 'episodes' needs an environment that can search raw transcripts; take another arm or environment."),
        NotesShown.Shuffled => new ShuffledNotes(asOf(round - 1), seed),
        NotesShown.Half => new HalfNotes(asOf(round - 1), seed),
        NotesShown.Oracle => oracle is null ? throw new SocietyException("culture.shown: the arm 'oracle' needs an environment that can write its truth down; take another arm or environment.") : new OracleNotes(asOf(round - 1), oracle),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Shown, null),
    };
}

/// <summary>Names of pages without their bodies: the effect of knowing that something is known.</summary>
public sealed class TitleNotes(INotes notes) : INotes
{
    /// <inheritdoc />
    public NotePage? Read(string page) => notes.Read(page) is { } note ? note with { Body = "" } : null;

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => notes.List(prefix);
}

/// <summary>Each body under the name of another page of its namespace: as much text of the same kind, in the wrong place.</summary>
/// <remarks>A cycle through the namespace's pages in a keyed order, so that no page keeps its body unless it is alone. The revision is that of the body.</remarks>
public sealed class ShuffledNotes(INotes notes, ulong seed) : INotes
{
    private readonly Lazy<Dictionary<string, string>> _bodies = new(() =>
    {
        Dictionary<string, string> bodies = new(StringComparer.Ordinal);
        foreach (string space in PageName.Namespaces)
        {
            IReadOnlyList<string> pages = notes.List(space + "/");
            int[] order = KeyedRandom.For(seed, $"shuffled-notes/{space}").Permutation(pages.Count);
            for (int at = 0; at < order.Length; at++) bodies[pages[order[at]]] = pages[order[(at + 1) % order.Length]];
        }

        return bodies;
    });

    /// <inheritdoc />
    public NotePage? Read(string page) => _bodies.Value.TryGetValue(page, out string? other) && notes.Read(other) is { } note ? note with { Name = page } : null;

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => notes.List(prefix);
}

/// <summary>A half of the pages, drawn by their names once and for all: how much depends on how many notes there are.</summary>
public sealed class HalfNotes(INotes notes, ulong seed) : INotes
{
    /// <inheritdoc />
    public NotePage? Read(string page) => Keeps(page) ? notes.Read(page) : null;

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => [.. notes.List(prefix).Where(Keeps)];

    private bool Keeps(string page) => (KeyedRandom.Key(seed, $"half-of-notes/{page}") & 1) == 0;
}

/// <summary>What is true in place of what was written, for every page that the environment knows the truth of: the headroom above any culture.</summary>
public sealed class OracleNotes(INotes notes, Func<string, string?> truth) : INotes
{
    /// <summary>The truth of a world, for the arm that shows it.</summary>
    public static Func<string, string?> TruthOf(IFactSource source)
    {
        Dictionary<string, string> bodies = source.Facts.ToDictionary(page => page.Page, page => string.Join('\n', page.Lines), StringComparer.Ordinal);
        return page => bodies.GetValueOrDefault(page);
    }

    /// <summary>The revision of a page that no agent wrote.</summary>
    public const string Revision = "oracle";

    /// <inheritdoc />
    public NotePage? Read(string page) => truth(page) is { } body ? new NotePage(page, Revision, PageBody.Normalise(body)) : null;

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => [.. notes.List(prefix).Where(page => truth(page) is not null)];
}

/// <summary>Pages in the order of their worth, the best first; those of unknown worth stand where a worth of 0 stands, in the order of their names.</summary>
public sealed class RankedNotes(INotes notes, IReadOnlyDictionary<string, double> worth) : INotes
{
    /// <inheritdoc />
    public NotePage? Read(string page) => notes.Read(page);

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => [.. notes.List(prefix).OrderByDescending(page => worth.GetValueOrDefault(page))];
}

/// <summary>Notes that begin with how the attempts of the agent who wrote them went: whom to believe.</summary>
/// <param name="notes">The notes.</param>
/// <param name="authorOf">The author of a revision; null for one that is not known.</param>
/// <param name="records">How each agent's attempts went.</param>
public sealed class AttributedNotes(INotes notes, Func<string, string?> authorOf, IReadOnlyDictionary<string, AuthorRecord> records) : INotes
{
    private readonly ConcurrentDictionary<string, string?> _authors = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public NotePage? Read(string page)
    {
        if (notes.Read(page) is not { } note) return null;
        if (_authors.GetOrAdd(note.Revision, authorOf) is not { } author) return note;
        string record = records.TryGetValue(author, out AuthorRecord? known) ? FormattableString.Invariant($"{known.Successes} of {known.Attempts} attempts succeeded") : "no attempts yet";
        return note with { Body = $"> last written by {author}: {record}\n{note.Body}" };
    }

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => notes.List(prefix);
}

/// <summary>How an agent's attempts went so far.</summary>
/// <param name="Attempts">How many it made as a solver.</param>
/// <param name="Successes">How many of them were right.</param>
public sealed record AuthorRecord(long Attempts, long Successes);
