using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Cpu;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>What the engine makes of a checkpoint in bfloat16 that stays in the file, beside the same weights in float32.</summary>
[Collection("Torch")]
public sealed class WeightFormatTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("format-").FullName;

    public static TheoryData<string> Names => Architectures.Names;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Weights_kept_in_bfloat16_give_the_bits_that_they_give_in_float32_batched_and_alone_with_an_adapter_and_without(string name)
    {
        Write(name);
        using LanguageModel halved = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        foreach (LanguageModel model in (LanguageModel[])[halved, single]) Disturb(model.AddAdapter("a", new LoraSettings(), 3));
        GenerationRequest[] requests = [.. Enumerable.Range(0, 11).Select(index => Request(single, index))];
        Dictionary<string, Generation> expected = Decode(single, requests);
        Same(expected, Decode(halved, requests));
        foreach (GenerationRequest request in requests) Same(expected, Decode(halved, request));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Matrices_kept_in_bfloat16_take_half_of_what_they_take_in_float32(string name)
    {
        Write(name);
        using LanguageModel halved = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        using PackedDecoder small = new(halved.Decoder), large = new(single.Decoder);
        Assert.True(small.MatrixBytes > 0);
        Assert.Equal(large.MatrixBytes, 2 * small.MatrixBytes);
    }

    /// <summary>The greatest value that is rounded into float16's range, and the least that is not; a block of Q8_0 has a 127th of it as its scale.</summary>
    [Theory]
    [InlineData("hf", 65_519, true)]
    [InlineData("hf", 65_520, false)]
    [InlineData("hf", -1e6, false)]
    [InlineData("f16", 65_519, true)]
    [InlineData("f16", -65_520, false)]
    [InlineData("q8", 65_520, true)]
    [InlineData("q8", 1e7, false)]
    [InlineData("f32", 1e30, true)]
    public void A_weight_that_a_narrower_format_has_no_number_for_is_refused_by_tensor_and_nothing_is_written(string format, double value, bool holds)
    {
        const string Name = "model.layers.1.mlp.up_proj.weight";
        using LanguageModel model = Torch.Model(Torch.Small with { Width = 64, FeedForward = 64 });
        using (no_grad()) model.Decoder[Name][3, 5] = (float)value;
        string place = Path.Combine(_folder, "narrow");
        Action write = format == "hf"
            ? () => ModelFolder.Write(model, place, "f16")
            : () => GgufExport.Write(model, place, format switch { "f16" => GgufType.F16, "q8" => GgufType.Q8, _ => GgufType.F32 });
        if (holds)
        {
            write();
            Assert.True(Path.Exists(place));
            return;
        }

        string message = Assert.Throws<SocietyException>(write).Message;
        Assert.Contains(Name, message, StringComparison.Ordinal);
        Assert.Contains("bf16", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories), file => Path.GetFileName(file) != ".saving.lock");
        ModelFolder.Write(model, place, "bf16");
    }

    [Fact]
    public void A_checkpoint_with_one_matrix_in_float32_keeps_that_one_and_those_that_are_multiplied_with_it_so()
    {
        using LanguageModel model = Architectures.Model("smollm");
        model.Save(_folder);
        using (NewDisposeScope())
        {
            using var frozen = no_grad();
            SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), model.Decoder.Parameters.Select(part => (part.Name, part.Name.Contains("0.self_attn.k_proj") ? part.Weight : part.Weight.bfloat16())));
        }

        using LanguageModel mixed = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        using PackedDecoder packed = new(mixed.Decoder);
        Assert.False(packed.Layers[0].Attention.Halved);
        Assert.True(packed.Layers[0].Output.Halved);
        Assert.True(packed.Layers[1].Attention.Halved);
        GenerationRequest request = Request(single, 1);
        Same(Decode(single, request), Decode(mixed, request));
    }

    private void Write(string name)
    {
        using LanguageModel model = Architectures.Model(name);
        model.Save(_folder, ScalarType.BFloat16);
    }

    private static GenerationRequest Request(LanguageModel model, int index)
    {
        KeyedRandom random = KeyedRandom.For(2, "tokens", index);
        return new GenerationRequest
        {
            Id = $"{index}",
            Prompt = [.. Enumerable.Range(0, 1 + index * 5).Select(_ => random.Next(model.Tokenizer.VocabularySize))],
            Key = KeyedRandom.Key(1, "format", index),
            MaximumTokens = 30,
            Adapter = index % 2 == 0 ? "a" : null,
        };
    }

    private static Dictionary<string, Generation> Decode(LanguageModel model, params GenerationRequest[] requests)
    {
        using DecodingEngine engine = new(model, requests.Length);
        return Torch.Decode(engine, requests);
    }

    private static void Same(Dictionary<string, Generation> expected, Dictionary<string, Generation> actual)
    {
        foreach ((string id, Generation generation) in actual)
        {
            Assert.Null(generation.Failure);
            Assert.Equal(expected[id].Tokens, generation.Tokens);
            Assert.Equal(expected[id].LogProbabilities.Select(BitConverter.SingleToInt32Bits), generation.LogProbabilities.Select(BitConverter.SingleToInt32Bits));
        }
    }

    private static void Disturb(Adapter adapter)
    {
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(11, "b");
        foreach ((string part, Tensor weight) in adapter.Parameters)
        {
            if (part.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.1f).ToArray(), weight.shape));
        }
    }
}
