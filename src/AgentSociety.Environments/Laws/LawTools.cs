using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Laws;

/// <summary>Look-up, experiment and note of one attempt.</summary>
/// <remarks>A look-up also sees what this attempt itself has noted, although its notes reach the pages only afterwards. Where evidence is required, a note of anything that the attempt did not see, or hand on as it follows from what it saw, is passed over in silence.</remarks>
sealed class LawTools(ILaw law, string[] world, string problem, ToolAccess access) : IToolSession
{
    private readonly List<ToolCall> _calls = [];
    private readonly List<NoteEdit> _edits = [];
    private readonly Dictionary<int, string> _noted = [];
    private readonly Dictionary<string, string> _read = [];
    private readonly HashSet<(int Question, string Reply)> _seen = [];
    // What the walk comes to with the replies so far: the evidence for what is handed on, which nobody can try.
    private readonly ILawWalk _walk = law.Begin(problem);
    private int _experiments = access.Experiments;

    public string Markers => LawText.Markers;

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => _edits;

    public string Call(string call)
    {
        ToolCall done = LawText.CallEndingAt(law, call, call.Length) switch
        {
            { Marker: LawText.Look } asked => Look(asked.Question, call),
            { Marker: LawText.Experiment } asked => Experiment(asked.Question, call),
            { Marker: LawText.Note } asked => Note(asked.Question, call),
            _ => Misunderstood(call),
        };
        _calls.Add(done);
        return done.Reply;
    }

    private ToolCall Look(int question, string request)
    {
        string name = law.Page(question);
        NotePage? page = access.Notes.Read(name);
        if (page is not null) _read[name] = page.Revision;
        string? reply = _noted.TryGetValue(question, out string? own) ? own : page is null ? null : LawText.Recall(law, page.Body, question);
        if (reply is not null) Follow(question, reply);
        return new() { Kind = ToolKind.Read, Request = request, Reply = reply ?? $"{LawText.Unknown}", Page = name, Revision = page?.Revision };
    }

    private ToolCall Experiment(int question, string request)
    {
        bool done = _experiments > 0 && law.Testable(problem, question);
        if (done)
        {
            _experiments--;
            _seen.Add((question, world[question]));
            Follow(question, world[question]);
        }

        return new() { Kind = ToolKind.Experiment, Request = request, Reply = done ? world[question] : $"{LawText.Unknown}" };
    }

    private ToolCall Note(int question, string request)
    {
        string reply = request[^(law.ReplyLength + 1)..^1], fact = LawText.Fact(law, question, reply), page = law.Page(question);
        if (!access.RequireEvidence || _seen.Contains((question, reply)) || (question == _walk.HandsOn && _walk.Due < 0 && reply == _walk.Answer))
        {
            _noted[question] = reply;
            _edits.Add(new() { Page = page, Kind = EditKind.Append, Text = fact, Comment = $"note {fact} while solving", BaseRevision = _read.GetValueOrDefault(page) });
        }

        return new() { Kind = ToolKind.Note, Request = request, Reply = "", Page = page };
    }

    private void Follow(int question, string reply)
    {
        if (question == _walk.Due) _walk.Take(reply);
    }

    // A garbled note gets no reply, as a good one; a garbled question learns nothing.
    private static ToolCall Misunderstood(string request)
    {
        bool asks = request.Length > 0 && request[^1] is LawText.Look or LawText.Experiment;
        return new() { Kind = ToolKind.Other, Request = request, Reply = asks ? $"{LawText.Unknown}" : "" };
    }
}
