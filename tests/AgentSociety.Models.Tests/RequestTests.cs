using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Models.Tests;

/// <summary>What a request can ask of the engine beyond a continuation.</summary>
public abstract class RequestTests(EnginePass pass)
{
    private static GenerationRequest[] Requests(LanguageModel model, int count) =>
        [.. Enumerable.Range(0, count).Select(index => new GenerationRequest { Id = $"r{index:d3}", Prompt = model.Tokenizer.EncodeContinuation("a=1"), Key = KeyedRandom.Key(5, "request", index), MaximumTokens = 60 })];

    private static string Written(Generation generation) => string.Concat(generation.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));

    private static LanguageModel Pairs() => LanguageModel.Create(Torch.Small, BytePairTrainer.Train(Texts.Library, 500), 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stop_ends_a_sequence_with_the_token_that_completes_it(bool pairs)
    {
        using LanguageModel model = pairs ? Pairs() : Torch.Model();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = Requests(model, 60);
        Dictionary<string, Generation> free = Torch.Decode(engine, requests);
        string[] stops = pairs ? ["e", " t", "é"] : ["7a", "#", "==="];
        Dictionary<string, Generation> stopped = Torch.Decode(engine, requests.Select(request => request with { Stops = stops }));
        int met = 0;
        foreach (GenerationRequest request in requests)
        {
            Generation whole = free[request.Id], cut = stopped[request.Id];
            int tokens = Enumerable.Range(1, whole.Tokens.Length - request.Prompt.Length)
                .FirstOrDefault(count => stops.Any(stop => model.Tokenizer.DecodeContinuation(whole.Tokens.AsSpan(request.Prompt.Length, count)).Contains(stop, StringComparison.Ordinal)));
            Assert.Equal(tokens == 0 ? whole.Tokens : whole.Tokens[..(request.Prompt.Length + tokens)], cut.Tokens);
            Assert.Equal(tokens == 0 ? whole.FinishReason : FinishReason.StopText, cut.FinishReason);
            met += tokens == 0 ? 0 : 1;
        }

        Assert.InRange(met, 10, 60);
        Assert.Contains("stop is empty", Assert.Throws<SocietyException>(() => engine.Submit(requests[0] with { Stops = [""] })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, @"[a-h]{2,5}=\d+(#|\?)")]
    [InlineData(true, @"\{""name"": ""[a-zé ]{3,12}"", ""count"": (0|[1-9]\d{0,3})\}")]
    public void What_is_written_matches_the_pattern_whatever_the_weights(bool pairs, string pattern)
    {
        using LanguageModel model = pairs ? Pairs() : Torch.Loud();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = Requests(model, 40);
        // Half of them free, in the same batch.
        Dictionary<string, Generation> mixed = Torch.Decode(engine, requests.Select((request, index) => index % 2 == 0 ? request with { Pattern = pattern } : request));
        Dictionary<string, Generation> free = Torch.Decode(engine, requests);
        Regex oracle = new($@"\A(?:{pattern})\z", RegexOptions.ECMAScript);
        int ended = 0;
        for (int index = 0; index < requests.Length; index++)
        {
            Generation generation = mixed[requests[index].Id];
            if (index % 2 == 1) Assert.Equal(free[requests[index].Id].Tokens, generation.Tokens);
            else if (generation.FinishReason == FinishReason.EndOfText)
            {
                ended++;
                Assert.Matches(oracle, Written(generation));
            }
            else Assert.Equal(FinishReason.MaximumTokens, generation.FinishReason);
        }

        Assert.InRange(ended, 3, 20);
    }

    [Fact]
    public async Task What_is_written_fulfils_the_schema_whatever_the_weights()
    {
        const string schema = """{"type":"object","properties":{"name":{"type":"string","maxLength":6},"count":{"type":"integer"},"parts":{"type":"array","items":{"enum":["a","bc"]},"maxItems":2},"note":{"type":["boolean","null"]}},"required":["name","parts"],"additionalProperties":false}""";
        NJsonSchema.JsonSchema oracle = await NJsonSchema.JsonSchema.FromJsonAsync(schema);
        using LanguageModel model = Pairs();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = [.. Requests(model, 40).Select(request => request with { Schema = schema })];
        Generation[] ended = [.. Torch.Decode(engine, requests).Values.Where(generation => generation.FinishReason == FinishReason.EndOfText)];
        Assert.NotEmpty(ended);
        Assert.All(ended, generation => Assert.Empty(oracle.Validate(Written(generation))));
        Assert.Contains("a pattern and for a schema", Assert.Throws<SocietyException>(() => engine.Submit(requests[0] with { Pattern = "a" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_that_is_none_or_cannot_be_written_is_refused_when_it_is_submitted()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest request = Requests(model, 1)[0];
        Assert.Contains("pattern '(a'", Assert.Throws<SocietyException>(() => engine.Submit(request with { Pattern = "(a" })).Message, StringComparison.Ordinal);
        Assert.Contains("cannot write", Assert.Throws<SocietyException>(() => engine.Submit(request with { Pattern = "ü" })).Message, StringComparison.Ordinal);
        Assert.True(engine.Idle);
    }

    [Fact]
    public void A_pattern_that_turns_out_to_have_no_end_fails_with_the_reason()
    {
        // Too many tokens and states to look ahead through all of them: the way ends where the letter is missing.
        CharacterTokenizer tokenizer = new("a" + string.Concat(Enumerable.Range(0x4E00, 20_000).Select(letter => (char)letter)));
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 300 }, tokenizer, 1);
        using DecodingEngine engine = pass.Engine(model, slots: 4);
        Generation generation = Torch.Decode(engine, new GenerationRequest { Id = "r", Prompt = [1], Pattern = "a{250}ü" })["r"];
        Assert.Equal((FinishReason.PatternImpossible, 251), (generation.FinishReason, generation.Tokens.Length));
        Assert.Contains("pattern", generation.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_text_waits_for_the_least_number_of_tokens()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model);
        GenerationRequest[] requests = Requests(model, 80);
        Assert.Contains(Torch.Decode(engine, requests).Values, generation => generation.FinishReason == FinishReason.EndOfText && generation.Tokens.Length < 30);
        Assert.All(Torch.Decode(engine, requests.Select(request => request with { MinimumTokens = 30 })).Values, generation =>
        {
            Assert.InRange(generation.Tokens.Length - 3, 30, 60);
            Assert.DoesNotContain(model.Tokenizer.EndOfText, generation.Tokens[..^1]);
        });
    }

    [Fact]
    public void A_marker_is_found_wherever_it_stands_in_a_token()
    {
        using LanguageModel model = Pairs();
        int[] inside = [.. Enumerable.Range(0, model.Tokenizer.VocabularySize).Where(token => model.Tokenizer.DecodeContinuation([token]).IndexOf('e', StringComparison.Ordinal) is >= 0 and var at && at < model.Tokenizer.DecodeContinuation([token]).Length - 1)];
        Assert.NotEmpty(inside);
        using DecodingEngine engine = pass.Engine(model);
        Recorder[] tools = [.. Enumerable.Range(0, 80).Select(_ => new Recorder("eé", "!"))];
        Dictionary<string, Generation> done = Torch.Decode(engine, Requests(model, 80).Select((request, index) => request with { Tools = tools[index], MaximumTokens = 80 }));
        bool met = false;
        for (int index = 0; index < 80; index++)
        {
            Generation generation = done[$"r{index:d3}"];
            string written = Written(generation);
            // Calls follow each other without a gap, and all together are what was written up to the last marker.
            Assert.Equal(written[..(written.LastIndexOfAny(['e', 'é']) + 1)], string.Concat(tools[index].Requests));
            Assert.All(tools[index].Requests, call => Assert.Equal(call.Length - 1, call.IndexOfAny(['e', 'é'])));
            int replies = string.Concat(generation.Segments.Where(segment => segment.Source == Source.Tool).Select(segment => segment.Text)).Length;
            // At the limit there is no room for the last replies.
            if (generation.FinishReason == FinishReason.EndOfText) Assert.Equal(tools[index].Requests.Count, replies);
            else Assert.InRange(replies, tools[index].Requests.Count - 3, tools[index].Requests.Count);
            met |= generation.Tokens.Intersect(inside).Any();
        }

        Assert.True(met, "no token held the marker in its middle");
    }

    [Fact]
    public void Owners_get_free_slots_by_turns_and_what_they_get_is_what_they_would_get_alone()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine engine = pass.Engine(model, slots: 2), wide = pass.Engine(model);
        GenerationRequest[] requests = [.. Requests(model, 24).Select((request, index) => request with { Owner = index < 20 ? "greedy" : "modest", MinimumTokens = 5, MaximumTokens = 5 })];
        foreach (GenerationRequest request in requests) engine.Submit(request);
        List<Generation> done = [];
        while (!engine.Idle) done.AddRange(engine.Step());
        int[] modest = [.. done.Select((generation, place) => (generation, place)).Where(pair => string.CompareOrdinal(pair.generation.Id, "r020") >= 0).Select(pair => pair.place)];
        Assert.Equal([1, 3, 5, 7], modest);
        Dictionary<string, Generation> alone = Torch.Decode(wide, requests);
        Assert.All(done, generation => Assert.Equal(alone[generation.Id].Tokens, generation.Tokens));
    }

    [Fact]
    public void A_deadline_ends_what_runs_with_what_it_has_and_what_waits_with_its_prompt()
    {
        using LanguageModel model = Torch.Model();
        Clock clock = new();
        using DecodingEngine engine = pass.Engine(model, slots: 1, time: clock);
        GenerationRequest[] requests = [.. Requests(model, 3).Select(request => request with { MinimumTokens = 50 })];
        engine.Submit(requests[0] with { Deadline = clock.Now.AddSeconds(10) });
        engine.Submit(requests[1] with { Deadline = clock.Now.AddSeconds(5) });
        engine.Submit(requests[2]);
        for (int step = 0; step < 4; step++) Assert.Empty(engine.Step());
        clock.Now += TimeSpan.FromSeconds(5);
        Generation waited = Assert.Single(engine.Step());
        Assert.Equal(("r001", FinishReason.DeadlinePassed, 3), (waited.Id, waited.FinishReason, waited.Tokens.Length));
        clock.Now += TimeSpan.FromSeconds(5);
        Generation ran = Assert.Single(engine.Step());
        Assert.Equal(("r000", FinishReason.DeadlinePassed, 8), (ran.Id, ran.FinishReason, ran.Tokens.Length));
        Assert.Equal(5, ran.LossMask.Count(mine => mine));
        Dictionary<string, Generation> rest = Torch.Decode(engine);
        Assert.InRange(rest["r002"].Tokens.Length, 3 + 50, 3 + 60);
    }

    [Fact]
    public void Metrics_tell_the_queue_the_batch_the_caches_and_the_tokens()
    {
        using LanguageModel model = Torch.Model();
        Dictionary<string, double> sums = [];
        List<double> batches = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == DecodingEngine.MeterName) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) =>
        {
            if (instrument.Name == "decoding.batch") batches.Add(value);
            else sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value;
        });
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => sums[instrument.Name] = sums.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        using (DecodingEngine engine = pass.Engine(model, slots: 4))
        {
            // Prompts of their own, of which nothing is shared.
            for (int index = 0; index < 10; index++) engine.Submit(new GenerationRequest { Id = $"{index}", Prompt = [index, 1, 2], MinimumTokens = 20, MaximumTokens = 20 });
            engine.Step();
            Assert.Equal((6, 4, 4 * 3, 4 * Torch.Small.Context), (sums["decoding.queue"], sums["decoding.running"], sums["decoding.cache.tokens"], sums["decoding.cache.room"]));
            Torch.Decode(engine);
            Assert.Equal(200, sums["decoding.tokens"]);
            Assert.Equal(engine.PrefilledTokens, sums["decoding.prefilled"]);
            Assert.Equal(engine.Seconds, sums["decoding.step"], 1e-9);
            Assert.Equal((0, 0), (sums["decoding.queue"], sums["decoding.running"]));
            Assert.Equal(4, batches.Max());
        }

        Assert.Equal(0, sums["decoding.cache.room"]);
    }

    [Fact]
    public void A_queue_that_is_full_refuses_and_has_room_again_after_a_step()
    {
        using LanguageModel model = Torch.Model();
        long refused = 0;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "decoding.refused") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => refused += value);
        listener.Start();
        using DecodingEngine engine = new(model, slots: 2) { MostWaiting = 3 };
        GenerationRequest[] requests = [.. Requests(model, 6).Select(request => request with { MinimumTokens = 30, MaximumTokens = 30 })];
        foreach (GenerationRequest request in requests[..5]) engine.Submit(request);
        Assert.True(engine.Full);
        SocietyException busy = Assert.Throws<SocietyException>(() => engine.Submit(requests[5]));
        Assert.True(busy.Busy);
        Assert.Contains("3 requests wait", engine.Step().Count == 0 ? Assert.Throws<SocietyException>(() => engine.Submit(requests[5])).Message : "", StringComparison.Ordinal);
        Assert.Equal(2, refused);
        Assert.True(engine.Cancel(requests[4].Id));
        engine.Submit(requests[5]);
        Assert.Equal(["r000", "r001", "r002", "r003", "r005"], Torch.Decode(engine).Keys.Order());
    }

    [Fact]
    public void A_queue_has_room_for_sixteen_requests_a_slot_and_for_a_thousand_at_least()
    {
        using LanguageModel model = Torch.Model();
        using DecodingEngine few = pass.Engine(model, slots: 2), many = new(model, slots: 100);
        Assert.Equal((1024, 1600), (few.MostWaiting, many.MostWaiting));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Recorder(string markers, string reply) : IToolSession
    {
        public List<string> Requests { get; } = [];

        public string Markers => markers;

        public IReadOnlyList<ToolCall> Calls => [];

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call)
        {
            Requests.Add(call);
            return reply;
        }
    }
}

[Collection("Torch")]
public sealed class RequestTestsOnKernels() : RequestTests(EnginePass.Kernels);

[Collection("Torch")]
public sealed class RequestTestsOnTensors() : RequestTests(EnginePass.Tensors);
