using System.Text.Json.Nodes;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Yours;

/// <summary>The tools of one attempt in an external environment: the program answers each call, and reads and notes through this session.</summary>
/// <remarks>The program keeps nothing of an attempt, so that one which was started anew goes on with it: it is told with each call what was called and noted before, and asked again with each page that it wants to read.</remarks>
sealed class ExternalTools(ExternalEnvironment program, Problem problem, ToolAccess access) : IToolSession
{
    private const int MostPages = 16;

    private readonly List<ToolCall> _calls = [];
    private readonly List<NoteEdit> _edits = [];
    private readonly Dictionary<string, string?> _revisions = [];
    private int _experiments = access.Experiments;

    public string Markers => program.Markers;

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => _edits;

    public string Call(string call)
    {
        JsonObject pages = [];
        string? read = null;
        JsonNode? said = Ask(call, pages);
        while (program.Optional(said, "read", ExternalEnvironment.Tool) is { } page)
        {
            if (pages.ContainsKey(page) || pages.Count == MostPages) throw program.Failed($"answers '{ExternalEnvironment.Tool}' by reading '{page}' {(pages.ContainsKey(page) ? "again" : $"after {MostPages} other pages")}; it is given what stands there under 'pages', null where there is no such page");
            NotePage? found = access.Notes.Read(page);
            pages[page] = found?.Body;
            (read, _revisions[page]) = (page, found?.Revision);
            said = Ask(call, pages);
        }

        ToolCall done = Done(call, said, read);
        _calls.Add(done);
        return done.Reply;
    }

    private ToolCall Done(string call, JsonNode? said, string? read)
    {
        string reply = program.Text(said, "reply", ExternalEnvironment.Tool);
        switch (program.Text(said, "kind", ExternalEnvironment.Tool))
        {
            case "read":
                return new() { Kind = ToolKind.Read, Request = call, Reply = reply, Page = read, Revision = read is null ? null : _revisions[read] };
            case "experiment":
                if (_experiments > 0) _experiments--;
                return new() { Kind = ToolKind.Experiment, Request = call, Reply = reply };
            case "note":
                string? page = program.Optional(said, "page", ExternalEnvironment.Tool);
                // A note without a line was understood, and is not to be kept.
                if (page is not null && program.Optional(said, "line", ExternalEnvironment.Tool) is { } line)
                    _edits.Add(new() { Page = page, Kind = EditKind.Append, Text = line, Comment = $"note {line} while solving", BaseRevision = _revisions.GetValueOrDefault(page) });
                return new() { Kind = ToolKind.Note, Request = call, Reply = reply, Page = page };
            case "other":
                return new() { Kind = ToolKind.Other, Request = call, Reply = reply };
            default:
                throw program.Failed($"answers '{ExternalEnvironment.Tool}' with a kind other than read, experiment, note and other");
        }
    }

    private JsonNode? Ask(string call, JsonObject pages) => program.Call(problem, new()
    {
        ["call"] = call,
        ["calls"] = new JsonArray([.. _calls.Select(done => new JsonObject { ["kind"] = $"{done.Kind}".ToLowerInvariant(), ["request"] = done.Request, ["reply"] = done.Reply })]),
        ["noted"] = new JsonArray([.. _edits.Select(edit => new JsonObject { ["page"] = edit.Page, ["line"] = edit.Text })]),
        ["pages"] = pages.DeepClone(),
        ["experiments"] = _experiments,
        ["requireEvidence"] = access.RequireEvidence,
    });
}
