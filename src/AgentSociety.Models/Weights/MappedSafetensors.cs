using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>One safetensors file mapped into memory, with its tensors as views of the map.</summary>
internal sealed unsafe partial class MappedSafetensors : IDisposable
{
    private readonly Dictionary<string, SafetensorsHeader.Entry> _entries;
    private readonly Dictionary<ScalarType, Tensor> _maps = [];
    private readonly long _start;
    private readonly long _length;

    /// <summary>Reads the header; the data is mapped when it is first asked for.</summary>
    /// <exception cref="SocietyException">The file is missing, truncated or not of the format.</exception>
    public MappedSafetensors(string file)
    {
        File = file;
        try
        {
            using FileStream stream = System.IO.File.OpenRead(file);
            SafetensorsHeader header = SafetensorsHeader.Read(file, stream);
            _entries = header.Entries.ToDictionary(entry => entry.Name);
            (_start, _length) = (header.Start, stream.Length);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{file}: cannot be read ({cause.Message})", cause: cause);
        }
    }

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>Names of its tensors.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>What the header says of a tensor.</summary>
    public SafetensorsHeader.Entry this[string name] => _entries[name];

    /// <summary>A view of a tensor; a copy where it does not lie at a multiple of its size. The caller disposes it.</summary>
    public Tensor View(string name)
    {
        SafetensorsHeader.Entry entry = _entries[name];
        int size = SafetensorsHeader.Label(entry.Type).Size;
        long begin = _start + entry.Begin;
        if (entry.Begin == entry.End) return empty(entry.Shape, entry.Type, CPU);
        if (begin % size == 0)
        {
            using Tensor part = Map(entry.Type, size).narrow(0, begin / size, (entry.End - entry.Begin) / size);
            return part.view(entry.Shape);
        }

        Tensor copy = empty(entry.Shape, entry.Type, CPU);
        using Tensor flat = copy.view(-1);
        using FileStream stream = System.IO.File.OpenRead(File);
        stream.Position = begin;
        const long Longest = 1 << 26;
        for (long start = 0, whole = copy.numel(); start < whole; start += Longest)
        {
            using Tensor piece = flat.narrow(0, start, Math.Min(Longest, whole - start));
            stream.ReadExactly(piece.bytes);
        }

        return copy;
    }

    /// <summary>Lets the system take a tensor's pages back; they are read from the file again where they are needed again.</summary>
    public void Release(string name)
    {
        SafetensorsHeader.Entry entry = _entries[name];
        if (!OperatingSystem.IsLinux() || !_maps.TryGetValue(entry.Type, out Tensor? map)) return;
        const int DontNeed = 4;
        long page = Environment.SystemPageSize, begin = (_start + entry.Begin + page - 1) / page * page, end = (_start + entry.End) / page * page;
        if (end <= begin) return;
        using Tensor first = map.narrow(0, 0, 1);
        // Advice that is not taken leaves the pages where they are, which is right too.
        _ = Advise((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes)) + begin, (nuint)(end - begin), DontNeed);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Tensor map in _maps.Values) map.Dispose();
    }

    private Tensor Map(ScalarType type, int size)
    {
        if (!_maps.TryGetValue(type, out Tensor? map)) _maps[type] = map = from_file(File, shared: false, size: _length / size, dtype: type).DetachFromDisposeScope();
        return map;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
