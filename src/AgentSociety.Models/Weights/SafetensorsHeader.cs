using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>What a safetensors file says of its tensors; whoever has one knows that the data fits what it says.</summary>
internal sealed class SafetensorsHeader
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

    private SafetensorsHeader(long start, List<Entry> entries) => (Start, Entries) = (start, entries);

    /// <summary>Byte of the file at which the data begins.</summary>
    public long Start { get; }

    /// <summary>The tensors in order of their data.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>The format's name for a type, and the bytes of one value.</summary>
    public static (string Label, int Size) Label(ScalarType type)
    {
        foreach ((string label, (ScalarType known, int size)) in Types)
        {
            if (known == type) return (label, size);
        }

        throw new ArgumentException($"Safetensors files hold no {type} here.");
    }

    /// <summary>Reads the header of a file that stands at its beginning, and checks it against the file's length.</summary>
    /// <exception cref="SocietyException">The file is truncated or not of the format; the message names file and tensor.</exception>
    public static SafetensorsHeader Read(string path, FileStream file)
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
            using JsonDocument header = JsonDocument.Parse(Encoding.UTF8.GetString(text));
            if (header.RootElement.ValueKind != JsonValueKind.Object) throw new SocietyException($"{path}: its header is no JSON object");
            return new SafetensorsHeader(8 + length, Parse(path, header.RootElement, file.Length - 8 - length));
        }
        catch (InvalidOperationException cause)
        {
            // What the platform's reader says once it is asked for such a name.
            throw new SocietyException($"{path}: its header names a tensor with half of a surrogate pair, which is no character; the file is damaged", cause: cause);
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"{path}: its header is no JSON ({cause.Message})", cause: cause);
        }
    }

    private static List<Entry> Parse(string path, JsonElement header, long bytes)
    {
        List<Entry> entries = [.. header.EnumerateObject().Where(property => property.Name != "__metadata__").Select(property => Entry.Parse(path, property)).OrderBy(entry => entry.Begin)];
        long expected = 0;
        HashSet<string> names = [];
        foreach (Entry entry in entries)
        {
            if (entry.Begin != expected) throw new SocietyException($"{path}: tensor {entry.Name} begins at byte {entry.Begin} of the data where {expected} is due; the file is damaged");
            if (!names.Add(entry.Name)) throw new SocietyException($"{path}: names tensor {entry.Name} twice");
            expected = entry.End;
        }

        if (expected != bytes) throw new SocietyException($"{path}: holds {bytes} bytes of data where its header names {expected}; it is truncated or damaged");
        return entries;
    }

    /// <summary>One tensor: its values are the bytes from <see cref="Begin"/> to before <see cref="End"/> of the data.</summary>
    public sealed record Entry(string Name, ScalarType Type, long[] Shape, long Begin, long End)
    {
        internal static Entry Parse(string path, JsonProperty property)
        {
            try
            {
                string label = property.Value.GetProperty("dtype").GetString()!;
                if (!Types.TryGetValue(label, out (ScalarType Type, int Size) type)) throw new SocietyException($"{path}: tensor {property.Name} has the type {label}; known are {string.Join(", ", Types.Keys)}");
                long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];
                long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
                long elements = shape.Aggregate(1L, (product, extent) => extent < 0 ? throw new FormatException("a negative extent") : checked(product * extent));
                // Strides are products too, and those leave out an extent of 0.
                _ = shape.Aggregate((long)type.Size, (product, extent) => checked(product * Math.Max(extent, 1)));
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
