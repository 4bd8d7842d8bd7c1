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
    public static float* Of(Tensor tensor)
    {
        if (tensor.numel() <= int.MaxValue / sizeof(float)) return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
        // A span holds no more than 2 GiB, such as the logits of a large vocabulary pass; it is asked for the first value alone.
        using Tensor flat = tensor.view(-1), first = flat.narrow(0, 0, 1);
        return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    /// <summary>A tensor whose values are about to be written.</summary>
    public static Tensor Like(params ReadOnlySpan<long> shape) => empty(shape.ToArray(), ScalarType.Float32, CPU);
}
