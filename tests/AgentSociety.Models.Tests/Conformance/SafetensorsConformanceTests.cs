using System.Text.Json.Nodes;

namespace AgentSociety.Models.Tests;

/// <summary>Weight files written here, as Hugging Face's library reads them.</summary>
[Collection("Torch")]
[Trait("Category", "Conformance")]
public sealed class SafetensorsConformanceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safetensors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ConformanceFact]
    public void Names_shapes_and_values_are_read_as_they_were_written()
    {
        using LanguageModel model = Architectures.Model("qwen3");
        model.Save(_folder);
        JsonNode peer = NodePeer.Run("safetensors.mjs", new JsonObject { ["file"] = Path.Combine(_folder, "model.safetensors") });
        Assert.Equal(model.ParameterCount, peer["parameters"]!.GetValue<long>());
        Assert.Equal(model.Decoder.Parameters.Count(), peer["tensors"]!.AsObject().Count);
        foreach ((string name, TorchSharp.torch.Tensor weight) in model.Decoder.Parameters)
        {
            JsonNode theirs = peer["tensors"]![name]!;
            Assert.Equal("F32", theirs["dtype"]!.GetValue<string>());
            Assert.Equal(weight.shape, theirs["shape"]!.AsArray().Select(extent => extent!.GetValue<long>()));
            using TorchSharp.torch.Tensor detached = weight.detach(), plain = detached.contiguous();
            Assert.Equal(plain.data<float>().ToArray(), theirs["values"]!.AsArray().Select(value => (float)value!.GetValue<double>()));
        }
    }
}
