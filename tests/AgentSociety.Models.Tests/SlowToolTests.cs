using System.Collections.Concurrent;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Models.Tests;

/// <summary>A tool that takes its time keeps its own sequence waiting and no other.</summary>
public abstract class SlowToolTests(EnginePass pass) : IDisposable
{
    private const string Markers = "=0";
    private readonly LanguageModel _model = Torch.Model();

    public void Dispose()
    {
        _model.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_others_go_on_while_a_tool_takes_its_time_and_all_write_what_they_would_have_written()
    {
        GenerationRequest[] requests = Requests(12);
        using DecodingEngine atOnce = pass.Engine(_model);
        Dictionary<string, Generation> expected = Torch.Decode(atOnce, requests.Select((request, index) => request with { Tools = index % 3 == 0 ? new Tool() : null }));
        string[] calling = [.. expected.Values.Where(generation => generation.Segments.Any(segment => segment.Source == Source.Tool)).Select(generation => generation.Id)];
        Assert.InRange(calling.Length, 2, 4);

        using DecodingEngine engine = pass.Engine(_model);
        SlowTool[] tools = [.. requests.Select(_ => new SlowTool())];
        for (int index = 0; index < requests.Length; index++) engine.Submit(requests[index] with { Tools = index % 3 == 0 ? tools[index] : null });
        Dictionary<string, Generation> done = [];
        while (engine.Running + engine.Waiting > calling.Length) Take(engine.Step());
        // Only those are left whose tools have not answered, each with its slot; steps do nothing for them.
        Assert.Equal(calling.Order(), requests.Select(request => request.Id).Except(done.Keys).Order());
        long decoded = engine.DecodedTokens;
        for (int time = 0; time < 5; time++) Assert.Empty(engine.Step());
        Assert.Equal((decoded, calling.Length, 0), (engine.DecodedTokens, engine.Running, engine.Batch));
        // The replies come one at a time.
        while (!engine.Idle)
        {
            tools.FirstOrDefault(tool => tool.Waits)?.Answer();
            Take(engine.Step());
            await Task.Yield();
        }

        foreach (GenerationRequest request in requests)
        {
            Assert.Equal(expected[request.Id].Tokens, done[request.Id].Tokens);
            Assert.Equal(expected[request.Id].LossMask, done[request.Id].LossMask);
            Assert.Equal(expected[request.Id].FinishReason, done[request.Id].FinishReason);
            if (pass == EnginePass.Kernels) Assert.Equal(expected[request.Id].LogProbabilities.Select(BitConverter.SingleToInt32Bits), done[request.Id].LogProbabilities.Select(BitConverter.SingleToInt32Bits));
        }

        void Take(IReadOnlyList<Generation> finished)
        {
            foreach (Generation generation in finished) done.Add(generation.Id, generation);
        }
    }

    [Fact]
    public void A_tool_that_fails_later_ends_its_own_sequence_with_the_reason()
    {
        using DecodingEngine engine = pass.Engine(_model);
        SlowTool failing = new(), foreign = new();
        Dictionary<string, Generation> done = Begin(engine, failing, foreign);
        failing.Fail(new HttpRequestException("the line is dead"));
        foreign.Answer("ü");
        foreach ((string id, Generation generation) in Torch.Decode(engine)) done.Add(id, generation);
        Assert.Equal((FinishReason.ToolFailed, "the line is dead"), (done["r000"].FinishReason, done["r000"].Failure));
        Assert.Equal(FinishReason.ToolFailed, done["r001"].FinishReason);
        Assert.Contains("U+00FC", done["r001"].Failure, StringComparison.Ordinal);
        Assert.True(done["free"].FinishReason is FinishReason.MaximumTokens or FinishReason.EndOfText);
    }

    [Fact]
    public void Whoever_leaves_while_a_tool_is_at_work_has_it_give_up()
    {
        Clock clock = new();
        using DecodingEngine engine = pass.Engine(_model, time: clock);
        SlowTool cancelled = new(), late = new();
        Begin(engine, cancelled, late, deadline: clock.Now.AddSeconds(5));
        Assert.True(engine.Cancel("r000"));
        clock.Now = clock.Now.AddSeconds(6);
        Generation generation = Torch.Decode(engine)["r001"];
        Assert.Equal(FinishReason.DeadlinePassed, generation.FinishReason);
        Assert.DoesNotContain(generation.Segments, segment => segment.Source == Source.Tool);
        Assert.True(cancelled.GaveUp && late.GaveUp);
        Assert.True(engine.Idle);
    }

    [Fact]
    public void Where_room_is_scarce_one_that_waits_for_its_tool_leaves_its_room_to_others_and_writes_the_same()
    {
        // One position's keys and values; there is room for one sequence at a time.
        const long Position = 2 * 2 * 2 * 12 * sizeof(float);
        GenerationRequest[] requests = Requests(3);
        requests[0] = requests[0] with { Pattern = "[a-c]{2}=[a-c]{9}" };
        using DecodingEngine roomy = pass.Engine(_model);
        Dictionary<string, Generation> expected = Torch.Decode(roomy, requests.Select((request, index) => index == 0 ? request with { Tools = new Tool() } : request)), done = [];
        Assert.Contains(expected["r000"].Segments, segment => segment.Source == Source.Tool);

        SlowTool slow = new();
        using DecodingEngine narrow = pass.Engine(_model, Torch.Small.Context * Position, slots: 2);
        narrow.Submit(requests[0] with { Tools = slow });
        foreach (GenerationRequest request in requests[1..]) narrow.Submit(request);
        Steps(() => slow.Waits);
        // The tool has not answered; on a busy machine others may have gone on before it was so much as asked.
        Assert.DoesNotContain("r000", done.Keys);
        Steps(() => done.Count == 2);
        slow.Answer();
        Steps(() => narrow.Idle);
        foreach ((string id, Generation generation) in expected)
        {
            Assert.Equal(generation.Tokens, done[id].Tokens);
            if (pass == EnginePass.Kernels) Assert.Equal(generation.LogProbabilities.Select(BitConverter.SingleToInt32Bits), done[id].LogProbabilities.Select(BitConverter.SingleToInt32Bits));
        }

        void Steps(Func<bool> enough)
        {
            for (int time = 0; !enough(); time++)
            {
                Assert.InRange(time, 0, 1000);
                foreach (Generation generation in narrow.Step()) done.Add(generation.Id, generation);
            }
        }
    }

    [Fact]
    public void Nobody_waits_for_a_beginning_that_one_whose_tool_is_at_work_does_not_have()
    {
        using DecodingEngine engine = pass.Engine(_model);
        SlowTool slow = new();
        GenerationRequest[] requests = Requests(2);
        engine.Submit(requests[0] with { Tools = slow, Pattern = "[a-c]{2}=[a-c]{9}" });
        for (int time = 0; !slow.Waits; time++)
        {
            Assert.InRange(time, 0, 1000);
            engine.Step();
        }

        // What was computed under the old weights counts no more.
        _model.WeightsChanged();
        engine.Submit(requests[1]);
        List<Generation> done = [];
        for (int time = 0; done.Count == 0; time++)
        {
            Assert.InRange(time, 0, 200);
            done.AddRange(engine.Step());
        }

        Assert.Equal("r001", Assert.Single(done).Id);
    }

    /// <summary>Two sequences until both wait for their tools, and one without.</summary>
    private Dictionary<string, Generation> Begin(DecodingEngine engine, SlowTool first, SlowTool second, DateTimeOffset? deadline = null)
    {
        GenerationRequest[] requests = Requests(3);
        engine.Submit(requests[0] with { Tools = first, Pattern = "[a-c]{2}=[a-c]{9}" });
        engine.Submit(requests[1] with { Tools = second, Pattern = "[a-c]{5}=[a-c]{9}", Deadline = deadline });
        engine.Submit(requests[2] with { Id = "free" });
        Dictionary<string, Generation> done = [];
        while (!(first.Waits && second.Waits))
        {
            foreach (Generation generation in engine.Step()) done.Add(generation.Id, generation);
        }

        return done;
    }

    private GenerationRequest[] Requests(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new GenerationRequest { Id = $"r{index:d3}", Prompt = _model.Tokenizer.EncodeContinuation("a=1"), Key = KeyedRandom.Key(5, "slow", index), MinimumTokens = 20, MaximumTokens = 40 })];

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private class Tool : IToolSession
    {
        public string Markers => SlowToolTests.Markers;

        public IReadOnlyList<ToolCall> Calls => [];

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call) => $"#{call.Length % 10}#";
    }

    private sealed class SlowTool : Tool, IAsyncToolSession
    {
        private readonly ConcurrentQueue<(string Call, TaskCompletionSource<string> Reply)> _open = new();
        private CancellationToken _cancellation;

        /// <summary>True while a call is not answered.</summary>
        public bool Waits => !_open.IsEmpty;

        public bool GaveUp => _cancellation.IsCancellationRequested;

        public Task<string> CallAsync(string call, CancellationToken cancellation)
        {
            _cancellation = cancellation;
            TaskCompletionSource<string> reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _open.Enqueue((call, reply));
            return reply.Task;
        }

        public void Answer(string? text = null)
        {
            if (_open.TryDequeue(out (string Call, TaskCompletionSource<string> Reply) open)) open.Reply.SetResult(text ?? Call(open.Call));
        }

        public void Fail(Exception failure)
        {
            if (_open.TryDequeue(out (string Call, TaskCompletionSource<string> Reply) open)) open.Reply.SetException(failure);
        }
    }
}

[Collection("Torch")]
public sealed class SlowToolTestsOnKernels() : SlowToolTests(EnginePass.Kernels);

[Collection("Torch")]
public sealed class SlowToolTestsOnTensors() : SlowToolTests(EnginePass.Tensors);
