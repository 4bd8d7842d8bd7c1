using AgentSociety.Core.Randomness;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class CacheRoomTests
{
    /// <summary>Bytes of one position of <see cref="Model"/>.</summary>
    private const long Position = 2 * 2 * 2 * 12 * sizeof(float);

    public static TheoryData<string> Published => ["Qwen3-0.6B", "Llama-3.2-1B", "SmolLM2-135M"];

    [Theory]
    [MemberData(nameof(Published))]
    public void Sixty_four_short_texts_of_a_published_shape_fit_together(string name)
    {
        DecoderConfig config = name switch
        {
            "Qwen3-0.6B" => Shape(28, 8, 128, 40_960),
            "Llama-3.2-1B" => Shape(16, 8, 64, 131_072),
            _ => Shape(30, 3, 64, 8_192),
        };
        int context = DecodingEngine.ContextOf(config);
        CacheRoom room = new(config, slots: 64, context, CacheRoom.UsualBytes);
        Assert.InRange(context, 8_000, config.Context);
        Assert.True(64L * room.SizeFor(200) <= room.Positions);
        Assert.True(room.SizeFor(context) <= room.Positions);

        static DecoderConfig Shape(int layers, int heads, int width, int context) => new()
        {
            Width = 1024,
            Layers = layers,
            Heads = 2 * heads,
            KeyValueHeads = heads,
            GivenHeadWidth = width,
            FeedForward = 3072,
            Context = context,
            VocabularySize = 1000,
            NormEpsilon = 1e-6,
        };
    }

    [Theory]
    [MemberData(nameof(EnginePasses.All), MemberType = typeof(EnginePasses))]
    public void Sequences_that_outgrow_the_room_stand_back_for_older_ones_and_write_the_same_under_own_kernels_to_the_bit(EnginePass pass)
    {
        using LanguageModel model = Model();
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 8).Select(index => new GenerationRequest
            {
                Id = $"r{index}",
                Prompt = [.. Enumerable.Range(0, 20 + 35 * index).Select(place => (place + index) % 20)],
                Key = KeyedRandom.Key(1, "room", index),
                MinimumTokens = 500 - 40 * index,
                MaximumTokens = 500 - 40 * index,
            }),
        ];
        using DecodingEngine roomy = pass.Engine(model, slots: 8);
        Dictionary<string, Generation> expected = Torch.Decode(roomy, requests);
        using DecodingEngine narrow = pass.Engine(model, 1_300 * Position, slots: 8);
        Assert.Equal(1_300, narrow.Context);
        foreach (GenerationRequest request in requests) narrow.Submit(request);
        Dictionary<string, Generation> done = [];
        int together = 0, steps = 0;
        bool stoodBack = false;
        while (!narrow.Idle)
        {
            foreach (Generation generation in narrow.Step()) done.Add(generation.Id, generation);
            together = Math.Max(together, narrow.Batch);
            stoodBack |= narrow.Batch < narrow.Running;
            Assert.True(narrow.Batch > 0 || narrow.Idle);
            Assert.InRange(++steps, 0, 20_000);
        }

        Assert.InRange(together, 3, 5);
        Assert.True(stoodBack);
        foreach ((string id, Generation generation) in expected)
        {
            Assert.Equal(generation.Tokens, done[id].Tokens);
            if (pass == EnginePass.Kernels) Assert.Equal(generation.LogProbabilities.Select(BitConverter.SingleToInt32Bits), done[id].LogProbabilities.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [MemberData(nameof(EnginePasses.All), MemberType = typeof(EnginePasses))]
    public void Where_room_is_scarce_a_group_still_computes_its_prompt_once_and_a_later_request_reuses_it_while_it_is_kept(EnginePass pass)
    {
        using LanguageModel model = Model();
        using DecodingEngine engine = pass.Engine(model, 4_096 * Position, slots: 16);
        int[] prompt = [.. Enumerable.Range(0, 200).Select(place => place * 7 % 20)];
        Torch.Decode(engine, Enumerable.Range(0, 6).Select(index => Request($"{index}", prompt)));
        Assert.Equal(199, engine.PrefilledTokens);
        Torch.Decode(engine, Request("again", prompt));
        Assert.Equal(199, engine.PrefilledTokens);
        // A sequence that takes all the room puts what was kept out.
        Torch.Decode(engine, Request("large", [.. Enumerable.Range(0, 2_000).Select(place => place * 3 % 20)]) with { MaximumTokens = 100, MinimumTokens = 100 });
        Torch.Decode(engine, Enumerable.Range(0, 12).Select(index => Request($"other {index}", [.. prompt.Select(token => (token + index) % 20)])));
        Assert.True(engine.PrefilledTokens > 199 + 1_999 + 11 * 199);

        static GenerationRequest Request(string id, int[] prompt) => new() { Id = id, Prompt = prompt, Key = KeyedRandom.Key(2, id), MinimumTokens = 20, MaximumTokens = 20 };
    }

    private static LanguageModel Model() => Torch.Loud(Torch.Small with { Context = 4_096 });
}
