using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture;

/// <summary>How the wide half of an episode lies in its row: JSON where people look, little-endian arrays where there are many numbers.</summary>
internal static class TranscriptFormat
{
    internal static string Segments(IReadOnlyList<Segment> segments) => Write(segments, (json, segment) =>
    {
        json.WriteStringValue(Name(segment.Source));
        json.WriteStringValue(segment.Text);
    });

    internal static IReadOnlyList<Segment> Segments(string json) => Read(json, row => new Segment(Enum.Parse<Source>(row[0].GetString()!, ignoreCase: true), row[1].GetString()!));

    internal static string? ToolCalls(IReadOnlyList<ToolCall> calls) => calls.Count == 0 ? null : Write(calls, (json, call) =>
    {
        json.WriteStringValue(Name(call.Kind));
        json.WriteStringValue(call.Request);
        json.WriteStringValue(call.Reply);
        json.WriteStringValue(call.Page);
        json.WriteStringValue(call.Revision);
    });

    internal static IReadOnlyList<ToolCall> ToolCalls(string? json) => json is null ? [] : Read(json, row => new ToolCall
    {
        Kind = Enum.Parse<ToolKind>(row[0].GetString()!, ignoreCase: true),
        Request = row[1].GetString()!,
        Reply = row[2].GetString()!,
        Page = row[3].GetString(),
        Revision = row[4].GetString(),
    });

    internal static IReadOnlyList<WithheldNote> Withheld(string? json) => json is null ? [] : Read(json, row => new WithheldNote(row[0].GetString()!, row[1].GetString()!));

    // The file's byte order is little-endian, as is every platform that .NET 10 runs on here.
    internal static byte[] Pack<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    internal static T[] Unpack<T>(byte[] bytes) where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).ToArray();

    internal static byte[] PackBits(bool[] bits)
    {
        byte[] bytes = new byte[(bits.Length + 7) / 8];
        for (int bit = 0; bit < bits.Length; bit++)
            if (bits[bit]) bytes[bit >> 3] |= (byte)(1 << (bit & 7));
        return bytes;
    }

    internal static bool[] UnpackBits(byte[] bytes, int count)
    {
        bool[] bits = new bool[count];
        for (int bit = 0; bit < count; bit++) bits[bit] = (bytes[bit >> 3] & (1 << (bit & 7))) != 0;
        return bits;
    }

    internal static string Name<T>(T value) where T : struct, Enum => Names<T>.All.TryGetValue(value, out string? name) ? name : throw new ArgumentOutOfRangeException(nameof(value), value, null);

    private static string Write<T>(IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (T item in items)
            {
                json.WriteStartArray();
                write(json, item);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static T[] Read<T>(string json, Func<JsonElement, T> read)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(read)];
    }

    private static class Names<T> where T : struct, Enum
    {
        internal static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(value => value, value => value.ToString().ToLowerInvariant());
    }
}
