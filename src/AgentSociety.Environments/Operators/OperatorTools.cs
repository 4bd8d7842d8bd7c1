using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Operators;

/// <summary>Look-up, experiment and note of one attempt.</summary>
/// <remarks>A look-up also sees what this attempt itself has noted, although its notes reach the pages only afterwards.</remarks>
sealed class OperatorTools : IToolSession
{
    private readonly OperatorWorld _world;
    private readonly ToolAccess _access;
    private readonly List<ToolCall> _calls = [];
    private readonly List<NoteEdit> _edits = [];
    private readonly Dictionary<(char Name, char Digit), char> _noted = [];
    private int _experiments;

    public OperatorTools(OperatorWorld world, ToolAccess access)
    {
        _world = world;
        _access = access;
        _experiments = access.Experiments;
    }

    public string Markers => OperatorText.Markers;

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => _edits;

    public string Call(string call)
    {
        ToolCall done = OperatorText.CallEndingAt(call, call.Length, _world.Operators) switch
        {
            { Marker: OperatorText.Look } asked => Look(asked, call),
            { Marker: OperatorText.Experiment } asked => Experiment(asked, call),
            { Marker: OperatorText.Note } asked => Note(asked, call),
            _ => Misunderstood(call),
        };
        _calls.Add(done);
        return done.Reply;
    }

    private ToolCall Look(OperatorCall asked, string request)
    {
        string name = OperatorText.Page(asked.Name);
        NotePage? page = _access.Notes.Read(name);
        char reply = _noted.TryGetValue((asked.Name, asked.Digit), out char own) ? own
            : page is null ? OperatorText.Unknown
            : OperatorText.Recall(page.Body, asked.Name, asked.Digit);
        return new() { Kind = ToolKind.Read, Request = request, Reply = reply.ToString(), Page = name, Revision = page?.Revision };
    }

    private ToolCall Experiment(OperatorCall asked, string request)
    {
        char reply = OperatorText.Unknown;
        if (_experiments > 0)
        {
            _experiments--;
            reply = OperatorText.Digit(_world.Apply(asked.Name, asked.Digit - '0'));
        }

        return new() { Kind = ToolKind.Experiment, Request = request, Reply = reply.ToString() };
    }

    private ToolCall Note(OperatorCall asked, string request)
    {
        string page = OperatorText.Page(asked.Name);
        string fact = OperatorText.Fact(asked.Name, asked.Digit, asked.Result);
        _noted[(asked.Name, asked.Digit)] = asked.Result;
        _edits.Add(new() { Page = page, Kind = EditKind.Append, Text = fact, Comment = $"note {fact} while solving" });
        return new() { Kind = ToolKind.Note, Request = request, Reply = "", Page = page };
    }

    // A garbled note gets no reply, as a good one; a garbled question learns nothing.
    private static ToolCall Misunderstood(string request)
    {
        bool asks = request.Length > 0 && request[^1] is OperatorText.Look or OperatorText.Experiment;
        return new() { Kind = ToolKind.Other, Request = request, Reply = asks ? OperatorText.Unknown.ToString() : "" };
    }
}
