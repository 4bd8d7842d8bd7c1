using System.Runtime.InteropServices;

namespace AgentSociety.Models.Cpu;

/// <summary>Zeroed floats outside the managed heap, aligned to a cache line.</summary>
internal sealed unsafe class FloatBlock : IDisposable
{
    private const int Alignment = 64;
    private void* _allocated;
    private float* _start;

    public FloatBlock(long length)
    {
        Length = length;
        // Zeroed by the system rather than here: pages of a long context cost memory only once they are written.
        _allocated = NativeMemory.AllocZeroed((nuint)(length * sizeof(float) + Alignment));
        _start = (float*)(((nint)_allocated + Alignment - 1) / Alignment * Alignment);
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
        NativeMemory.Free(_allocated);
        _allocated = null;
        _start = null;
    }
}
