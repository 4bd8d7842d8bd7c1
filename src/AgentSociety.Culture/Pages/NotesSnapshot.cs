using System.Collections.Immutable;
using AgentSociety.Core.Culture;

namespace AgentSociety.Culture;

/// <summary>The scratchpad at one moment, in memory. Pages that were changed later are none of its business.</summary>
internal sealed class NotesSnapshot : INotes
{
    private readonly ImmutableDictionary<string, Head> _heads;
    private readonly Lazy<string[]> _names;

    internal NotesSnapshot(ImmutableDictionary<string, Head> heads)
    {
        _heads = heads;
        _names = new(() => [.. heads.Values.Where(head => !head.Deleted).Select(head => head.Name).Order(StringComparer.Ordinal)]);
    }

    public NotePage? Read(string page) => _heads.TryGetValue(page, out Head? head) && !head.Deleted ? head.Note : null;

    public IReadOnlyList<string> List(string prefix)
    {
        string[] names = _names.Value;
        int start = Array.BinarySearch(names, prefix, StringComparer.Ordinal);
        if (start < 0) start = ~start;
        int end = start;
        while (end < names.Length && names[end].StartsWith(prefix, StringComparison.Ordinal)) end++;
        return names[start..end];
    }
}

/// <summary>A part of a scratchpad under names that leave out its prefix: how an agent's private notebook looks like a scratchpad of its own.</summary>
internal sealed class PrefixedNotes(INotes notes, string prefix) : INotes
{
    public NotePage? Read(string page) => notes.Read(prefix + page) is { } note ? note with { Name = page } : null;

    public IReadOnlyList<string> List(string start) => [.. notes.List(prefix + start).Select(name => name[prefix.Length..])];
}

/// <summary>The newest revision of a page on its main line, or the newest as of some round.</summary>
internal sealed record Head
{
    internal required long Page { get; init; }

    internal required long Number { get; init; }

    internal required NotePage Note { get; init; }

    internal required int Round { get; init; }

    /// <summary>Deltas down to the keyframe.</summary>
    internal required int Depth { get; init; }

    internal required bool Deleted { get; init; }

    internal string Name => Note.Name;

    internal string Body => Note.Body;

    internal string Revision => Note.Revision;
}
