using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>What the fused operations share: where a tensor's values lie, and rows in equal shares for threads.</summary>
internal static unsafe class Values
{
    /// <summary>True where the fused operations work: float32 on the CPU. Elsewhere torch's own operations are used.</summary>
    public static bool Supports(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;

    /// <summary>First value of a contiguous CPU tensor; valid while the tensor lives.</summary>
    public static float* Of(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>A tensor whose values are about to be written.</summary>
    public static Tensor Like(params ReadOnlySpan<long> shape) => empty(shape.ToArray(), ScalarType.Float32, CPU);

    /// <summary>Runs over rows on the runtime's threads. Shares depend on the counts only, so that sums taken a share at a time are the same in every run.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="work">Does rows from the second to before the third number; the first is the share.</param>
    public static void Share(long rows, Action<int, long, long> work)
    {
        int shares = (int)Math.Clamp(rows / 64, 1, TorchRuntime.Threads);
        if (shares == 1) work(0, 0, rows);
        else Parallel.For(0, shares, share => work(share, rows * share / shares, rows * (share + 1) / shares));
    }
}
