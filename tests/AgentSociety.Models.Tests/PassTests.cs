using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Cpu;
using AgentSociety.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>What is computed for a model on a GPU, held on the CPU against what is computed there.</summary>
[Collection("Torch")]
public sealed class PassTests
{
    public static TheoryData<string> Names => Architectures.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_passes_give_the_decoders_logits_of_prompts_in_chunks_beside_tokens_and_of_copied_beginnings(string name)
    {
        using LanguageModel model = Architectures.Model(name);
        foreach ((string adapter, int rank, string[] targets) in Adapters) Disturb(model.AddAdapter(adapter, new LoraSettings { Rank = rank, Targets = targets }, 3), adapter);
        PassSize size = new(Slots: 5, Context: 100, Positions: 500, Rows: 400);
        using CpuPass kernels = new(model, size, threads: 1);
        using TensorPass tensors = new(model, size);
        foreach (IForwardPass pass in (IForwardPass[])[kernels, tensors])
        {
            pass.Refresh();
            Dictionary<string, AdapterVersion> packed = Adapters.ToDictionary(adapter => adapter.Name, adapter => Packed(pass, model, adapter.Name));
            int[][] texts = [.. Enumerable.Range(0, 4).Select(text => Tokens(model, 90, text))];
            string?[] adapters = ["all", null, "few", "all"];
            int[] fed = new int[4];
            // Chunks of many lengths beside single tokens, in changing company.
            foreach (int[] chunks in (int[][])[[40, 3, 0, 1], [1, 1, 17, 0], [1, 33, 1, 1], [0, 1, 1, 50], [30, 1, 40, 1], [1, 1, 1, 1], [1, 20, 0, 5]])
            {
                List<Row> rows = [];
                List<(int Text, int Position)> outputs = [];
                for (int text = 0; text < texts.Length; text++)
                {
                    for (int row = 0; row < chunks[text]; row++)
                    {
                        bool last = row == chunks[text] - 1;
                        rows.Add(new Row(texts[text][fed[text]], text, fed[text], adapters[text] is { } carried ? packed[carried] : null, last ? outputs.Count : -1));
                        if (last) outputs.Add((text, fed[text]));
                        fed[text]++;
                    }
                }

                pass.Run(rows.ToArray());
                for (int output = 0; output < outputs.Count; output++) AssertLogits(model, texts[outputs[output].Text], adapters[outputs[output].Text], outputs[output].Position, pass.Logits(output));
            }

            // The beginning of a text goes on in another slot, and in its own after what followed it there.
            pass.CopyPrefix(0, 4, 37);
            int[] other = [.. texts[0][..37], .. Tokens(model, 20, 9)];
            pass.Run([.. Enumerable.Range(37, 10).Select(position => new Row(other[position], 4, position, packed["all"], position == 46 ? 0 : -1))]);
            AssertLogits(model, other, "all", 46, pass.Logits(0));
            pass.Run([new Row(other[37], 0, 37, packed["all"], 0)]);
            AssertLogits(model, other, "all", 37, pass.Logits(0));
            foreach (AdapterVersion version in packed.Values) version.Weights.Dispose();
        }
    }

    [Fact]
    public void Both_passes_write_the_same_likeliest_texts()
    {
        using LanguageModel model = Torch.Loud();
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 40).Select(index => new GenerationRequest
            {
                Id = $"{index}",
                Prompt = [.. Enumerable.Range(0, 1 + index).Select(place => (place * 5 + index) % 20)],
                Sampling = new SamplingSettings { Temperature = 0 },
                MaximumTokens = 50,
            }),
        ];
        using DecodingEngine kernels = EnginePass.Kernels.Engine(model), tensors = EnginePass.Tensors.Engine(model);
        Dictionary<string, Generation> expected = Torch.Decode(kernels, requests), actual = Torch.Decode(tensors, requests);
        foreach (GenerationRequest request in requests) Assert.Equal(expected[request.Id].Tokens, actual[request.Id].Tokens);
    }

    [Theory]
    [MemberData(nameof(EnginePasses.All), MemberType = typeof(EnginePasses))]
    public void Damaged_weights_of_one_adapter_harm_nobody_beside_it_or_after_it(EnginePass pass)
    {
        using LanguageModel model = Torch.Loud();
        Adapter broken = model.AddAdapter("broken", new LoraSettings(), 1);
        using (no_grad()) broken.Parameters.First().Weight.fill_(float.NaN.ToScalar());
        model.WeightsChanged();
        using DecodingEngine engine = pass.Engine(model, slots: 2);
        GenerationRequest request = new() { Id = "whole", Prompt = [1, 2, 3], MinimumTokens = 30, MaximumTokens = 30 };
        Dictionary<string, Generation> done = Torch.Decode(engine, request, request with { Id = "broken", Adapter = "broken" }, request with { Id = "after", Prompt = [3, 2, 1, 0] }, request with { Id = "last", Prompt = [7] });
        Assert.Equal(FinishReason.NotFinite, done["broken"].FinishReason);
        foreach (string id in (string[])["whole", "after", "last"]) Assert.Equal(FinishReason.MaximumTokens, done[id].FinishReason);
    }

    [Fact]
    public void Products_and_caches_in_half_precision_stay_near_the_decoder()
    {
        using LanguageModel model = Architectures.Model("qwen3");
        Disturb(model.AddAdapter("all", new LoraSettings(), 3), "all");
        using TensorPass pass = new(model, new PassSize(Slots: 1, Context: 100, Positions: 100, Rows: 100), ScalarType.BFloat16);
        pass.Refresh();
        AdapterVersion all = Packed(pass, model, "all");
        int[] text = Tokens(model, 60, 0);
        pass.Run([.. text.Select((token, position) => new Row(token, 0, position, all, position == 59 ? 0 : -1))]);
        float[] expected = Logits(model, text, "all", 59), actual = pass.Logits(0).ToArray();
        all.Weights.Dispose();
        float spread = expected.Max() - expected.Min();
        for (int token = 0; token < expected.Length; token++) Assert.Equal(expected[token], actual[token], 0.05f * spread);
    }

    [Fact]
    public void The_pass_follows_from_where_the_weights_live_and_its_precision_from_how()
    {
        using LanguageModel model = Torch.Model();
        using Decoder half = model.Decoder.To(ScalarType.BFloat16);
        Assert.Equal(ScalarType.Float32, TensorPass.TypeFor(model.Decoder));
        Assert.Equal(ScalarType.Float32, TensorPass.TypeFor(half));
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using LanguageModel model = Torch.Loud();
        Disturb(model.AddAdapter("all", new LoraSettings(), 3), "all");
        using TensorPass pass = new(model, new PassSize(Slots: 4, Context: 96, Positions: 400, Rows: 100));
        pass.Refresh();
        AdapterVersion all = Packed(pass, model, "all");
        Step(0);
        long tensors = Alive();
        for (int position = 1; position < 60; position++) Step(position);
        pass.CopyPrefix(0, 3, 20);
        pass.Release(3);
        pass.Refresh();
        all.Weights.Dispose();
        all = Packed(pass, model, "all");
        Step(60);
        Assert.Equal(tensors, Alive());

        static long Alive()
        {
            // What others left to the finalizers is not this pass's.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }

        void Step(int position) => pass.Run([new Row(1, 0, position, null, 0), new Row(2, 1, position, all, 1)]);
    }

    private static readonly (string Name, int Rank, string[] Targets)[] Adapters = [("none", 2, ["v_proj"]), ("all", 8, [.. LoraSettings.Matrices]), ("few", 3, ["k_proj", "down_proj"])];

    private static AdapterVersion Packed(IForwardPass pass, LanguageModel model, string name) => new(name, 1, pass.Pack(model.Adapters[name], halved: false));

    private static int[] Tokens(LanguageModel model, int count, int seed)
    {
        KeyedRandom random = KeyedRandom.For(17, $"text {seed}");
        return [.. Enumerable.Range(0, count).Select(_ => (int)(random.NextDouble() * model.Decoder.Config.VocabularySize))];
    }

    private static void AssertLogits(LanguageModel model, int[] text, string? adapter, int position, ReadOnlySpan<float> actual)
    {
        float[] expected = Logits(model, text, adapter, position);
        for (int token = 0; token < expected.Length; token++) Assert.Equal(expected[token], actual[token], 2e-4f);
    }

    private static float[] Logits(LanguageModel model, int[] text, string? adapter, int position)
    {
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        long[] seen = [.. text[..(position + 1)].Select(token => (long)token)];
        Tensor logits = model.Decoder.Forward(tensor(seen).unsqueeze(0), tensor([.. Enumerable.Range(0, seen.Length).Select(place => (long)place)]).unsqueeze(0), adapter is null ? null : model.Adapters[adapter]);
        return logits[0, position].contiguous().data<float>().ToArray();
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
