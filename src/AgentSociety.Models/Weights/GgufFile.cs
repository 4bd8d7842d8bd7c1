using System.Buffers.Binary;
using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Number formats that GGUF files are written in here.</summary>
public enum GgufType
{
    /// <summary>32-bit floats.</summary>
    F32 = 0,

    /// <summary>16-bit floats.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 8-bit numbers with one 16-bit scale: llama.cpp's Q8_0.</summary>
    Q8 = 8,
}

/// <summary>Lays out a GGUF file, version 3: keys and values, descriptions of tensors, and their data at multiples of 32 bytes.</summary>
/// <remarks>Knows the container and nothing of models; see <see cref="GgufExport"/>.</remarks>
internal sealed class GgufFile
{
    private const int Alignment = 32;
    private readonly List<Action<BinaryWriter>> _values = [];
    private readonly List<(string Name, long[] Shape, GgufType Type, Action<Stream> Write)> _tensors = [];

    /// <summary>Adds a text.</summary>
    public void Add(string key, string value) => Add(key, 8, writer => Write(writer, value));

    /// <summary>Adds a whole number.</summary>
    public void Add(string key, int value) => Add(key, 4, writer => writer.Write((uint)value));

    /// <summary>Adds a number.</summary>
    public void Add(string key, float value) => Add(key, 6, writer => writer.Write(value));

    /// <summary>Adds a truth value.</summary>
    public void Add(string key, bool value) => Add(key, 7, writer => writer.Write(value));

    /// <summary>Adds texts.</summary>
    public void Add(string key, IReadOnlyList<string> values) => Add(key, 8, values, Write);

    /// <summary>Adds whole numbers.</summary>
    public void Add(string key, IReadOnlyList<int> values) => Add(key, 5, values, (writer, value) => writer.Write(value));

    /// <summary>Adds numbers.</summary>
    public void Add(string key, IReadOnlyList<float> values) => Add(key, 6, values, (writer, value) => writer.Write(value));

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape, the fastest dimension last.</param>
    /// <param name="type">Its number format.</param>
    /// <param name="write">Writes exactly <see cref="Size"/> bytes.</param>
    public void AddTensor(string name, long[] shape, GgufType type, Action<Stream> write) => _tensors.Add((name, shape, type, write));

    /// <summary>Bytes of a tensor's data.</summary>
    public static long Size(long[] shape, GgufType type)
    {
        long values = shape.Aggregate(1L, (product, extent) => product * extent);
        return type switch
        {
            GgufType.F32 => values * 4,
            GgufType.F16 => values * 2,
            _ => values / 32 * 34,
        };
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save(string path) => WholeFile.Write(path, file =>
    {
        using BinaryWriter writer = new(file, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_values.Count);
        foreach (Action<BinaryWriter> value in _values) value(writer);
        long offset = 0;
        foreach ((string name, long[] shape, GgufType type, _) in _tensors)
        {
            Write(writer, name);
            writer.Write((uint)shape.Length);
            foreach (long extent in shape.Reverse()) writer.Write((ulong)extent);
            writer.Write((uint)type);
            writer.Write((ulong)offset);
            offset += Padded(Size(shape, type));
        }

        writer.Flush();
        Pad(file);
        foreach ((string name, long[] shape, GgufType type, Action<Stream> write) in _tensors)
        {
            long start = file.Position;
            write(file);
            if (file.Position - start != Size(shape, type)) throw new InvalidOperationException($"Tensor {name} took {file.Position - start} bytes instead of {Size(shape, type)}.");
            Pad(file);
        }
    });

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream file)
    {
        while (file.Position % Alignment != 0) file.WriteByte(0);
    }

    private void Add(string key, uint type, Action<BinaryWriter> write) => _values.Add(writer =>
    {
        Write(writer, key);
        writer.Write(type);
        write(writer);
    });

    private void Add<T>(string key, uint type, IReadOnlyList<T> values, Action<BinaryWriter, T> write) => Add(key, 9, writer =>
    {
        writer.Write(type);
        writer.Write((ulong)values.Count);
        foreach (T value in values) write(writer, value);
    });

    private static void Write(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        writer.Write(length);
        writer.Write(bytes);
    }
}
