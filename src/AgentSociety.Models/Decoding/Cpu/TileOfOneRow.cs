using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>The shapes for rows that are left over, and for a batch of one.</summary>
/// <remarks>
/// None is inlined into its callers: where a processor has no vectors of 512 bits each operation on one is itself a method to be inlined, and the compiler inlines only so many into one caller before the rest stay calls.
/// </remarks>
internal static unsafe partial class Tile<TWeight>
    where TWeight : unmanaged
{
    /// <summary>One row by 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One4(TWeight* weights, float* x, float* y, int inputs)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            a2 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 32), v, a3);
            weights += 64;
        }

        a0.Store(y);
        a1.Store(y + 16);
        a2.Store(y + 32);
        a3.Store(y + 48);
    }

    /// <summary>One row by 3 vectors.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One3(TWeight* weights, float* x, float* y, int inputs)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            a2 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights + 32), v, a2);
            weights += 48;
        }

        a0.Store(y);
        a1.Store(y + 16);
        a2.Store(y + 32);
    }

    /// <summary>One row by 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One2(TWeight* weights, float* x, float* y, int inputs)
    {
        Vector512<float> a0 = default, a1 = default;
        Vector512<float> b0 = default, b1 = default;
        int input = 0;
        for (; input + 2 <= inputs; input += 2)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            v = Vector512.Create(x[input + 1]);
            b0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 32), v, b0);
            b1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 32), v, b1);
            weights += 64;
        }

        for (; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            weights += 32;
        }

        (a0 + b0).Store(y);
        (a1 + b1).Store(y + 16);
    }

    /// <summary>One row by 1 vector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One1(TWeight* weights, float* x, float* y, int inputs)
    {
        Vector512<float> a0 = default;
        Vector512<float> b0 = default;
        Vector512<float> c0 = default;
        Vector512<float> d0 = default;
        int input = 0;
        for (; input + 4 <= inputs; input += 4)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights), v, a0);
            v = Vector512.Create(x[input + 1]);
            b0 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights + 16), v, b0);
            v = Vector512.Create(x[input + 2]);
            c0 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights + 32), v, c0);
            v = Vector512.Create(x[input + 3]);
            d0 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights + 48), v, d0);
            weights += 64;
        }

        for (; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights), v, a0);
            weights += 16;
        }

        (a0 + b0 + (c0 + d0)).Store(y);
    }
}
