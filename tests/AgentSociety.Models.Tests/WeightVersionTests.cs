using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>Which weights a sequence decodes with when they change while it runs.</summary>
public abstract class WeightVersionTests : IDisposable
{
    private readonly LanguageModel _model = Torch.Loud();
    private readonly EnginePass _pass;

    protected WeightVersionTests(EnginePass pass)
    {
        _pass = pass;
        foreach (string name in (string[])["ann", "bob"]) Draw(_model.AddAdapter(name, new LoraSettings(), 1), name);
        _model.AdaptersChanged();
    }

    public void Dispose()
    {
        _model.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Two_versions_of_one_adapter_in_one_batch_each_give_the_bits_that_they_give_alone()
    {
        GenerationRequest[] early = Requests("early"), late = Requests("late");
        Dictionary<string, Generation> old = Alone(early);
        using DecodingEngine engine = _pass.Engine(_model);
        foreach (GenerationRequest request in early) engine.Submit(request);
        List<Generation> done = [];
        for (int step = 0; step < 5; step++) done.AddRange(engine.Step());
        Change("ann");
        foreach (GenerationRequest request in late) engine.Submit(request);
        done.AddRange(engine.Step());
        Assert.Equal(early.Length + late.Length, engine.Running);
        Assert.Equal(3, engine.AdaptersHeld);
        while (!engine.Idle) done.AddRange(engine.Step());
        Dictionary<string, Generation> young = Alone(late);
        foreach (Generation generation in done) AssertSame(old.GetValueOrDefault(generation.Id) ?? young[generation.Id], generation);
        // The versions differ where they should, and nowhere else.
        foreach ((GenerationRequest before, GenerationRequest after) in early.Zip(late)) Assert.Equal(before.Adapter != "ann", old[before.Id].Tokens.SequenceEqual(young[after.Id].Tokens));
    }

    [Fact]
    public void An_old_versions_memory_goes_with_the_last_sequence_that_was_admitted_with_it()
    {
        using DecodingEngine engine = _pass.Engine(_model);
        Assert.Equal(0, engine.AdaptersHeld);
        engine.Submit(Request("short", "ann", 10));
        engine.Submit(Request("long", "ann", 20));
        engine.Step();
        Assert.Equal(1, engine.AdaptersHeld);
        Change("ann");
        engine.Submit(Request("new", "ann", 40));
        engine.Step();
        Assert.Equal(2, engine.AdaptersHeld);
        Until(engine, "short");
        Assert.Equal(2, engine.AdaptersHeld);
        Assert.True(engine.Cancel("long"));
        Assert.Equal(1, engine.AdaptersHeld);
        Change("ann");
        Change("ann");
        engine.Step();
        Assert.Equal(1, engine.AdaptersHeld);
        Until(engine, "new");
        Assert.Equal(0, engine.AdaptersHeld);
    }

    [Fact]
    public void A_beginning_is_shared_within_a_version_and_never_with_another()
    {
        using DecodingEngine engine = _pass.Engine(_model);
        Assert.Equal(12, Computed("first", "ann"));
        Assert.Equal(0, Computed("again", "ann"));
        Change("bob");
        Assert.Equal(0, Computed("after a change of bob", "ann"));
        Change("ann");
        Assert.Equal(12, Computed("after a change of ann", "ann"));
        // While one that the beginning could be copied from still runs.
        engine.Submit(Shared("old", "ann", 30));
        engine.Step();
        Change("ann");
        Assert.Equal(12, Computed("beside the old", "ann"));
        engine.Cancel("old");
        Assert.Equal(12, Computed("with no adapter", null));
        Change("ann");
        Assert.Equal(0, Computed("after another change of ann", null));
        _model.WeightsChanged();
        Assert.Equal(12, Computed("after a change of all", null));

        GenerationRequest Shared(string id, string? adapter, int tokens) => Request(id, adapter, tokens) with { Prompt = _model.Tokenizer.Encode("abcdefgh01234") };
        long Computed(string id, string? adapter)
        {
            long before = engine.PrefilledTokens;
            engine.Submit(Shared(id, adapter, 1));
            Until(engine, id);
            return engine.PrefilledTokens - before;
        }
    }

    [Fact]
    public void An_adapter_that_is_removed_fails_what_waits_for_it_and_what_runs_with_it_ends_as_it_would_have()
    {
        GenerationRequest runs = Request("runs", "ann", 20);
        Generation undisturbed = Alone([runs])["runs"];
        using DecodingEngine engine = _pass.Engine(_model, slots: 2);
        foreach (GenerationRequest request in (GenerationRequest[])[runs, Request("whole", null, 20), Request("waits", "ann", 20), Request("next", null, 20)]) engine.Submit(request);
        engine.Step();
        _model.RemoveAdapter("ann");
        Dictionary<string, Generation> done = Torch.Decode(engine);
        AssertSame(undisturbed, done["runs"]);
        Assert.Equal(FinishReason.AdapterGone, done["waits"].FinishReason);
        Assert.Contains("'ann'", done["waits"].Failure, StringComparison.Ordinal);
        Assert.Equal((FinishReason.MaximumTokens, FinishReason.MaximumTokens), (done["whole"].FinishReason, done["next"].FinishReason));
        Assert.Throws<SocietyException>(() => engine.Submit(Request("later", "ann", 20)));
        Assert.Throws<SocietyException>(() => _model.RemoveAdapter("ann"));
        Draw(_model.AddAdapter("ann", new LoraSettings(), 2), "another of that name");
        _model.AdapterChanged("ann");
        AssertSame(Alone([runs])["runs"], Torch.Decode(engine, runs)["runs"]);
    }

    [Fact]
    public void An_adapter_that_is_merged_fails_its_own_requests_and_no_others()
    {
        using DecodingEngine engine = _pass.Engine(_model, slots: 2);
        foreach (GenerationRequest request in (GenerationRequest[])[Request("whole", null, 20), Request("runs", "ann", 20), Request("waits", "ann", 20), Request("next", null, 20)]) engine.Submit(request);
        Assert.Empty(engine.Step());
        _model.Merge("ann");
        Dictionary<string, Generation> done = Torch.Decode(engine);
        Assert.Equal(["next", "runs", "waits", "whole"], done.Keys.Order());
        foreach (string id in (string[])["runs", "waits"])
        {
            Assert.Equal(FinishReason.AdapterGone, done[id].FinishReason);
            Assert.Contains("'ann'", done[id].Failure, StringComparison.Ordinal);
        }

        Assert.Equal((FinishReason.MaximumTokens, FinishReason.MaximumTokens), (done["whole"].FinishReason, done["next"].FinishReason));
        Assert.Throws<SocietyException>(() => engine.Submit(Request("later", "ann", 20)));
    }

    [Fact]
    public void An_adapter_that_is_merged_and_made_anew_between_two_steps_is_not_applied_twice()
    {
        using DecodingEngine engine = _pass.Engine(_model, slots: 3);
        foreach (GenerationRequest request in (GenerationRequest[])[Request("whole", null, 20), Request("runs", "ann", 20), Request("bob", "bob", 20)]) engine.Submit(request);
        Assert.Empty(engine.Step());
        _model.Merge("ann");
        Draw(_model.AddAdapter("ann", new LoraSettings(), 2), "another of that name");
        _model.AdapterChanged("ann");
        engine.Submit(Request("later", "ann", 20));
        Dictionary<string, Generation> done = Torch.Decode(engine);
        Assert.Equal(FinishReason.AdapterGone, done["runs"].FinishReason);
        Assert.Contains("'ann'", done["runs"].Failure, StringComparison.Ordinal);
        Assert.Equal((FinishReason.MaximumTokens, FinishReason.MaximumTokens, FinishReason.MaximumTokens), (done["whole"].FinishReason, done["bob"].FinishReason, done["later"].FinishReason));
        AssertSame(Alone([Request("later", "ann", 20)])["later"], done["later"]);
    }

    [Fact]
    public void Changes_say_what_they_changed()
    {
        (long shared, long ann, long bob) = (_model.SharedVersion, _model.AdapterVersionOf("ann"), _model.AdapterVersionOf("bob"));
        _model.AdapterChanged("ann");
        Assert.Equal((shared, bob), (_model.SharedVersion, _model.AdapterVersionOf("bob")));
        Assert.NotEqual(ann, _model.AdapterVersionOf("ann"));
        _model.AdaptersChanged();
        Assert.Equal(shared, _model.SharedVersion);
        Assert.NotEqual(bob, _model.AdapterVersionOf("bob"));
        _model.AddAdapter("cid", new LoraSettings(), 1);
        Assert.Equal(shared, _model.SharedVersion);
        _model.WeightsChanged();
        Assert.Equal(_model.WeightsVersion, _model.SharedVersion);
    }

    /// <summary>Prompts of several lengths, with one adapter, the other and none.</summary>
    private GenerationRequest[] Requests(string kind) =>
    [
        .. Enumerable.Range(0, 12).Select(index => new GenerationRequest
        {
            Id = $"{kind}-{index}",
            Prompt = _model.Tokenizer.Encode("abcdefgh=0123456789"[..(1 + index)]),
            Adapter = (index % 3) switch { 0 => "ann", 1 => "bob", _ => null },
            Key = KeyedRandom.Key(3, "version", index),
            MinimumTokens = 40,
            MaximumTokens = 40,
        }),
    ];

    private static GenerationRequest Request(string id, string? adapter, int tokens) => new() { Id = id, Prompt = [1, 2], Adapter = adapter, Key = 5, MinimumTokens = tokens, MaximumTokens = tokens };

    /// <summary>What requests give one at a time, under the weights as they are.</summary>
    private Dictionary<string, Generation> Alone(GenerationRequest[] requests)
    {
        using DecodingEngine engine = _pass.Engine(_model, slots: 1);
        return requests.ToDictionary(request => request.Id, request => Torch.Decode(engine, request)[request.Id]);
    }

    private void Change(string adapter)
    {
        Draw(_model.Adapters[adapter], $"{adapter} {_model.WeightsVersion}");
        _model.AdapterChanged(adapter);
    }

    private static void Until(DecodingEngine engine, string id)
    {
        while (engine.Step().All(generation => generation.Id != id))
        {
        }
    }

    private static void Draw(Adapter adapter, string name)
    {
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(11, name);
        foreach ((string part, Tensor weight) in adapter.Parameters)
        {
            if (part.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.3f).ToArray(), weight.shape));
        }
    }

    /// <summary>To the bit, but for torch, which adds in an order that follows from the shape of the batch.</summary>
    private void AssertSame(Generation expected, Generation seen)
    {
        Assert.Equal(expected.Tokens, seen.Tokens);
        if (_pass == EnginePass.Tensors)
        {
            for (int token = 0; token < seen.Tokens.Length; token++) Assert.Equal(expected.LogProbabilities[token], seen.LogProbabilities[token], 1e-4f);
            return;
        }

        Assert.Equal(expected.LogProbabilities.Select(BitConverter.SingleToInt32Bits), seen.LogProbabilities.Select(BitConverter.SingleToInt32Bits));
    }
}

[Collection("Torch")]
public sealed class WeightVersionTestsOnKernels() : WeightVersionTests(EnginePass.Kernels);

[Collection("Torch")]
public sealed class WeightVersionTestsOnTensors() : WeightVersionTests(EnginePass.Tensors);
