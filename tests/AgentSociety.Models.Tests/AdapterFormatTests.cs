using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Cpu;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>What is made of adapters whose files hold bfloat16, beside float32 copies of the same numbers.</summary>
[Collection("Torch")]
public sealed class AdapterFormatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("adapter-format-").FullName;

    public static TheoryData<string> Shapes => ["small", "odd widths"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Adapters_kept_in_bfloat16_give_the_bits_of_float32_copies_alone_and_among_adapters_in_float32_and_none(string shape)
    {
        // Every width of A's panels and every remainder of B's pairs; scales that no power of two is, so that a scaled B has more bits than bfloat16.
        LoraSettings[] ranks = [.. Enumerable.Range(1, 9).Append(12).Append(13).Append(16).Append(23).Select(rank => new LoraSettings { Rank = rank, RankStabilised = rank % 2 == 1, Alpha = rank == 8 ? 16 : 7 })];
        string[] names = [.. Write(shape, [.. ranks, new LoraSettings { Rank = 3, Targets = ["v_proj", "down_proj"] }, new LoraSettings { Rank = 8, Targets = ["k_proj", "gate_proj"] }])];
        using LanguageModel kept = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        Assert.All(single.Adapters.Values, adapter => Assert.False(adapter.Halved));
        Assert.Equal(names.Where(name => name.StartsWith("half", StringComparison.Ordinal)), kept.Adapters.Where(adapter => adapter.Value.Halved).Select(adapter => adapter.Key).Order(StringComparer.Ordinal));
        // Two neighbours with one adapter take their products together, a third takes its own.
        GenerationRequest[] requests = [.. names.Append(null).SelectMany((name, index) => Enumerable.Range(0, 1 + index % 3).Select(again => Request(single, $"{name} {again}", name)))];
        Dictionary<string, Generation> expected = Decode(single, requests);
        Same(expected, Decode(kept, requests));
        foreach (GenerationRequest request in requests) Same(expected, Decode(kept, request));
        // They say something, each its own.
        Assert.True(requests.Where(request => request.Id.EndsWith('0')).Select(request => string.Join(',', expected[request.Id].Tokens.Skip(request.Prompt.Length))).Distinct().Count() > names.Length / 2);
    }

    [Fact]
    public void A_sequence_keeps_the_version_of_its_adapter_when_another_of_the_name_comes_in_the_other_format()
    {
        Write("small", [new LoraSettings { Rank = 4 }]);
        string half = Path.Combine(_folder, "adapters", "half-00"), single = Path.Combine(_folder, "adapters", "single-00");
        using LanguageModel model = LanguageModel.Load(_folder, asStored: true);
        GenerationRequest[] early = [Request(model, "early", "half-00"), Request(model, "beside", "single-00")], late = [Request(model, "late", "half-00"), Request(model, "later", "single-00")];
        Dictionary<string, Generation> before = Decode(model, early);
        using DecodingEngine engine = new(model, 4);
        foreach (GenerationRequest request in early) engine.Submit(request);
        for (int step = 0; step < 5; step++) Assert.Empty(engine.Step());
        foreach (string name in (string[])["half-00", "single-00"]) model.RemoveAdapter(name);
        // Each comes again from the other's file, which holds other numbers.
        Assert.False(model.LoadAdapter("half-00", single).Halved);
        Assert.True(model.LoadAdapter("single-00", half).Halved);
        Dictionary<string, Generation> done = Torch.Decode(engine, late), after = Decode(model, late);
        foreach (GenerationRequest request in early) Same(before[request.Id], done[request.Id]);
        foreach (GenerationRequest request in late) Same(after[request.Id], done[request.Id]);
        Assert.False(before["early"].Tokens.SequenceEqual(after["late"].Tokens));
    }

    [Theory]
    [InlineData(EnginePass.Kernels)]
    [InlineData(EnginePass.Tensors)]
    public void An_engine_that_rounds_adapters_gives_the_bits_of_the_adapters_saved_in_bfloat16_and_others_than_unrounded(EnginePass pass)
    {
        using LanguageModel model = Torch.Loud();
        // 16 / 8 is a scale that bfloat16 keeps, the square root of 3 is none.
        foreach ((string name, LoraSettings settings) in (ReadOnlySpan<(string, LoraSettings)>)[("a", new LoraSettings()), ("b", new LoraSettings { Rank = 3, RankStabilised = true })]) Disturb(model.AddAdapter(name, settings, 2), name);
        model.Save(_folder);
        foreach ((string name, Adapter adapter) in model.Adapters) adapter.Save(Path.Combine(_folder, "adapters", name), ScalarType.BFloat16);
        using LanguageModel saved = LanguageModel.Load(_folder, asStored: true);
        GenerationRequest[] requests = [.. Enumerable.Range(0, 9).Select(index => Request(model, $"{index}", index % 3 == 2 ? null : index % 3 == 0 ? "a" : "b"))];
        using DecodingEngine plain = pass.Engine(model), rounding = pass.Engine(model, halvedAdapters: true), small = pass.Engine(saved);
        Dictionary<string, Generation> unrounded = Torch.Decode(plain, requests), rounded = Torch.Decode(rounding, requests), expected = Torch.Decode(small, requests);
        Same(expected, rounded);
        Assert.Contains(requests, request => !unrounded[request.Id].LogProbabilities.SequenceEqual(rounded[request.Id].LogProbabilities));
        Assert.All(requests.Where(request => request.Adapter is null), request => Assert.Equal(unrounded[request.Id].Tokens, rounded[request.Id].Tokens));
    }

    [Fact]
    public void An_adapter_in_bfloat16_takes_half_of_the_memory()
    {
        Write("small", [new LoraSettings()]);
        using LanguageModel model = LanguageModel.Load(_folder, asStored: true);
        DecoderConfig config = model.Decoder.Config;
        using PackedAdapter single = new(model.Adapters["single-00"], config), half = new(model.Adapters["half-00"], config), rounded = new(model.Adapters["single-00"], config, halved: true);
        Assert.Equal((single.Bytes, single.Bytes), (2 * half.Bytes, 2 * rounded.Bytes));
    }

    [Fact]
    public void An_adapter_in_bfloat16_merges_into_the_weights_that_its_float32_copy_merges_into()
    {
        Write("small", [new LoraSettings { Rank = 5, RankStabilised = true }]);
        using LanguageModel kept = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        foreach (LanguageModel model in (LanguageModel[])[kept, single]) model.Merge("half-00");
        foreach (((string name, Tensor weight), (_, Tensor expected)) in kept.Decoder.Parameters.Zip(single.Decoder.Parameters)) Assert.True(weight.eq(expected).all().item<bool>(), name);
    }

    [Fact]
    public void An_adapters_file_has_the_format_that_is_asked_for_or_that_it_has_and_no_number_changes_on_the_way_back()
    {
        Write("small", [new LoraSettings { Rank = 3 }]);
        string again = Path.Combine(_folder, "again"), wide = Path.Combine(_folder, "wide");
        using (LanguageModel model = LanguageModel.Load(_folder, asStored: true))
        {
            model.Adapters["half-00"].Save(again);
            model.Adapters["half-00"].Save(wide, ScalarType.Float32);
        }

        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> first = SafetensorsFile.Read(Path.Combine(_folder, "adapters", "half-00", "adapter_model.safetensors")), second = SafetensorsFile.Read(Path.Combine(again, "adapter_model.safetensors")), third = SafetensorsFile.Read(Path.Combine(wide, "adapter_model.safetensors"));
        Assert.Equal(first.Keys, second.Keys);
        foreach ((string name, Tensor weight) in first)
        {
            Assert.Equal((ScalarType.BFloat16, ScalarType.BFloat16, ScalarType.Float32), (weight.dtype, second[name].dtype, third[name].dtype));
            Assert.True(weight.eq(second[name]).all().item<bool>());
            Assert.True(weight.to(ScalarType.Float32).eq(third[name]).all().item<bool>());
        }
    }

    /// <summary>A model in float32 with an adapter of each kind in either format, with numbers of their own.</summary>
    /// <returns>The adapters' names, in order.</returns>
    private string[] Write(string shape, LoraSettings[] kinds)
    {
        using LanguageModel model = Torch.Loud(shape == "small" ? Torch.Small : Torch.Small with { Width = 36, Heads = 6, KeyValueHeads = 2, FeedForward = 37, Layers = 2 });
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            foreach (string format in (string[])["half", "single"]) Disturb(model.AddAdapter($"{format}-{kind:d2}", kinds[kind], (ulong)kind), $"{format} {kind}");
        }

        model.Save(_folder);
        foreach ((string name, Adapter adapter) in model.Adapters)
        {
            if (name.StartsWith("half", StringComparison.Ordinal)) adapter.Save(Path.Combine(_folder, "adapters", name), ScalarType.BFloat16);
        }

        return [.. model.Adapters.Keys.Order(StringComparer.Ordinal)];
    }

    private static GenerationRequest Request(LanguageModel model, string id, string? adapter)
    {
        KeyedRandom random = KeyedRandom.For(2, id);
        return new GenerationRequest { Id = id, Prompt = [.. Enumerable.Range(0, 3 + id.Length).Select(_ => random.Next(model.Tokenizer.VocabularySize))], Key = KeyedRandom.Key(1, id), MinimumTokens = 20, MaximumTokens = 20, Adapter = adapter };
    }

    private static Dictionary<string, Generation> Decode(LanguageModel model, params GenerationRequest[] requests)
    {
        using DecodingEngine engine = new(model, requests.Length);
        return Torch.Decode(engine, requests);
    }

    private static void Same(Dictionary<string, Generation> expected, Dictionary<string, Generation> actual)
    {
        foreach ((string id, Generation generation) in actual) Same(expected[id], generation);
    }

    private static void Same(Generation expected, Generation actual)
    {
        Assert.Null(actual.Failure);
        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.Equal(expected.LogProbabilities.Select(BitConverter.SingleToInt32Bits), actual.LogProbabilities.Select(BitConverter.SingleToInt32Bits));
    }

    private static void Disturb(Adapter adapter, string name)
    {
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(11, name);
        foreach ((string part, Tensor weight) in adapter.Parameters)
        {
            if (part.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.1f).ToArray(), weight.shape));
        }
    }
}
