using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

public abstract class DecodingEngineTests(EnginePass pass)
{
    public static TheoryData<string> Shapes => ["small", "untied, no groups", "default", "odd widths"];

    private static ArchitectureSettings Shape(string name) => name switch
    {
        "small" => Torch.Small,
        "untied, no groups" => Torch.Small with { KeyValueHeads = 4, TiedHead = false },
        "default" => new ArchitectureSettings(),
        _ => Torch.Small with { Width = 36, Heads = 6, KeyValueHeads = 2, FeedForward = 37, Layers = 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Log_probabilities_are_those_of_the_torch_decoder(string shape)
    {
        using LanguageModel model = Torch.Loud(Shape(shape));
        using DecodingEngine engine = pass.Engine(model);
        foreach (Generation generation in Torch.Decode(engine, Requests(model, 20)).Values) AssertAgrees(model, generation, null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(13)]
    public void Adapters_in_one_batch_each_give_what_the_torch_decoder_gives(int rank)
    {
        using LanguageModel model = Torch.Loud();
        string[] names = [.. Enumerable.Range(0, 5).Select(index => $"agent-{index}")];
        foreach (string name in names) Disturb(model.AddAdapter(name, new LoraSettings { Rank = rank, RankStabilised = true }, KeyedRandom.Key(7, name)), name);
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = [.. Requests(model, 30).Select((request, index) => request with { Adapter = index % 6 == 5 ? null : names[index % 6] })];
        Dictionary<string, Generation> done = Torch.Decode(engine, requests);
        foreach (GenerationRequest request in requests) AssertAgrees(model, done[request.Id], request.Adapter);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_request_gives_what_the_torch_decoder_gives_alone_and_in_any_company_and_under_own_kernels_the_same_bits(string shape)
    {
        // Adapters of different ranks and of different matrices, beside none.
        using LanguageModel model = Torch.Loud(Shape(shape));
        (string Name, int Rank, string[] Targets)[] adapters = [("all", 8, [.. LoraSettings.Matrices]), ("one", 1, ["q_proj", "v_proj"]), ("five", 5, ["down_proj", "o_proj"]), ("many", 13, ["gate_proj", "k_proj"])];
        foreach ((string name, int rank, string[] targets) in adapters) Disturb(model.AddAdapter(name, new LoraSettings { Rank = rank, Targets = targets }, 3), name);
        GenerationRequest[] requests = [.. Requests(model, 40).Select((request, index) => request with { Adapter = index % 5 == 4 ? null : adapters[index % 5].Name })];
        Dictionary<string, Generation> alone = [];
        foreach (GenerationRequest request in requests)
        {
            using DecodingEngine single = pass.Engine(model, slots: 1);
            alone[request.Id] = Torch.Decode(single, request)[request.Id];
        }

        foreach (int slots in (int[])[2, 7, 64])
        {
            using DecodingEngine engine = pass.Engine(model, slots);
            Dictionary<string, Generation> together = Torch.Decode(engine, slots == 7 ? requests.Reverse() : requests);
            foreach (GenerationRequest request in requests)
            {
                AssertAgrees(model, together[request.Id], request.Adapter);
                // Torch adds in an order that follows from the shape of the batch.
                if (pass == EnginePass.Tensors) continue;
                Assert.Equal(alone[request.Id].Tokens, together[request.Id].Tokens);
                Assert.Equal(alone[request.Id].LogProbabilities.Select(BitConverter.SingleToInt32Bits), together[request.Id].LogProbabilities.Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [Fact]
    public void A_group_computes_its_prompt_once()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        int[] prompt = model.Tokenizer.Encode("abcdefgh0123=");
        Dictionary<string, Generation> done = Torch.Decode(engine, Enumerable.Range(0, 8).Select(index => new GenerationRequest
        {
            Id = $"{index}",
            Prompt = prompt,
            Key = KeyedRandom.Key(1, "group", index),
            MaximumTokens = 5,
        }));
        Assert.Equal(prompt.Length - 1, engine.PrefilledTokens);
        foreach (Generation generation in done.Values) AssertAgrees(model, generation, null);
        Torch.Decode(engine, new GenerationRequest { Id = "later", Prompt = [.. prompt, 1], MaximumTokens = 1 });
        Assert.Equal(prompt.Length - 1, engine.PrefilledTokens);
    }

    [Fact]
    public void A_group_computes_its_prompt_once_also_where_the_first_of_it_ends_at_once_and_others_wait_for_its_slot()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model, slots: 3);
        int[] prompt = model.Tokenizer.Encode("abcdefgh0123="), other = model.Tokenizer.Encode("#77");
        Dictionary<string, Generation> done = Torch.Decode(engine,
            new GenerationRequest { Id = "short", Prompt = prompt, Key = 1, MaximumTokens = 1 },
            new GenerationRequest { Id = "long", Prompt = prompt, Key = 2, MaximumTokens = 9 },
            new GenerationRequest { Id = "longer", Prompt = prompt, Key = 3, MaximumTokens = 9 },
            new GenerationRequest { Id = "other", Prompt = other, Key = 4, MaximumTokens = 9 });
        Assert.Equal(prompt.Length - 1 + other.Length - 1, engine.PrefilledTokens);
        foreach (Generation generation in done.Values) AssertAgrees(model, generation, null);
    }

    [Fact]
    public void A_tool_reply_is_inserted_where_the_marker_was_written_and_disturbs_nobody_else()
    {
        using LanguageModel model = Torch.Model();
        GenerationRequest plain = Requests(model, 1)[0] with { Id = "plain", MaximumTokens = 40 };
        using DecodingEngine first = pass.Engine(model);
        Generation before = Torch.Decode(first, plain)["plain"];
        Echo tools = new("=#?+01234567");
        using DecodingEngine engine = pass.Engine(model);
        Dictionary<string, Generation> done = Torch.Decode(engine, plain, plain with { Id = "calling", Key = 12, Tools = tools });
        Assert.Equal(before.Tokens, done["plain"].Tokens);
        Generation calling = done["calling"];
        Assert.NotEmpty(tools.Calls);
        Assert.All(tools.Calls, call => Assert.Contains(call.Request[^1], tools.Markers));
        string whole = string.Concat(calling.Segments.Select(segment => segment.Text));
        Assert.Contains(string.Concat(tools.Calls[0].Request, tools.Calls[0].Reply), whole, StringComparison.Ordinal);
        Assert.Equal(calling.Segments.Where(segment => segment.Source == Source.Model).Sum(segment => segment.Text.Length) + (calling.FinishReason == FinishReason.EndOfText ? 1 : 0), calling.LossMask.Count(mine => mine));
        Assert.Equal(whole, model.Tokenizer.Decode(calling.Tokens));
        AssertAgrees(model, calling, null);
    }

    [Fact]
    public void A_tool_that_fails_ends_its_own_sequence_only()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = Requests(model, 8);
        Dictionary<string, Generation> done = Torch.Decode(engine, requests.Select((request, index) => request with { Tools = new Echo("0123456789abcdefgh", index == 3 ? "ü" : "1"), MaximumTokens = 20 }));
        Assert.Equal(8, done.Count);
        Assert.Equal([requests[3].Id], done.Values.Where(generation => generation.FinishReason == FinishReason.ToolFailed).Select(generation => generation.Id));
        Assert.Contains("U+00FC", done[requests[3].Id].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Generations_end_at_their_limit_or_where_the_context_ends()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest request = new() { Id = "a", Prompt = [1, 2], MaximumTokens = 7 };
        Dictionary<string, Generation> done = Torch.Decode(engine, Enumerable.Range(0, 100).SelectMany(index => new[]
        {
            request with { Id = $"short{index}", Key = (ulong)index },
            request with { Id = $"long{index}", Key = (ulong)index, MaximumTokens = 1000 },
        }));
        foreach ((string id, Generation generation) in done)
        {
            int expected = id.StartsWith("short", StringComparison.Ordinal) ? 9 : Torch.Small.Context;
            FinishReason full = expected == 9 ? FinishReason.MaximumTokens : FinishReason.ContextFull;
            if (generation.FinishReason == FinishReason.EndOfText) Assert.Equal(model.Tokenizer.EndOfText, generation.Tokens[^1]);
            else Assert.Equal((full, expected), (generation.FinishReason, generation.Tokens.Length));
        }

        Assert.Contains(done.Values, generation => generation.FinishReason == FinishReason.ContextFull);
        Assert.Contains(done.Values, generation => generation.FinishReason == FinishReason.EndOfText);
    }

    [Fact]
    public void Changed_weights_are_taken_up_and_cached_beginnings_of_the_old_ones_are_not_reused()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest request = Requests(model, 1)[0];
        Torch.Decode(engine, request);
        using (no_grad()) model.Decoder["model.layers.0.self_attn.k_proj.weight"].mul_(-0.5);
        model.WeightsChanged();
        AssertAgrees(model, Torch.Decode(engine, request)[request.Id], null);
    }

    [Fact]
    public void A_cancelled_request_leaves_the_others_as_they_are()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model, slots: 2);
        GenerationRequest[] requests = Requests(model, 4);
        foreach (GenerationRequest request in requests) engine.Submit(request);
        engine.Step();
        Assert.True(engine.Cancel(requests[0].Id));
        Assert.True(engine.Cancel(requests[3].Id));
        Assert.False(engine.Cancel("nobody"));
        List<string> done = [];
        while (!engine.Idle) done.AddRange(engine.Step().Select(generation => generation.Id));
        Assert.Equal([requests[1].Id, requests[2].Id], done.Order());
    }

    [Fact]
    [Trait("Category", "Long")]
    public void A_million_tokens_leave_memory_as_it_was()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model, slots: 64);
        long submitted = 0;
        void Generate(long until)
        {
            while (engine.DecodedTokens < until)
            {
                while (engine.Running + engine.Waiting < 64) engine.Submit(new GenerationRequest { Id = $"{submitted++}", Prompt = [1, 2, 3], Key = (ulong)submitted });
                engine.Step();
            }
        }

        Generate(100_000);
        long managed = GC.GetTotalMemory(forceFullCollection: true), whole = Environment.WorkingSet, tensors = Tensor.TotalCount;
        Generate(1_100_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managed, long.MinValue, 4L << 20);
        Assert.InRange(Environment.WorkingSet - whole, long.MinValue, 64L << 20);
        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void An_observer_sees_every_sampled_token_and_what_could_have_stood_in_its_place(double temperature)
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        List<SampledToken> seen = [];
        int vocabulary = model.Tokenizer.VocabularySize;
        GenerationRequest request = Requests(model, 5)[4] with
        {
            Sampling = new SamplingSettings { Temperature = temperature },
            Alternatives = vocabulary,
            Observer = token =>
            {
                seen.Add(token);
                return true;
            },
        };
        Generation generation = Torch.Decode(engine, request).Values.Single();
        Assert.Equal(generation.Tokens[request.Prompt.Length..], seen.Select(token => token.Token));
        Assert.Equal(generation.LogProbabilities[request.Prompt.Length..], seen.Select(token => token.LogProbability));
        Assert.All(seen, token =>
        {
            Assert.Equal(token.Alternatives.OrderByDescending(other => other.LogProbability).ThenBy(other => other.Token), token.Alternatives);
            Assert.Equal(token.LogProbability, token.Alternatives.Single(other => other.Token == token.Token).LogProbability, 1e-5f);
            Assert.Equal(1, token.Alternatives.Sum(other => Math.Exp(other.LogProbability)), 1e-4);
        });
    }

    [Fact]
    public void Fewer_alternatives_are_the_likeliest_and_those_that_top_k_excluded_are_none()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        List<SampledToken> few = [], all = [];
        Torch.Decode(engine, Observed("few", few, 3, new()), Observed("all", all, 99, new()));
        Assert.Equal(all.Select(token => token.Alternatives.Take(3).Select(other => other.Token)), few.Select(token => token.Alternatives.Select(other => other.Token)));
        if (pass == EnginePass.Kernels) Assert.Equal(all.Select(token => token.Alternatives.Take(3)), few.Select(token => token.Alternatives));
        few.Clear();
        Torch.Decode(engine, Observed("few", few, 99, new() { TopK = 2 }));
        Assert.All(few, token => Assert.Equal(2, token.Alternatives.Count));

        GenerationRequest Observed(string id, List<SampledToken> seen, int alternatives, SamplingSettings sampling) => Requests(model, 8)[7] with
        {
            Id = id,
            Sampling = sampling,
            Alternatives = alternatives,
            Observer = token =>
            {
                seen.Add(token);
                return true;
            },
        };
    }

    [Fact]
    public void An_observer_that_says_no_ends_its_own_sequence_only()
    {
        using LanguageModel model = Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = Requests(model, 4);
        Dictionary<string, Generation> free = Torch.Decode(engine, requests);
        int left = 3;
        Dictionary<string, Generation> stopped = Torch.Decode(engine, [requests[0] with { Observer = _ => --left > 0 }, .. requests[1..]]);
        Assert.Equal(free[requests[0].Id].Tokens[..(requests[0].Prompt.Length + 3)], stopped[requests[0].Id].Tokens);
        Assert.Equal(FinishReason.Stopped, stopped[requests[0].Id].FinishReason);
        foreach (GenerationRequest other in requests[1..]) Assert.Equal(free[other.Id].Tokens, stopped[other.Id].Tokens);
    }

    [Fact]
    public void Requests_that_cannot_be_decoded_are_refused_by_name()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest good = new() { Id = "a", Prompt = [1] };
        Assert.Contains("empty", Assert.Throws<SocietyException>(() => engine.Submit(good with { Prompt = [] })).Message, StringComparison.Ordinal);
        Assert.Contains("context", Assert.Throws<SocietyException>(() => engine.Submit(good with { Prompt = new int[96] })).Message, StringComparison.Ordinal);
        Assert.Contains("'nobody'", Assert.Throws<SocietyException>(() => engine.Submit(good with { Adapter = "nobody" })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => engine.Submit(good with { Prompt = [99] }));
        engine.Submit(good);
        Assert.Throws<ArgumentException>(() => engine.Submit(good));
    }

    private static GenerationRequest[] Requests(LanguageModel model, int count) =>
    [
        .. Enumerable.Range(0, count).Select(index => new GenerationRequest
        {
            Id = $"r{index:d3}",
            Prompt = model.Tokenizer.Encode("abcdefgh=0123456789"[..(1 + index % 19)]),
            Key = KeyedRandom.Key(3, "test", index),
            MaximumTokens = 70,
        }),
    ];

    private static void Disturb(Adapter adapter, string name)
    {
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(11, name);
        foreach ((string part, Tensor weight) in adapter.Parameters)
        {
            if (part.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.1f).ToArray(), weight.shape));
        }
    }

    private static void AssertAgrees(LanguageModel model, Generation generation, string? adapter)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Tensor tokens = tensor(generation.Tokens.Select(token => (long)token).ToArray()).unsqueeze(0);
        Tensor logits = model.Decoder.Forward(tokens, arange(generation.Tokens.Length).unsqueeze(0), adapter is null or "base" ? null : model.Adapters[adapter]);
        float[] expected = logits.log_softmax(-1)[0].contiguous().data<float>().ToArray();
        int vocabulary = model.Decoder.Config.VocabularySize;
        for (int token = 1; token < generation.Tokens.Length; token++)
        {
            float there = generation.LossMask[token] ? expected[(token - 1) * vocabulary + generation.Tokens[token]] : 0;
            Assert.Equal(there, generation.LogProbabilities[token], 1e-4f);
        }
    }

    private sealed class Echo(string markers, string? reply = null) : IToolSession
    {
        private readonly List<ToolCall> _calls = [];

        public string Markers => markers;

        public IReadOnlyList<ToolCall> Calls => _calls;

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call)
        {
            string answer = reply ?? (_calls.Count % 3 == 2 ? "" : $"{call.Length % 10}a");
            _calls.Add(new ToolCall { Kind = ToolKind.Other, Request = call, Reply = answer });
            return answer;
        }
    }
}

[Collection("Torch")]
public sealed class DecodingEngineTestsOnKernels() : DecodingEngineTests(EnginePass.Kernels);

[Collection("Torch")]
public sealed class DecodingEngineTestsOnTensors() : DecodingEngineTests(EnginePass.Tensors);
