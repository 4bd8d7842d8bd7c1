using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Tests.Gpu;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>No device and no number format is taken for granted.</summary>
[Collection("Torch")]
public sealed class DeviceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("device-").FullName;

    public static TheoryData<string> Names => Architectures.Names;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_decoder_of_shapes_alone_is_made_on_the_meta_device_with_adapters_and_in_every_number_format(string name)
    {
        // Its pass is not: this libtorch registers no index_select for shapes alone.
        using Decoder single = Decoder.Create(Architectures.Shape(name), 1, META);
        using Adapter adapter = Adapter.Create(single, new LoraSettings(), 2);
        Assert.Equal(Decoder.Shapes(single.Config).Select(shape => string.Join(",", shape.Shape)), single.Parameters.Select(parameter => string.Join(",", parameter.Weight.shape)));
        Assert.All(adapter.Parameters, parameter => Assert.Equal(DeviceType.META, parameter.Weight.device_type));
        foreach (ScalarType type in (ScalarType[])[ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float64])
        {
            using Decoder other = single.To(type);
            Assert.All(other.Parameters, parameter => Assert.Equal((DeviceType.META, type), (parameter.Weight.device_type, parameter.Weight.dtype)));
        }
    }

    [Theory]
    [InlineData("llama 3.1, scaled rotary")]
    [InlineData("mistral, window of 20")]
    [InlineData("qwen3")]
    public void Every_number_format_gives_nearly_the_same_logits(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        using LanguageModel model = Architectures.Model(name);
        Tensor tokens = tensor([.. Enumerable.Range(0, 50).Select(place => (long)(place * 7 % 20))]).unsqueeze(0), positions = tensor([.. Enumerable.Range(0, 50).Select(place => (long)place)]).unsqueeze(0);
        Tensor expected = model.Decoder.Forward(tokens, positions);
        float spread = (expected.max() - expected.min()).item<float>();
        foreach ((ScalarType type, float tolerance) in ((ScalarType, float)[])[(ScalarType.Float64, 1e-4f), (ScalarType.Float16, 0.02f), (ScalarType.BFloat16, 0.1f)])
        {
            using Decoder other = model.Decoder.To(type);
            Assert.InRange((other.Forward(tokens, positions).to(ScalarType.Float32) - expected).abs().max().item<float>(), 0, tolerance * spread);
        }
    }

    [Theory]
    [InlineData("qwen2", "norm", false)]
    [InlineData("qwen3", "norm", false)]
    [InlineData("qwen2", "bias", false)]
    [InlineData("qwen2", "mlp", true)]
    [InlineData("qwen3", "self_attn", true)]
    [InlineData("llama 2, untied", "lm_head", true)]
    [InlineData("llama 2, untied", "embed", true)]
    public void Weights_of_several_number_formats_in_one_file_give_nearly_the_logits_of_one(string name, string halved, bool adapted)
    {
        using (LanguageModel model = Architectures.Model(name))
        {
            if (adapted)
            {
                foreach ((_, Tensor weight) in model.AddAdapter("a", new LoraSettings(), 3).Parameters)
                {
                    using var still = no_grad();
                    weight.add_(0.01);
                }
            }

            model.Save(_folder);
            SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), [.. model.Decoder.Parameters.Select(parameter => (parameter.Name, parameter.Name.Contains(halved, StringComparison.Ordinal) ? parameter.Weight.detach().to(ScalarType.BFloat16) : parameter.Weight))]);
        }

        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        using LanguageModel mixed = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        Tensor tokens = tensor([.. Enumerable.Range(0, 50).Select(place => (long)(place * 7 % 20))]).unsqueeze(0), positions = tensor([.. Enumerable.Range(0, 50).Select(place => (long)place)]).unsqueeze(0);
        Tensor expected = single.Decoder.Forward(tokens, positions, adapted ? single.Adapters["a"] : null), seen = mixed.Decoder.Forward(tokens, positions, adapted ? mixed.Adapters["a"] : null).to(ScalarType.Float32);
        float spread = (expected.max() - expected.min()).item<float>();
        // Where the embedding is half, so is the whole stream.
        Assert.InRange((seen - expected).abs().max().item<float>(), 0, (halved == "embed" ? 0.1f : 1e-4f) * spread);
        foreach (EnginePass pass in (EnginePass[])[EnginePass.Kernels, EnginePass.Tensors])
        {
            using DecodingEngine left = pass.Engine(mixed), whole = pass.Engine(single);
            GenerationRequest request = new() { Id = "a", Prompt = [1, 2, 3], Adapter = adapted ? "a" : null, MaximumTokens = 40, Sampling = new SamplingSettings { Temperature = 0 } };
            Assert.Equal(Torch.Decode(whole, request)["a"].Tokens, Torch.Decode(left, request)["a"].Tokens);
        }
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 0.1f)]
    [InlineData(ScalarType.Float16, 0.02f)]
    public void Adapters_in_single_precision_go_with_weights_in_half(ScalarType type, float tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        using LanguageModel model = Architectures.Model("qwen2");
        Adapter adapter = model.AddAdapter("a", new LoraSettings(), 3);
        foreach ((_, Tensor weight) in adapter.Parameters) weight.add_(0.01);
        using Decoder half = model.Decoder.To(type);
        Tensor tokens = tensor([1L, 5, 7, 9]).unsqueeze(0), positions = tensor([0L, 1, 2, 90]).unsqueeze(0);
        Tensor expected = model.Decoder.Forward(tokens, positions, adapter);
        Assert.InRange((half.Forward(tokens, positions, adapter).to(ScalarType.Float32) - expected).abs().max().item<float>(), 0, tolerance * (expected.max() - expected.min()).item<float>());
    }

    [Theory]
    [MemberData(nameof(EnginePasses.All), MemberType = typeof(EnginePasses))]
    public void Weights_left_in_the_file_in_half_precision_are_decoded_with_adapters_in_single_precision(EnginePass pass)
    {
        using (LanguageModel model = Architectures.Model("qwen2"))
        {
            model.AddAdapter("a", new LoraSettings(), 3);
            model.Save(_folder, ScalarType.BFloat16);
        }

        using LanguageModel left = LanguageModel.Load(_folder, asStored: true), single = LanguageModel.Load(_folder);
        using DecodingEngine half = pass.Engine(left), whole = pass.Engine(single);
        GenerationRequest request = new() { Id = "a", Prompt = [1, 2, 3], Adapter = "a", MaximumTokens = 40, Sampling = new SamplingSettings { Temperature = 0 } };
        Assert.Equal(Torch.Decode(whole, request)["a"].Tokens, Torch.Decode(half, request)["a"].Tokens);
    }

    [CudaTheory]
    [Trait("Category", "Cuda")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_on_a_gpu_writes_what_it_writes_on_the_cpu(bool half)
    {
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 40).Select(index => new GenerationRequest
            {
                Id = $"{index}",
                Prompt = [.. Enumerable.Range(0, 1 + index).Select(place => (place * 5 + index) % 20)],
                Adapter = index % 3 == 0 ? null : $"{index % 3}",
                Key = KeyedRandom.Key(1, "gpu", index),
                Sampling = new SamplingSettings { Temperature = 0 },
                MaximumTokens = 40,
            }),
        ];
        using LanguageModel near = Torch.Loud();
        foreach (string name in (string[])["1", "2"]) near.AddAdapter(name, new LoraSettings { Rank = name == "1" ? 4 : 9 }, 3);
        near.Save(_folder, half ? ScalarType.BFloat16 : null);
        using DecodingEngine expected = new(near);
        Dictionary<string, Generation> there = Torch.Decode(expected, requests);
        using OnDevice gpu = new("cuda");
        using LanguageModel far = LanguageModel.Load(_folder, asStored: half);
        Assert.Equal(DeviceType.CUDA, far.Decoder.Device.type);
        using DecodingEngine engine = new(far);
        Dictionary<string, Generation> done = Torch.Decode(engine, requests);
        if (half)
        {
            // Rounded weights and products: the first tokens are the same nearly everywhere.
            Assert.InRange(requests.Count(request => done[request.Id].Tokens[request.Prompt.Length] == there[request.Id].Tokens[request.Prompt.Length]), 30, 40);
            return;
        }

        foreach (GenerationRequest request in requests)
        {
            Assert.Equal(there[request.Id].Tokens, done[request.Id].Tokens);
            for (int token = 0; token < done[request.Id].Tokens.Length; token++) Assert.Equal(there[request.Id].LogProbabilities[token], done[request.Id].LogProbabilities[token], 1e-3f);
        }
    }
}
