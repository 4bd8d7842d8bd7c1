using System.IO.Pipelines;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace AgentSociety.Kernel.Tests;

public sealed class ScratchpadMcpServerTests
{
    [Fact]
    public async Task A_client_finds_exactly_the_tools_of_the_plugin()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        await using Session session = await Session.OpenAsync(tools);
        IList<McpClientTool> found = await session.Client.ListToolsAsync();
        Assert.Equal(tools.Functions().Select(function => (function.Name, function.Description)).Order(), found.Select(tool => (tool.Name, tool.Description)).Order());
        Assert.All(found, tool => Assert.Equal(ScratchpadFunctions.Reading.Contains(tool.Name), tool.ProtocolTool.Annotations!.ReadOnlyHint));
        Assert.Contains("Search before you write", session.Client.ServerInstructions, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_writes_reads_searches_and_meets_a_conflict()
    {
        using SocietyFile file = new();
        await using Session session = await Session.OpenAsync(file.Tools("client"));
        JsonElement written = await session.CallAsync("write", new() { ["page"] = "notes/a", ["body"] = "one\n", ["comment"] = "first" });
        string start = written.GetProperty("revision").GetString()!;
        Assert.Equal("one\n", (await session.CallAsync("read", new() { ["page"] = "notes/a" })).GetProperty("body").GetString());
        Assert.Equal(("client", start), AgentSociety.Culture.ReadsFromOutside.OutsideReadsOf(file.Database, "notes/a").Select(read => (read.Agent, read.Revision)).Single());
        Assert.Equal("notes/a", (await session.CallAsync("search", new() { ["query"] = "one" })).GetProperty("hits")[0].GetProperty("page").GetString());
        await file.Tools("somebody").Write("notes/a", "two\n", "meanwhile", start);
        JsonElement conflict = await session.CallAsync("write", new() { ["page"] = "notes/a", ["body"] = "three\n", ["comment"] = "late", ["baseRevision"] = start });
        Assert.Equal(("conflict", "one\n", "two\n", "three\n"), (conflict.GetProperty("outcome").GetString(), conflict.GetProperty("base").GetProperty("body").GetString(),
            conflict.GetProperty("theirs").GetProperty("body").GetString(), conflict.GetProperty("mine").GetString()));
        JsonElement saved = await session.CallAsync("write", new()
        {
            ["page"] = "notes/a",
            ["body"] = "two and three\n",
            ["comment"] = "both",
            ["baseRevision"] = conflict.GetProperty("theirs").GetProperty("revision").GetString(),
        });
        Assert.Equal("saved", saved.GetProperty("outcome").GetString());
        Assert.Equal(["client", "somebody", "client"], (await session.CallAsync("history", new() { ["page"] = "notes/a" })).GetProperty("revisions").EnumerateArray().Select(row => row.GetProperty("author").GetString()));
    }

    [Fact]
    public async Task Faults_of_the_database_reach_the_client_as_errors_in_words()
    {
        using SocietyFile file = new();
        ScratchpadTools reader = new(file.Database, (_, _) => throw new AgentSociety.Core.SocietyException("society.db: the disk is full; make room"), new ScratchpadEditor { Author = "client" });
        await using Session session = await Session.OpenAsync(reader);
        CallToolResult result = await session.Client.CallToolAsync("append", new Dictionary<string, object?> { ["page"] = "notes/a", ["lines"] = "x", ["comment"] = "c" });
        Assert.True(result.IsError);
        Assert.Contains("the disk is full", result.Content.OfType<TextContentBlock>().Single().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_and_foreign_arguments_are_errors_that_leave_the_session_usable()
    {
        using SocietyFile file = new();
        await using Session session = await Session.OpenAsync(file.Tools());
        CallToolResult missing = await session.Client.CallToolAsync("read", new Dictionary<string, object?>());
        Assert.True(missing.IsError);
        Assert.Contains("page", missing.Content.OfType<TextContentBlock>().Single().Text, StringComparison.Ordinal);
        Assert.True((await session.Client.CallToolAsync("list", new Dictionary<string, object?> { ["limit"] = "many" })).IsError);
        await Assert.ThrowsAnyAsync<Exception>(async () => await session.Client.CallToolAsync("destroy", new Dictionary<string, object?>()));
        Assert.Equal(0, (await session.CallAsync("list", [])).GetProperty("pages").GetArrayLength());
    }

    [Fact]
    public async Task Many_clients_append_at_once_and_no_line_is_lost()
    {
        using SocietyFile file = new();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            await using Session session = await Session.OpenAsync(file.Tools($"client-{client}"));
            for (int line = 0; line < 10; line++)
                Assert.Equal("saved", (await session.CallAsync("append", new() { ["page"] = "notes/all", ["lines"] = $"{client}/{line}", ["comment"] = "c" })).GetProperty("outcome").GetString());
        }));
        Assert.Equal(80, file.Tools().Read("notes/all").Body!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
    }

    /// <summary>A real client that talks to the server over a pair of pipes.</summary>
    private sealed class Session : IAsyncDisposable
    {
        private readonly Task _served;
        private readonly Pipe _toServer;

        private Session(McpClient client, Task served, Pipe toServer)
        {
            Client = client;
            _served = served;
            _toServer = toServer;
        }

        public McpClient Client { get; }

        public static async Task<Session> OpenAsync(ScratchpadTools tools)
        {
            Pipe toServer = new(), toClient = new();
            Task served = ScratchpadMcpServer.ServeAsync(tools, toServer.Reader.AsStream(), toClient.Writer.AsStream(), null, CancellationToken.None);
            return new Session(await McpClient.CreateAsync(new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream())), served, toServer);
        }

        public async Task<JsonElement> CallAsync(string tool, Dictionary<string, object?> arguments)
        {
            CallToolResult result = await Client.CallToolAsync(tool, arguments);
            Assert.NotEqual(true, result.IsError);
            return JsonSerializer.SerializeToElement(result.StructuredContent);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await _toServer.Writer.CompleteAsync();
            await _served.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }
}
