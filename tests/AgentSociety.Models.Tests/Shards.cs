using System.Text.Json;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>Cuts a checkpoint as large models come: several files and an index.</summary>
internal static class Shards
{
    public static void Split(string folder, int count)
    {
        string whole = Path.Combine(folder, "model.safetensors");
        Dictionary<string, string> places = [];
        (string Name, Tensor Tensor)[] tensors = [.. SafetensorsFile.Read(whole).Select(entry => (entry.Key, entry.Value))];
        for (int shard = 0; shard < count; shard++)
        {
            string name = $"model-{shard + 1:d5}-of-{count:d5}.safetensors";
            (string Name, Tensor Tensor)[] part = [.. tensors.Where((_, index) => index % count == shard)];
            SafetensorsFile.Write(Path.Combine(folder, name), part);
            foreach ((string tensor, Tensor value) in part)
            {
                places[tensor] = name;
                value.Dispose();
            }
        }

        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), JsonSerializer.Serialize(new { metadata = new { total_size = 0 }, weight_map = places }));
        File.Delete(whole);
    }
}
