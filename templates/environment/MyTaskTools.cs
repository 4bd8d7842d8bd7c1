using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;

namespace MyTask;

/// <summary>What a solver can do while it writes: look a letter up (<c>c?</c>), try it out (<c>c!</c>), note it for those who come later (<c>cf;</c>).</summary>
/// <remarks>
/// One session is one attempt. When the model writes a marker it is halted, <see cref="Call"/> is given what it wrote, and the reply is put behind it; then it writes on.
/// Facts stand on a page of the scratchpad as lines such as <c>c=f</c>. Pages are written by models and people: whatever else is on them is passed over.
/// </remarks>
public sealed class MyTaskTools(string letters, string secret, ToolAccess access) : IToolSession
{
    /// <summary>The page that facts are noted on. A world of many facts has several, so that none grows long.</summary>
    public const string Page = "notes/letters";

    private readonly List<ToolCall> _calls = [];
    private readonly List<NoteEdit> _edits = [];
    private readonly HashSet<string> _seen = [];
    private string? _revision;
    private int _experiments = access.Experiments;

    /// <inheritdoc />
    public string Markers => "?!;";

    /// <inheritdoc />
    public IReadOnlyList<ToolCall> Calls => _calls;

    /// <inheritdoc />
    public IReadOnlyList<NoteEdit> Edits => _edits;

    /// <summary>True where a line states a fact, so or not so.</summary>
    public static bool IsFact(string letters, string line) => line is [var letter, '=', var sign] && letters.Contains(letter) && letters.Contains(sign);

    /// <inheritdoc />
    public string Call(string call)
    {
        // A model may write anything: what ends as no call does learns nothing, and never throws.
        ToolCall done = call switch
        {
            [.., var letter, '?'] when letters.Contains(letter) => LookUp(letter, call),
            [.., var letter, '!'] when letters.Contains(letter) => TryOut(letter, call),
            [.., var letter, var sign, ';'] when IsFact(letters, $"{letter}={sign}") => Note($"{letter}={sign}", call),
            _ => new() { Kind = ToolKind.Other, Request = call, Reply = call.EndsWith(';') ? "" : "-" },
        };
        _calls.Add(done);
        return done.Reply;
    }

    private ToolCall LookUp(char letter, string call)
    {
        NotePage? page = access.Notes.Read(Page);
        _revision = page?.Revision;
        // The last fact holds. What this attempt noted itself reaches the page only afterwards, and is known to it all the same.
        string? fact = (page?.Body.Split('\n') ?? []).Select(line => line.Trim()).Concat(_edits.Select(edit => edit.Text)).LastOrDefault(line => IsFact(letters, line) && line[0] == letter);
        return new() { Kind = ToolKind.Read, Request = call, Reply = fact?[2..] ?? "-", Page = Page, Revision = _revision };
    }

    private ToolCall TryOut(char letter, string call)
    {
        // The run says how many experiments an attempt may make (culture.experimentsPerRound): knowledge costs something, and notes are worth it.
        if (_experiments-- <= 0) return new() { Kind = ToolKind.Experiment, Request = call, Reply = "-" };
        char sign = secret[letters.IndexOf(letter)];
        _seen.Add($"{letter}={sign}");
        return new() { Kind = ToolKind.Experiment, Request = call, Reply = $"{sign}" };
    }

    private ToolCall Note(string fact, string call)
    {
        // Where evidence is asked for (culture.requireEvidence), only what this attempt saw itself becomes a note.
        if (!access.RequireEvidence || _seen.Contains(fact)) _edits.Add(new() { Page = Page, Kind = EditKind.Append, Text = fact, Comment = $"note {fact} while solving", BaseRevision = _revision });
        return new() { Kind = ToolKind.Note, Request = call, Reply = "", Page = Page };
    }
}
