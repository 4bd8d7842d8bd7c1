using System.Diagnostics;
using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments;
using AgentSociety.Environments.Operators;

namespace AgentSociety.Kernel.Tests;

public sealed class RemotePolicyTests
{
    private static readonly RemoteRequest Question = new() { Id = "round 1, attempt 2", Prompt = "1+1=", Seed = 4, Temperature = 0.5, MaximumTokens = 50 };

    [Fact]
    public async Task An_answer_becomes_a_transcript_with_its_tokens_and_its_price()
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(["2", " in", " all"]));
        using RemotePolicy policy = new(Settings(endpoint) with { PromptPrice = 1_000_000, CompletionPrice = 2_000_000 });
        RemoteGeneration generation = await policy.GenerateAsync(Question with { Instructions = "Add." }, CancellationToken.None);
        Assert.Equal([new Segment(Source.Prompt, "1+1="), new Segment(Source.Model, "2 in all")], generation.Segments);
        Assert.Equal(new RemoteUsage { Requests = 1, PromptTokens = 10, CompletionTokens = 3, Cost = 16 }, generation.Usage);
        Assert.Equal((RemoteFinish.EndOfText, generation.Usage), (generation.Finish, policy.Total));
        JsonElement sent = endpoint.Requests.Single();
        Assert.Equal(("small", 4, 0.5, true), (sent.GetProperty("model").GetString(), sent.GetProperty("seed").GetInt32(), sent.GetProperty("temperature").GetDouble(), sent.GetProperty("stream").GetBoolean()));
        Assert.Equal(["system", "user"], sent.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Contains("Add.", sent.GetProperty("messages")[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_below_nothing_are_not_believed_and_estimated_in_their_place()
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(["2", " in", " all"], usage: "{\"prompt_tokens\":-1000,\"completion_tokens\":-3000000,\"total_tokens\":-3001000}"));
        using RemotePolicy policy = new(Settings(endpoint) with { PromptPrice = 1, CompletionPrice = 1 });
        RemoteUsage usage = (await policy.GenerateAsync(Question, CancellationToken.None)).Usage;
        Assert.Equal((3, 3), (usage.CompletionTokens, usage.EstimatedTokens - usage.PromptTokens));
        Assert.True(usage.PromptTokens > 0 && policy.Total.Cost > 0);
    }

    [Fact]
    public async Task An_endpoint_that_writes_on_beyond_the_limit_is_left()
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(Enumerable.Repeat(new string('x', 1000), 200)));
        using RemotePolicy policy = new(Settings(endpoint));
        RemoteGeneration generation = await policy.GenerateAsync(Question with { MaximumTokens = 50 }, CancellationToken.None);
        Assert.Equal(RemoteFinish.MaximumTokens, generation.Finish);
        Assert.InRange(generation.Segments[^1].Text.Length, 50, 8_000);
    }

    [Theory]
    [InlineData("length", RemoteFinish.MaximumTokens)]
    [InlineData("content_filter", RemoteFinish.Filtered)]
    [InlineData("stop", RemoteFinish.EndOfText)]
    public async Task Why_it_ended_is_told(string finish, RemoteFinish expected)
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(["2"], finish));
        using RemotePolicy policy = new(Settings(endpoint));
        Assert.Equal(expected, (await policy.GenerateAsync(Question, CancellationToken.None)).Finish);
    }

    [Fact]
    public async Task The_answer_is_left_at_the_first_marker_and_goes_on_after_the_tools_reply()
    {
        string[][] turns = [["I ask a", "4", "=2 and b2=0"], ["so b", "2"], ["="], ["done"]];
        await using FaultyEndpoint endpoint = new((index, _) => FaultyEndpoint.Stream(turns[index]));
        using RemotePolicy policy = new(Settings(endpoint));
        Echo tools = new("=?", call => call.Length > 5 ? "7" : "");
        RemoteGeneration generation = await policy.GenerateAsync(Question with { Prompt = "go", Tools = tools }, CancellationToken.None);
        // The second turn ended without a marker, and so the text did.
        Assert.Equal(["I ask a4="], tools.Calls.Select(call => call.Request));
        Assert.Equal([new(Source.Prompt, "go"), new(Source.Model, "I ask a4="), new(Source.Tool, "7"), new Segment(Source.Model, "so b2")], generation.Segments);
        JsonElement second = endpoint.Requests[1].GetProperty("messages");
        Assert.Equal(["system", "user", "assistant", "user"], second.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Contains("'=' or '?'", second[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(2, generation.Usage.Requests);
        Assert.True(generation.Usage.EstimatedTokens > 0);
    }

    [Fact]
    public async Task A_model_that_only_calls_is_ended_after_its_calls_and_its_tokens()
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(["a="]));
        using RemotePolicy policy = new(Settings(endpoint));
        Echo tools = new("=", _ => "");
        RemoteGeneration calls = await policy.GenerateAsync(Question with { Tools = tools, MaximumCalls = 3 }, CancellationToken.None);
        Assert.Equal((RemoteFinish.MaximumCalls, 4), (calls.Finish, tools.Calls.Count));
        Assert.Equal("a=a=a=a=", calls.Segments.Single(segment => segment.Source == Source.Model).Text);
        RemoteGeneration tokens = await policy.GenerateAsync(Question with { Tools = tools, MaximumTokens = 5 }, CancellationToken.None);
        Assert.Equal(RemoteFinish.MaximumTokens, tokens.Finish);
    }

    [Fact]
    public async Task A_remote_agent_solves_a_chain_of_hidden_operators_with_the_environments_own_tools()
    {
        IEnvironment environment = EnvironmentCatalog.Find("hidden-operators")!.Create(new HiddenOperatorsOptions(), 3);
        Problem problem = environment.Generate(4, KeyedRandom.For(1, "test"));
        string chain = environment.SolverPrompt(problem, KeyedRandom.For(1, "prompt"));
        await using FaultyEndpoint endpoint = new((_, body) =>
        {
            // A pupil that has understood: it asks the world for one step a turn, and makes up what might follow, as models do.
            string[] said = [.. body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").ToString())];
            string[] replies = [.. said.SkipWhile(text => text != chain).Skip(1).Where((_, place) => place % 2 == 1)];
            string digit = replies.Length == 0 ? chain[^2..^1] : replies[^1];
            return FaultyEndpoint.Stream(replies.Length == problem.Difficulty ? ["#", digit] : [chain[problem.Difficulty - 1 - replies.Length].ToString(), digit + "!3", "#3"]);
        });
        using RemotePolicy policy = new(Settings(endpoint));
        IToolSession tools = environment.OpenTools(problem, new ToolAccess { Notes = EmptyNotes.Instance, Experiments = 100 })!;
        IReadOnlyList<Segment> example = ((IDemonstrator)environment).DemonstrateSolution(2, KeyedRandom.For(1, "example"));
        RemoteGeneration generation = await policy.GenerateAsync(new RemoteRequest { Id = "test", Prompt = chain, Tools = tools, Examples = [example] }, CancellationToken.None);
        Assert.Equal((Outcome.Correct, 4), (environment.Verify(problem, generation.Segments).Outcome, tools.Calls.Count(call => call.Kind == ToolKind.Experiment)));
        Assert.Equal(example[0].Text, endpoint.Requests[0].GetProperty("messages")[1].GetProperty("content").ToString());
    }

    [Theory]
    [InlineData(401, "keyVariable", 1)]
    [InlineData(403, "keyVariable", 1)]
    [InlineData(404, "model's name", 1)]
    [InlineData(400, "refused the request (400): no, because", 1)]
    [InlineData(429, "requestsPerMinute", 3)]
    [InlineData(500, "failed (500): no, because", 3)]
    [InlineData(503, "failed (503)", 3)]
    [InlineData(408, "(408)", 3)]
    public async Task A_refusal_is_told_in_words_and_tried_again_only_where_that_may_help(int status, string words, int tries)
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Refusal(status));
        using RemotePolicy policy = new(Settings(endpoint));
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => policy.GenerateAsync(Question, CancellationToken.None));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains(endpoint.Address, failure.Message, StringComparison.Ordinal);
        Assert.Contains("round 1, attempt 2", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(tries, endpoint.Requests.Count);
        Assert.Equal(tries, policy.Total.Requests);
    }

    public static TheoryData<string, string> Garbage => new()
    {
        { FaultyEndpoint.Head("text/event-stream") + "data: {\"choices\": [{\n\n", "not valid JSON" },
        { FaultyEndpoint.Head("text/event-stream") + "data: [1, 2, 3]\n\n", "not of the OpenAI protocol" },
        { FaultyEndpoint.Head("text/event-stream"), "stream ended" },
        { FaultyEndpoint.Head("text/html") + "<html>hello</html>", "stream ended" },
        { FaultyEndpoint.Begun(["two", " and"]), "stream ended" },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n" + FaultyEndpoint.Begun(["a"]).Split("\r\n\r\n")[1], "broke off" },
        { "garbage\r\n\r\n", "broke off" },
        { "", "broke off" },
        { FaultyEndpoint.Refusal(502, "<html><h1>Bad\nGateway</h1></html>"), "<h1>Bad Gateway</h1>" },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task An_answer_that_is_none_is_told_as_what_it_is_and_a_later_good_one_is_taken(string answer, string words)
    {
        await using FaultyEndpoint endpoint = new((index, _) => index == 3 ? FaultyEndpoint.Stream(["2"]) : answer);
        using RemotePolicy policy = new(Settings(endpoint));
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => policy.GenerateAsync(Question, CancellationToken.None));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Contains("given up after 3 tries", failure.Message, StringComparison.Ordinal);
        Assert.Equal("2", (await policy.GenerateAsync(Question, CancellationToken.None)).Segments[1].Text);
    }

    [Fact]
    public async Task Silence_ends_at_the_timeout_and_nobody_at_the_address_is_told_as_such()
    {
        await using FaultyEndpoint silent = new((_, _) => null);
        using RemotePolicy waiting = new(Settings(silent) with { Timeout = 0.2, Retries = 1 });
        Assert.Contains("no answer within 0.2 s", (await Assert.ThrowsAsync<SocietyException>(() => waiting.GenerateAsync(Question, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal(2, silent.Requests.Count);
        FaultyEndpoint gone = new((_, _) => null);
        RemoteSettings nowhere = Settings(gone);
        await gone.DisposeAsync();
        using RemotePolicy refused = new(nowhere);
        Assert.Contains("connection was refused", (await Assert.ThrowsAsync<SocietyException>(() => refused.GenerateAsync(Question, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_gives_up_is_not_kept()
    {
        await using FaultyEndpoint silent = new((_, _) => null);
        using RemotePolicy policy = new(Settings(silent));
        using CancellationTokenSource giveUp = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => policy.GenerateAsync(Question, giveUp.Token).WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_failure_that_passes_is_not_seen_and_the_endpoints_own_wait_is_kept()
    {
        await using FaultyEndpoint endpoint = new((index, _) => index switch
        {
            0 => FaultyEndpoint.Refusal(429, headers: "Retry-After: 1\r\n"),
            1 => FaultyEndpoint.Refusal(503, headers: "retry-after-ms: 300\r\n"),
            _ => FaultyEndpoint.Stream(["2"]),
        });
        using RemotePolicy policy = new(Settings(endpoint) with { MaximumBackoff = 5 });
        Stopwatch watch = Stopwatch.StartNew();
        RemoteGeneration generation = await policy.GenerateAsync(Question, CancellationToken.None);
        Assert.Equal("2", generation.Segments[1].Text);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.29, 20);
        Assert.Equal(3, generation.Usage.Requests);
    }

    [Fact]
    public async Task Requests_keep_to_their_places_and_their_pace()
    {
        await using FaultyEndpoint endpoint = new((_, _) =>
        {
            Thread.Sleep(20);
            return FaultyEndpoint.Stream(["2"]);
        });
        using RemotePolicy policy = new(Settings(endpoint) with { Concurrency = 2, RequestsPerMinute = 1200 });
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 11).Select(_ => policy.GenerateAsync(Question, CancellationToken.None)));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.49, 20);
        Assert.InRange(endpoint.MostAtOnce, 1, 2);
        Assert.Equal(11, policy.Total.Requests);
    }

    [Fact]
    public async Task Nothing_is_sent_once_the_budget_is_spent()
    {
        await using FaultyEndpoint endpoint = new((_, _) => FaultyEndpoint.Stream(["2"]));
        using RemotePolicy policy = new(Settings(endpoint) with { CompletionPrice = 1_000_000, Budget = 5 });
        await policy.GenerateAsync(Question, CancellationToken.None);
        await policy.GenerateAsync(Question, CancellationToken.None);
        Assert.Contains("budget of 5", (await Assert.ThrowsAsync<SocietyException>(() => policy.GenerateAsync(Question, CancellationToken.None))).Message, StringComparison.Ordinal);
        Assert.Equal((2, 6m), (endpoint.Requests.Count, policy.Total.Cost));
    }

    [Fact]
    public void Settings_that_cannot_work_are_refused_at_once()
    {
        RemoteSettings settings = new() { Endpoint = "localhost:8000", Model = "small" };
        Assert.Contains("no address", Assert.Throws<SocietyException>(() => new RemotePolicy(settings)).Message, StringComparison.Ordinal);
        Assert.Contains("NO_SUCH_KEY_HERE", Assert.Throws<SocietyException>(() => new RemotePolicy(settings with { Endpoint = "http://127.0.0.1:1/v1", KeyVariable = "NO_SUCH_KEY_HERE" })).Message, StringComparison.Ordinal);
    }

    private static RemoteSettings Settings(FaultyEndpoint endpoint) => new() { Endpoint = endpoint.Address, Model = "small", Retries = 2, Backoff = 0.01, Timeout = 20 };

    private sealed class Echo(string markers, Func<string, string> reply) : IToolSession
    {
        private readonly List<ToolCall> _calls = [];

        public string Markers => markers;

        public IReadOnlyList<ToolCall> Calls => _calls;

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call)
        {
            string answer = reply(call);
            _calls.Add(new ToolCall { Kind = ToolKind.Other, Request = call, Reply = answer });
            return answer;
        }
    }
}
