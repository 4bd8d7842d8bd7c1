using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Reads and writes the safetensors format: a length, a JSON header of names, types, shapes and offsets, and the raw values.</summary>
/// <remarks>
/// Format as published with the Hugging Face library: 8 bytes little-endian header length, header, data; offsets count from the
/// end of the header, lie in order and leave no holes. A file that departs from it is refused whole.
/// </remarks>
public static class SafetensorsFile
{
    private const int LongestHeader = 100_000_000;

    private static readonly Dictionary<string, (ScalarType Type, int Size)> Types = new()
    {
        ["F64"] = (ScalarType.Float64, 8),
        ["F32"] = (ScalarType.Float32, 4),
        ["F16"] = (ScalarType.Float16, 2),
        ["BF16"] = (ScalarType.BFloat16, 2),
        ["I64"] = (ScalarType.Int64, 8),
        ["I32"] = (ScalarType.Int32, 4),
        ["U8"] = (ScalarType.Byte, 1),
    };

    /// <summary>Writes tensors; the file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Names and values, in the order they are to have in the file.</param>
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        (string Name, Tensor Tensor)[] entries = [.. tensors];
        using MemoryStream headerText = new();
        using (Utf8JsonWriter json = new(headerText))
        {
            json.WriteStartObject();
            long offset = 0;
            foreach ((string name, Tensor tensor) in entries)
            {
                (string label, int size) = Label(tensor.dtype);
                long bytes = tensor.numel() * size;
                json.WriteStartObject(name);
                json.WriteString("dtype", label);
                json.WriteStartArray("shape");
                foreach (long extent in tensor.shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (headerText.Length % 8 != 0) headerText.WriteByte((byte)' ');
        WholeFile.Write(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, headerText.Length);
            file.Write(length);
            headerText.Position = 0;
            headerText.CopyTo(file);
            foreach ((_, Tensor tensor) in entries)
            {
                using Tensor detached = tensor.detach(), near = detached.cpu(), plain = near.contiguous();
                file.Write(plain.bytes);
            }
        });
    }

    /// <summary>Reads all tensors of a file onto the CPU. The caller owns them.</summary>
    /// <exception cref="SocietyException">The file is missing, truncated or not of the format; the message names file and tensor.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            (JsonDocument header, long start) = ReadHeader(path, file);
            using (header) return ReadTensors(path, file, header.RootElement, start);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{path}: cannot be read ({cause.Message})", cause: cause);
        }
    }

    private static (JsonDocument Header, long Start) ReadHeader(string path, FileStream file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8) throw new SocietyException($"{path}: is {file.Length} bytes long and no safetensors file; it may be truncated");
        file.ReadExactly(prefix);
        long length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 2 or > LongestHeader || length > file.Length - 8)
            throw new SocietyException($"{path}: claims a header of {length} bytes in a file of {file.Length}; it is truncated or no safetensors file");
        byte[] text = new byte[length];
        file.ReadExactly(text);
        try
        {
            JsonDocument header = JsonDocument.Parse(Encoding.UTF8.GetString(text));
            if (header.RootElement.ValueKind == JsonValueKind.Object) return (header, 8 + length);
            header.Dispose();
            throw new SocietyException($"{path}: its header is no JSON object");
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"{path}: its header is no JSON ({cause.Message})", cause: cause);
        }
    }

    private static Dictionary<string, Tensor> ReadTensors(string path, FileStream file, JsonElement header, long start)
    {
        List<Entry> entries = [.. header.EnumerateObject().Where(property => property.Name != "__metadata__").Select(property => Entry.Parse(path, property)).OrderBy(entry => entry.Begin)];
        long expected = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Begin != expected) throw new SocietyException($"{path}: tensor {entry.Name} begins at byte {entry.Begin} of the data where {expected} is due; the file is damaged");
            expected = entry.End;
        }

        if (start + expected != file.Length) throw new SocietyException($"{path}: holds {file.Length - start} bytes of data where its header names {expected}; it is truncated or damaged");
        Dictionary<string, Tensor> tensors = [];
        foreach (Entry entry in entries)
        {
            Tensor tensor = empty(entry.Shape, entry.Type, CPU);
            if (entry.End > entry.Begin)
            {
                file.Position = start + entry.Begin;
                file.ReadExactly(tensor.bytes);
            }

            if (!tensors.TryAdd(entry.Name, tensor.DetachFromDisposeScope())) throw new SocietyException($"{path}: names tensor {entry.Name} twice");
        }

        return tensors;
    }

    private static (string Label, int Size) Label(ScalarType type)
    {
        foreach ((string label, (ScalarType known, int size)) in Types)
        {
            if (known == type) return (label, size);
        }

        throw new ArgumentException($"Safetensors files hold no {type} here.");
    }

    private sealed record Entry(string Name, ScalarType Type, long[] Shape, long Begin, long End)
    {
        public static Entry Parse(string path, JsonProperty property)
        {
            try
            {
                string label = property.Value.GetProperty("dtype").GetString()!;
                if (!Types.TryGetValue(label, out (ScalarType Type, int Size) type)) throw new SocietyException($"{path}: tensor {property.Name} has the type {label}; known are {string.Join(", ", Types.Keys)}");
                long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];
                long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
                long elements = shape.Aggregate(1L, (product, extent) => extent < 0 ? throw new FormatException("a negative extent") : checked(product * extent));
                if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != checked(elements * type.Size))
                    throw new SocietyException($"{path}: tensor {property.Name} has shape [{string.Join(", ", shape)}] and bytes {string.Join(" to ", offsets)}, which do not fit");
                return new Entry(property.Name, type.Type, shape, offsets[0], offsets[1]);
            }
            catch (Exception cause) when (cause is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentNullException)
            {
                throw new SocietyException($"{path}: the header's entry for tensor {property.Name} cannot be understood ({cause.Message})", cause: cause);
            }
        }
    }
}
