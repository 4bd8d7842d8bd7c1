using System.Runtime.InteropServices;
using TorchSharp;
using BFloat16 = AgentSociety.Models.Cpu.BFloat16;

namespace AgentSociety.Models;

/// <summary>A tensor's values for code that is not torch's.</summary>
internal static class TensorValues
{
    private const long ValuesAtOnce = 1 << 22;

    /// <summary>Hands over a tensor's values, row-major, a block of rows at a time so that no second copy of a large one is made.</summary>
    /// <typeparam name="TValue">Float or <see cref="BFloat16"/>.</typeparam>
    /// <param name="tensor">[rows] or [rows, columns], on any device, in any number format.</param>
    /// <param name="use">Takes the values and the row at which they begin.</param>
    public static void Read<TValue>(torch.Tensor tensor, Action<ReadOnlySpan<TValue>, int> use)
        where TValue : unmanaged
    {
        torch.ScalarType format = typeof(TValue) == typeof(BFloat16) ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
        long rows = tensor.shape[0], block = Math.Max(1, ValuesAtOnce / Math.Max(1, tensor.numel() / Math.Max(1, rows)));
        for (long start = 0; start < rows; start += block)
        {
            using torch.Tensor detached = tensor.detach(), part = detached.narrow(0, start, Math.Min(block, rows - start)), near = part.cpu(), wanted = near.to(format), plain = wanted.contiguous();
            use(MemoryMarshal.Cast<byte, TValue>(plain.bytes), (int)start);
        }
    }
}
