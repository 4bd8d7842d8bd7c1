using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>The inner loops of matrix products, written out for each tile shape so that the sums stay in registers.</summary>
/// <remarks>All shapes give the same bits: each output is one chain of fused multiply-adds over the inputs in order.</remarks>
internal static unsafe class Tile
{
    /// <summary>Four rows by 4 vectors.</summary>
    public static void Four4(float* weights, float* x, int inputStride, float* y, int outputStride, int inputs, bool add)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default, a02 = default, a03 = default;
        Vector512<float> a10 = default, a11 = default, a12 = default, a13 = default;
        Vector512<float> a20 = default, a21 = default, a22 = default, a23 = default;
        Vector512<float> a30 = default, a31 = default, a32 = default, a33 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> w0 = Vector512.Load(weights);
            Vector512<float> w1 = Vector512.Load(weights + 16);
            Vector512<float> w2 = Vector512.Load(weights + 32);
            Vector512<float> w3 = Vector512.Load(weights + 48);
            weights += 64;
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            a01 = Vector512.FusedMultiplyAdd(w1, v0, a01);
            a02 = Vector512.FusedMultiplyAdd(w2, v0, a02);
            a03 = Vector512.FusedMultiplyAdd(w3, v0, a03);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            a11 = Vector512.FusedMultiplyAdd(w1, v1, a11);
            a12 = Vector512.FusedMultiplyAdd(w2, v1, a12);
            a13 = Vector512.FusedMultiplyAdd(w3, v1, a13);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            a21 = Vector512.FusedMultiplyAdd(w1, v2, a21);
            a22 = Vector512.FusedMultiplyAdd(w2, v2, a22);
            a23 = Vector512.FusedMultiplyAdd(w3, v2, a23);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
            a31 = Vector512.FusedMultiplyAdd(w1, v3, a31);
            a32 = Vector512.FusedMultiplyAdd(w2, v3, a32);
            a33 = Vector512.FusedMultiplyAdd(w3, v3, a33);
        }

        Store(a00, y, add);
        Store(a01, y + 16, add);
        Store(a02, y + 32, add);
        Store(a03, y + 48, add);
        y += outputStride;
        Store(a10, y, add);
        Store(a11, y + 16, add);
        Store(a12, y + 32, add);
        Store(a13, y + 48, add);
        y += outputStride;
        Store(a20, y, add);
        Store(a21, y + 16, add);
        Store(a22, y + 32, add);
        Store(a23, y + 48, add);
        y += outputStride;
        Store(a30, y, add);
        Store(a31, y + 16, add);
        Store(a32, y + 32, add);
        Store(a33, y + 48, add);
    }

    /// <summary>Four rows by 3 vectors.</summary>
    public static void Four3(float* weights, float* x, int inputStride, float* y, int outputStride, int inputs, bool add)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default, a02 = default;
        Vector512<float> a10 = default, a11 = default, a12 = default;
        Vector512<float> a20 = default, a21 = default, a22 = default;
        Vector512<float> a30 = default, a31 = default, a32 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> w0 = Vector512.Load(weights);
            Vector512<float> w1 = Vector512.Load(weights + 16);
            Vector512<float> w2 = Vector512.Load(weights + 32);
            weights += 48;
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            a01 = Vector512.FusedMultiplyAdd(w1, v0, a01);
            a02 = Vector512.FusedMultiplyAdd(w2, v0, a02);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            a11 = Vector512.FusedMultiplyAdd(w1, v1, a11);
            a12 = Vector512.FusedMultiplyAdd(w2, v1, a12);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            a21 = Vector512.FusedMultiplyAdd(w1, v2, a21);
            a22 = Vector512.FusedMultiplyAdd(w2, v2, a22);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
            a31 = Vector512.FusedMultiplyAdd(w1, v3, a31);
            a32 = Vector512.FusedMultiplyAdd(w2, v3, a32);
        }

        Store(a00, y, add);
        Store(a01, y + 16, add);
        Store(a02, y + 32, add);
        y += outputStride;
        Store(a10, y, add);
        Store(a11, y + 16, add);
        Store(a12, y + 32, add);
        y += outputStride;
        Store(a20, y, add);
        Store(a21, y + 16, add);
        Store(a22, y + 32, add);
        y += outputStride;
        Store(a30, y, add);
        Store(a31, y + 16, add);
        Store(a32, y + 32, add);
    }

    /// <summary>Four rows by 2 vectors.</summary>
    public static void Four2(float* weights, float* x, int inputStride, float* y, int outputStride, int inputs, bool add)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default;
        Vector512<float> a10 = default, a11 = default;
        Vector512<float> a20 = default, a21 = default;
        Vector512<float> a30 = default, a31 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> w0 = Vector512.Load(weights);
            Vector512<float> w1 = Vector512.Load(weights + 16);
            weights += 32;
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            a01 = Vector512.FusedMultiplyAdd(w1, v0, a01);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            a11 = Vector512.FusedMultiplyAdd(w1, v1, a11);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            a21 = Vector512.FusedMultiplyAdd(w1, v2, a21);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
            a31 = Vector512.FusedMultiplyAdd(w1, v3, a31);
        }

        Store(a00, y, add);
        Store(a01, y + 16, add);
        y += outputStride;
        Store(a10, y, add);
        Store(a11, y + 16, add);
        y += outputStride;
        Store(a20, y, add);
        Store(a21, y + 16, add);
        y += outputStride;
        Store(a30, y, add);
        Store(a31, y + 16, add);
    }

    /// <summary>Four rows by 1 vector.</summary>
    public static void Four1(float* weights, float* x, int inputStride, float* y, int outputStride, int inputs, bool add)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default;
        Vector512<float> a10 = default;
        Vector512<float> a20 = default;
        Vector512<float> a30 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> w0 = Vector512.Load(weights);
            weights += 16;
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
        }

        Store(a00, y, add);
        y += outputStride;
        Store(a10, y, add);
        y += outputStride;
        Store(a20, y, add);
        y += outputStride;
        Store(a30, y, add);
    }

    /// <summary>One row by 4 vectors.</summary>
    public static void One4(float* weights, float* x, float* y, int inputs, bool add)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 16), v, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 48), v, a3);
            weights += 64;
        }

        Store(a0, y, add);
        Store(a1, y + 16, add);
        Store(a2, y + 32, add);
        Store(a3, y + 48, add);
    }

    /// <summary>One row by 3 vectors.</summary>
    public static void One3(float* weights, float* x, float* y, int inputs, bool add)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 16), v, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 32), v, a2);
            weights += 48;
        }

        Store(a0, y, add);
        Store(a1, y + 16, add);
        Store(a2, y + 32, add);
    }

    /// <summary>One row by 2 vectors.</summary>
    public static void One2(float* weights, float* x, float* y, int inputs, bool add)
    {
        Vector512<float> a0 = default, a1 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 16), v, a1);
            weights += 32;
        }

        Store(a0, y, add);
        Store(a1, y + 16, add);
    }

    /// <summary>One row by 1 vector.</summary>
    public static void One1(float* weights, float* x, float* y, int inputs, bool add)
    {
        Vector512<float> a0 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector512<float> v = Vector512.Create(x[input]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            weights += 16;
        }

        Store(a0, y, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> sum, float* target, bool add) =>
        (add ? Vector512.Load(target) + sum : sum).Store(target);
}
