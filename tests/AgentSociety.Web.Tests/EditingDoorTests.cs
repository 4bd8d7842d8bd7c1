using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using AgentSociety.Kernel;
using AgentSociety.Society;
using Microsoft.SemanticKernel;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentSociety.Web.Tests;

/// <summary>The same edits have the same outcomes, reasons and rounds by whichever door they come in.</summary>
public sealed class EditingDoorTests : IAsyncLifetime
{
    private const string Culture = """
        culture:
          maximumPageSize: 200
          maximumEditsPerRound: 9
          shrinkGate: locked
          duplicates: page
          gates:
            - { prefix: problems/, gate: locked }
            - { prefix: skills/, gate: review }

        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("doors-");
    private ExampleRun _run = null!;
    private BrowseServer _server = null!;
    private HttpClient _client = null!;

    /// <summary>What is tried, in order, and what must come of it. A base is the number of the step whose revision it is.</summary>
    private static readonly (Attempt Attempt, string Outcome)[] Table =
    [
        (new("notes/a", "one\ntwo\nthree\n"), "saved"),
        (new("notes/a", "ONE\ntwo\nthree\n", Base: 0), "saved"),
        (new("notes/a", "one\ntwo\nTHREE\n", Base: 0), "merged"),
        (new("notes/a", "eins\ntwo\nthree\n", Base: 0), "conflict"),
        (new("notes/a", "one\ntwo\nthree, late\n", Base: 0, OnConflict: OnConflict.Fail), "conflict"),
        (new("notes/a", "eins\ntwo\nthree\n", Base: 0, OnConflict: OnConflict.Propose), "proposed"),
        (new("notes/a", "ONE\ntwo\nTHREE\n", Base: 2), "unchanged"),
        (new("notes/a", "four\n", Append: true), "saved"),
        (new("notes/a", "four\n", Append: true), "unchanged"),
        (new("notes/a", "seven is prime\n", Section: "Primes"), "saved"),
        (new("notes/a", "- seven is prime\n", Append: true), "rejected duplicate"),
        (new("notes/a", "x\n", Base: 9), "rejected gate"),
        (new("notes/a", "two\nnine is no prime\nten is no prime either\nand eleven is one\n", Base: 99), "rejected base"),
        (new("problems/p", "x\n"), "rejected gate"),
        (new("skills/s", "x\n"), "proposed"),
        (new("agents/solver-1/notes/x", "x\n"), "rejected notebook"),
        (new("nowhere/x", "x\n"), "rejected form"),
        (new("notes/large", new string('x', 400)), "rejected size"),
        (new("notes/b", "b\n"), "saved"),
        (new("notes/c", "c\n"), "saved"),
        (new("notes/d", "d\n"), "rejected rate"),
    ];

    [Theory]
    [InlineData("scratchpad")]
    [InlineData("plugin")]
    [InlineData("mcp")]
    [InlineData("http")]
    public async Task An_edit_has_one_outcome_by_whichever_door_it_comes(string door)
    {
        await using IDoor opened = await Open(door, _run);
        List<string> revisions = [];
        List<string> outcomes = [];
        foreach ((Attempt attempt, _) in Table)
        {
            JsonElement reply = await opened.Try(attempt, attempt.Base is { } step ? revisions.ElementAtOrDefault(step) ?? new string('0', 64) : null);
            revisions.Add(reply.TryGetProperty("revision", out JsonElement revision) ? revision.GetString()! : "");
            outcomes.Add($"{reply.GetProperty("outcome").GetString()} {(reply.TryGetProperty("rule", out JsonElement rule) ? rule.GetString() : "")}".Trim());
            if (reply.GetProperty("outcome").GetString() is "rejected" or "proposed" or "conflict") Assert.NotEqual("", reply.GetProperty("reason").GetString());
        }

        Assert.Equal(Table.Select(row => $"{row.Attempt}: {row.Outcome}"), Table.Select((row, step) => $"{row.Attempt}: {outcomes[step]}"));
        Assert.Equal("ONE\ntwo\nTHREE\nfour\n## Primes\nseven is prime\n", _run.Pages.Read("notes/a")!.Body);
        Assert.All(_run.Pages.History("notes/a", 50), revision => Assert.Equal((3, "ann"), (revision.Round, revision.Author)));
    }

    [Fact]
    public async Task A_program_is_held_by_the_gates_when_it_deletes_and_a_person_is_not()
    {
        _run.Write("skills/s", "x\n", trusted: true);
        string revision = _run.Pages.Read("skills/s")!.Revision;
        using HttpRequestMessage request = new(HttpMethod.Delete, "/api/runs/doors/pages/skills/s?author=ann&role=solver");
        request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("gate", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rule").GetString());
        using RunScratchpad scratchpad = new(new RunDirectory(_run.Directory));
        Assert.IsType<EditResult.Saved>(scratchpad.Delete(Door.Form, "skills/s", "ann", null, "no use"));
    }

    [Fact]
    public void An_edit_after_the_last_round_belongs_to_it()
    {
        using RunScratchpad scratchpad = new(new RunDirectory(_run.Directory));
        Assert.Equal(3, scratchpad.RoundInPlay);
        _run.Finish();
        Assert.Equal(2, scratchpad.RoundInPlay);
    }

    [Theory]
    [InlineData("scratchpad")]
    [InlineData("plugin")]
    [InlineData("mcp")]
    [InlineData("http")]
    public async Task Where_pages_are_read_first_no_door_adds_lines_unread(string door)
    {
        using ExampleRun run = new ExampleRun(_directory.FullName, "read", problems: 1, attempts: 1, culture: "culture: { readFirst: true }\n").Play(3);
        await using IDoor opened = await Open(door, run);
        async Task<string> Outcome(Attempt attempt, string? read = null) => (await opened.Try(attempt, read)).GetProperty("outcome").GetString()!;
        JsonElement begun = await opened.Try(new("notes/first", "one\n", Append: true), null);
        Assert.Equal("saved", begun.GetProperty("outcome").GetString());
        Assert.Equal("rejected", await Outcome(new("notes/first", "two\n", Append: true)));
        Assert.Equal("saved", await Outcome(new("notes/first", "two\n", Append: true), begun.GetProperty("revision").GetString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    [InlineData("a name that is much longer than any name of a person or a program is")]
    public async Task Nobody_signs_with_what_is_no_name(string author)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/runs/doors/pages/notes/signed") { Content = JsonContent.Create(new { body = "x\n", author }) };
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("form", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("rule").GetString());
        Assert.Null(_run.Pages.Read("notes/signed"));
        using RunScratchpad scratchpad = new(new RunDirectory(_run.Directory));
        Assert.Throws<Core.SocietyException>(() => scratchpad.Tools(author));
    }

    [Fact]
    public async Task A_key_that_comes_by_HTTP_is_never_that_of_an_agent()
    {
        string key = "2/solve/0/0/0";
        Assert.IsType<EditResult.Saved>(_run.Scratchpad.Commit([new EditRequest { Key = key, Author = "solver-1", Round = 2, Edit = new NoteEdit { Page = "notes/mine", Kind = EditKind.Append, Text = "mine\n", Comment = "" } }])[0]);
        for (int sending = 0; sending < 2; sending++)
        {
            using HttpResponseMessage answer = await _client.PostAsJsonAsync("/api/runs/doors/pages/notes/theirs", new { body = "theirs\n", author = "ann", key });
            Assert.Equal("saved", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outcome").GetString());
        }

        Assert.Single(_run.Pages.History("notes/theirs"));
    }

    public async Task InitializeAsync()
    {
        _run = new ExampleRun(_directory.FullName, "doors", problems: 1, attempts: 1, culture: Culture).Play(3);
        _server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = _directory.FullName, Port = 0 });
        _client = SiteFixture.NewClient(_server);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _run.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task<IDoor> Open(string door, ExampleRun run) => door switch
    {
        "http" => new HttpDoor(_client, Path.GetFileName(run.Directory)),
        "plugin" => new PluginDoor(new RunScratchpad(new RunDirectory(run.Directory))),
        "mcp" => await McpDoor.OpenAsync(new RunScratchpad(new RunDirectory(run.Directory))),
        _ => new ScratchpadDoor(run.Database),
    };

    public sealed record Attempt(string Page, string Text, int? Base = null, bool Append = false, string? Section = null, OnConflict? OnConflict = null);

    private interface IDoor : IAsyncDisposable
    {
        Task<JsonElement> Try(Attempt attempt, string? start);
    }

    /// <summary>The scratchpad itself, as a society opens it.</summary>
    private sealed class ScratchpadDoor(SocietyDatabase database) : IDoor
    {
        private readonly Scratchpad _scratchpad = new(database, rules: EditRules.From(ScenarioFile.Recorded(new RunRecords(database).Info()!.Scenario, "doors").Culture));
        private int _key;

        public Task<JsonElement> Try(Attempt attempt, string? start) => Task.FromResult(JsonSerializer.SerializeToElement(EditReply.From(_scratchpad.Commit([new EditRequest
        {
            Key = $"3/solve/0/0/{_key++}",
            Author = "ann",
            Round = 3,
            OnConflict = attempt.OnConflict ?? OnConflict.Merge,
            Edit = new NoteEdit
            {
                Page = attempt.Page,
                Kind = attempt.Append ? EditKind.Append : attempt.Section is null ? EditKind.Replace : EditKind.Section,
                Section = attempt.Section,
                Text = attempt.Text,
                Comment = "",
                BaseRevision = start,
            },
        }])[0]), ScratchpadFunctions.Json));

        public ValueTask DisposeAsync()
        {
            _scratchpad.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class PluginDoor : IDoor
    {
        private readonly RunScratchpad _scratchpad;
        private readonly Microsoft.SemanticKernel.Kernel _kernel;

        internal PluginDoor(RunScratchpad scratchpad)
        {
            _scratchpad = scratchpad;
            _kernel = Microsoft.SemanticKernel.Kernel.CreateBuilder().AddScratchpad(scratchpad.Tools("ann")).Build();
        }

        public async Task<JsonElement> Try(Attempt attempt, string? start)
        {
            FunctionResult result = await _kernel.InvokeAsync(ScratchpadPlugin.Name, attempt.Append ? "append" : "write", new KernelArguments(Arguments(attempt, start)));
            return JsonSerializer.SerializeToElement(result.GetValue<EditReply>(), ScratchpadFunctions.Json);
        }

        public ValueTask DisposeAsync()
        {
            _scratchpad.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class McpDoor : IDoor
    {
        private readonly Pipe _toServer = new(), _toClient = new();
        private readonly RunScratchpad _scratchpad;
        private readonly Task _served;
        private McpClient _client = null!;

        private McpDoor(RunScratchpad scratchpad)
        {
            _scratchpad = scratchpad;
            _served = ScratchpadMcpServer.ServeAsync(scratchpad.Tools("ann"), _toServer.Reader.AsStream(), _toClient.Writer.AsStream(), null, CancellationToken.None);
        }

        internal static async Task<McpDoor> OpenAsync(RunScratchpad scratchpad)
        {
            McpDoor door = new(scratchpad);
            door._client = await McpClient.CreateAsync(new StreamClientTransport(door._toServer.Writer.AsStream(), door._toClient.Reader.AsStream()));
            return door;
        }

        public async Task<JsonElement> Try(Attempt attempt, string? start) =>
            JsonSerializer.SerializeToElement((await _client.CallToolAsync(attempt.Append ? "append" : "write", Arguments(attempt, start))).StructuredContent);

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            await _toServer.Writer.CompleteAsync();
            await _served;
            _scratchpad.Dispose();
        }
    }

    private sealed class HttpDoor(HttpClient client, string run) : IDoor
    {
        public async Task<JsonElement> Try(Attempt attempt, string? start)
        {
            using HttpRequestMessage request = new(attempt.Append ? HttpMethod.Post : HttpMethod.Put, $"/api/runs/{run}/pages/{attempt.Page}")
            {
                Content = JsonContent.Create(new { body = attempt.Text, author = "ann", section = attempt.Section, onConflict = attempt.OnConflict?.ToString().ToLowerInvariant() }),
            };
            if (!attempt.Append || start is not null) request.Headers.TryAddWithoutValidation(start is null ? "If-None-Match" : "If-Match", start is null ? "*" : $"\"{start}\"");
            using HttpResponseMessage answer = await client.SendAsync(request);
            JsonElement reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(reply.GetProperty("outcome").GetString() switch
            {
                "conflict" => HttpStatusCode.PreconditionFailed,
                "rejected" => HttpStatusCode.UnprocessableEntity,
                "proposed" => HttpStatusCode.Accepted,
                _ => HttpStatusCode.OK,
            }, answer.StatusCode);
            return reply;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static Dictionary<string, object?> Arguments(Attempt attempt, string? start)
    {
        Dictionary<string, object?> arguments = new() { ["page"] = attempt.Page, [attempt.Append ? "lines" : "body"] = attempt.Text, ["comment"] = "" };
        if (start is not null) arguments["baseRevision"] = start;
        if (attempt.Section is not null) arguments["section"] = attempt.Section;
        if (attempt.OnConflict is { } choice) arguments["onConflict"] = choice.ToString().ToLowerInvariant();
        return arguments;
    }
}
