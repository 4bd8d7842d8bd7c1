using System.Buffers.Binary;
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
    /// <summary>Writes tensors; the file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Names and values, in the order they are to have in the file.</param>
    /// <param name="type">Number format to write all of them in; null for each tensor's own.</param>
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, ScalarType? type = null)
    {
        (string Name, Tensor Tensor)[] entries = [.. tensors];
        using MemoryStream headerText = new();
        using (Utf8JsonWriter json = new(headerText))
        {
            json.WriteStartObject();
            // Other tools look for this before they take a file for a model's.
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long offset = 0;
            foreach ((string name, Tensor tensor) in entries)
            {
                (string label, int size) = SafetensorsHeader.Label(type ?? tensor.dtype);
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
            foreach ((string name, Tensor tensor) in entries)
            {
                Copy(path, name, tensor, type ?? tensor.dtype, file);
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
            SafetensorsHeader header = SafetensorsHeader.Read(path, file);
            Dictionary<string, Tensor> tensors = [];
            foreach (SafetensorsHeader.Entry entry in header.Entries)
            {
                Tensor tensor = empty(entry.Shape, entry.Type, CPU);
                file.Position = header.Start + entry.Begin;
                Fill(tensor, file);
                tensors.Add(entry.Name, tensor.DetachFromDisposeScope());
            }

            return tensors;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{path}: cannot be read ({cause.Message})", cause: cause);
        }
    }

    /// <summary>Writes values in pieces, since one piece of memory is seen through at most 2 GiB at a time.</summary>
    private static void Copy(string path, string name, Tensor tensor, ScalarType type, Stream file)
    {
        foreach ((long start, long count) in Pieces(tensor))
        {
            using Tensor detached = tensor.detach(), flat = detached.reshape(-1), piece = flat.narrow(0, start, count), near = piece.cpu(), converted = near.to(type), plain = converted.contiguous();
            if (type != tensor.dtype && plain.is_floating_point() && !Decoder.IsFinite(plain) && Decoder.IsFinite(near))
                throw new SocietyException($"{path}: tensor {name} holds values that are too large for {SafetensorsHeader.Label(type).Label} and would become infinite; write it as {(type == ScalarType.Float16 ? "bf16 or f32" : "f32")}");
            file.Write(plain.bytes);
        }
    }

    private static void Fill(Tensor tensor, Stream file)
    {
        using Tensor flat = tensor.view(-1);
        foreach ((long start, long count) in Pieces(tensor))
        {
            using Tensor piece = flat.narrow(0, start, count);
            file.ReadExactly(piece.bytes);
        }
    }

    private static IEnumerable<(long Start, long Count)> Pieces(Tensor tensor)
    {
        const long Longest = 1 << 26;
        for (long start = 0, whole = tensor.numel(); start < whole; start += Longest) yield return (start, Math.Min(Longest, whole - start));
    }
}
