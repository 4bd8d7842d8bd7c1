using System.Buffers.Binary;
using System.Text.Json;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>How large a model is, for those who read what was found with it.</summary>
/// <param name="Parameters">Its own weights, adapters not counted.</param>
/// <param name="Characters">True where it reads and writes single characters.</param>
public sealed record ModelSize(long Parameters, bool Characters)
{
    /// <summary>The size of a saved model, from the headers of its weights; null where there are none.</summary>
    /// <param name="folder">Its folder.</param>
    public static ModelSize? Of(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.safetensors") : [];
        return files.Length == 0 ? null : new ModelSize(files.Sum(Count), File.Exists(Path.Combine(folder, CharacterTokenizer.FileName)));
    }

    private static long Count(string file)
    {
        using FileStream stream = File.OpenRead(file);
        Span<byte> length = stackalloc byte[sizeof(long)];
        stream.ReadExactly(length);
        byte[] header = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        stream.ReadExactly(header);
        using JsonDocument tensors = JsonDocument.Parse(header);
        return tensors.RootElement.EnumerateObject().Where(tensor => tensor.Name != "__metadata__")
            .Sum(tensor => tensor.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (product, size) => product * size.GetInt64()));
    }
}
