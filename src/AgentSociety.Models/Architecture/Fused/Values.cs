using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>What the fused operations share: where a tensor's values lie. They run on the calling thread: training is parallel over the texts of a batch, so that a gradient does not depend on the number of threads.</summary>
internal static unsafe class Values
{
    /// <summary>True where the fused operations work: float32 on the CPU. Elsewhere torch's own operations are used.</summary>
    public static bool Supports(Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32;

    /// <summary>First value of a contiguous CPU tensor; valid while the tensor lives.</summary>
    public static float* Of(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>A tensor whose values are about to be written.</summary>
    public static Tensor Like(params ReadOnlySpan<long> shape) => empty(shape.ToArray(), ScalarType.Float32, CPU);
}
