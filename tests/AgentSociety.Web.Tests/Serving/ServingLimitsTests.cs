using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using AgentSociety.Web.Serving;

namespace AgentSociety.Web.Tests.Serving;

/// <summary>How much a server takes on, and how long it works at it.</summary>
[Collection("Torch")]
public sealed class ServingLimitsTests
{
    /// <summary>An answer of 4,000 tokens, of which none can be the end of text.</summary>
    private const string Long = """{"model":"small","messages":[{"role":"user","content":"Hello"}],"guided_regex":"([01]{1000}){4}","seed":1}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_ends_its_answer_in_the_batch(bool stream)
    {
        using EngineLevels levels = new();
        await using ServedModel served = await ServedModel.StartAsync(trained: Slow());
        using HttpClient http = new();
        using CancellationTokenSource leave = new();
        using StringContent content = new(Long.Replace("\"seed\"", stream ? "\"stream\":true,\"seed\"" : "\"seed\"", StringComparison.Ordinal), MediaTypeHeaderValue.Parse("application/json"));
        using HttpRequestMessage request = new(HttpMethod.Post, served.Address + "/chat/completions") { Content = content };
        Task<HttpResponseMessage> answer = http.SendAsync(request, stream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, leave.Token);
        await levels.UntilAsync(() => levels.Running == 1 && levels.Tokens > 10);
        if (stream) (await answer).Dispose();
        await leave.CancelAsync();
        await levels.UntilAsync(() => levels.Running == 0);
        Assert.InRange(levels.Tokens, 10, 3_999);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_waits_is_not_begun()
    {
        using EngineLevels levels = new();
        await using ServedModel served = await ServedModel.StartAsync(trained: Slow(), slots: 1);
        using HttpClient http = new();
        using CancellationTokenSource first = new(), second = new();
        Task one = PostAsync(http, served, Long, first.Token);
        await levels.UntilAsync(() => levels.Running == 1);
        Task other = PostAsync(http, served, Long, second.Token);
        await levels.UntilAsync(() => levels.Waiting == 1);
        await second.CancelAsync();
        await levels.UntilAsync(() => levels.Waiting == 0);
        Assert.Equal(1, levels.Running);
        await first.CancelAsync();
        await levels.UntilAsync(() => levels.Running == 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(one, other));
    }

    [Theory]
    [InlineData("0.3", null)]
    [InlineData(null, 0.3)]
    [InlineData("0.3", 3600.0)]
    [InlineData("3600", 0.3)]
    public async Task An_answer_ends_at_the_requests_or_the_servers_time_with_what_there_is(string? asked, double? limit)
    {
        await using ServedModel served = await ServedModel.StartAsync(new ModelServerOptions { MaximumTime = limit is { } seconds ? TimeSpan.FromSeconds(seconds) : null }, Slow());
        using HttpClient http = new();
        (HttpStatusCode status, JsonElement answer, _) = await PostAsync(http, served, asked is null ? Long : Long.Replace("\"seed\"", $"\"timeout\":{asked},\"seed\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement choice = answer.GetProperty("choices")[0];
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        Assert.InRange(choice.GetProperty("message").GetProperty("content").GetString()!.Length, 0, 3_999);
    }

    [Fact]
    public async Task What_the_queue_has_no_room_for_is_told_to_come_again_and_counted()
    {
        using EngineLevels levels = new();
        await using ServedModel served = await ServedModel.StartAsync(trained: Slow(), slots: 1, queue: 0);
        using HttpClient http = new();
        using CancellationTokenSource leave = new();
        Task running = PostAsync(http, served, Long, leave.Token);
        await levels.UntilAsync(() => levels.Running == 1);
        (HttpStatusCode status, JsonElement answer, RetryConditionHeaderValue? again) = await PostAsync(http, served, Long);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(TimeSpan.FromSeconds(1), again?.Delta);
        Assert.Equal((1, 1), (levels.Refused, levels.ToldToComeAgain));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Answers_beyond_those_that_are_written_at_once_are_told_to_come_again()
    {
        using EngineLevels levels = new();
        await using ServedModel served = await ServedModel.StartAsync(new ModelServerOptions { MaximumAnswers = 1 }, Slow());
        using HttpClient http = new();
        using CancellationTokenSource leave = new();
        Task running = PostAsync(http, served, Long, leave.Token);
        await levels.UntilAsync(() => levels.Running == 1);
        (HttpStatusCode status, JsonElement answer, _) = await PostAsync(http, served, Long);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task More_answers_than_are_ever_written_at_once_are_refused_for_good()
    {
        await using ServedModel served = await ServedModel.StartAsync(new ModelServerOptions { MaximumAnswers = 3 });
        using HttpClient http = new();
        string body = """{"model":"small","messages":[{"role":"user","content":"Hello"}],"max_tokens":2,"n":4}""";
        (HttpStatusCode status, JsonElement answer, RetryConditionHeaderValue? again) = await PostAsync(http, served, body);
        Assert.Equal((HttpStatusCode.BadRequest, "n", null), (status, answer.GetProperty("error").GetProperty("param").GetString(), again));
        Assert.Contains("n is 4; this server writes at most 3 at once", answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, served, body.Replace("4}", "3}", StringComparison.Ordinal))).Status);
    }

    /// <summary>A model that takes seconds for <see cref="Long"/>.</summary>
    private static LanguageModel Slow() =>
        LanguageModel.Create(new ArchitectureSettings { Width = 256, Layers = 6, Heads = 4, KeyValueHeads = 4, FeedForward = 1024, Context = 8192 }, new CharacterTokenizer("Helo 01"), 1);

    private static async Task<(HttpStatusCode Status, JsonElement Answer, RetryConditionHeaderValue? Again)> PostAsync(HttpClient http, ServedModel served, string body, CancellationToken cancellation = default)
    {
        using StringContent content = new(body, MediaTypeHeaderValue.Parse("application/json"));
        using HttpResponseMessage reply = await http.PostAsync(new Uri(served.Address + "/chat/completions"), content, cancellation);
        return (reply.StatusCode, JsonSerializer.Deserialize<JsonElement>(await reply.Content.ReadAsStringAsync(cancellation)), reply.Headers.RetryAfter);
    }

    /// <summary>What the engines of the process report.</summary>
    private sealed class EngineLevels : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _sums = [];

        public EngineLevels()
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name is DecodingEngine.MeterName or ModelServer.MeterName) self.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
            _listener.Start();
        }

        public long Running => Of("decoding.running");

        public long Waiting => Of("decoding.queue");

        public long Tokens => Of("decoding.tokens");

        public long Refused => Of("decoding.refused");

        public long ToldToComeAgain => Of("serving.refused");

        public async Task UntilAsync(Func<bool> holds)
        {
            Stopwatch waited = Stopwatch.StartNew();
            while (!holds())
            {
                Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"after a minute {Running} run, {Waiting} wait and {Tokens} tokens are drawn");
                await Task.Delay(5);
            }
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, long value)
        {
            lock (_sums) _sums[instrument.Name] = _sums.GetValueOrDefault(instrument.Name) + value;
        }

        private long Of(string name)
        {
            lock (_sums) return _sums.GetValueOrDefault(name);
        }
    }
}
