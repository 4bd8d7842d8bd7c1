using System.Runtime.InteropServices;

namespace AgentSociety.Models.Cpu;

/// <summary>Zeroed floats outside the managed heap, aligned to a cache line.</summary>
internal sealed unsafe class FloatBlock : IDisposable
{
    private const int Alignment = 64;
    private float* _start;

    public FloatBlock(long length)
    {
        Length = length;
        nuint bytes = (nuint)((length * sizeof(float) + Alignment - 1) / Alignment * Alignment);
        _start = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_start, bytes);
    }

    ~FloatBlock() => Free();

    public long Length { get; }

    public float* Start => _start;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
