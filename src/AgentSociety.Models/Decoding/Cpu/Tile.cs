using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>The inner loops of matrix products, written out for each tile shape so that the sums stay in registers.</summary>
/// <remarks>
/// An output is a chain of fused multiply-adds over the inputs in order; in panels of two vectors two chains over every second input, in
/// panels of one four chains over every fourth, so that the processor has eight chains or more to work on. One row and four rows give the same bits.
/// </remarks>
internal static unsafe partial class Tile<TWeight>
    where TWeight : unmanaged
{
    /// <summary>Four rows by 4 vectors.</summary>
    public static void Four4(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default, a02 = default, a03 = default;
        Vector512<float> a10 = default, a11 = default, a12 = default, a13 = default;
        Vector512<float> a20 = default, a21 = default, a22 = default, a23 = default;
        Vector512<float> a30 = default, a31 = default, a32 = default, a33 = default;
        for (int input = 0; input < inputs; input++)
        {
            if (soon < end) soon = Lookahead.Ask(soon);
            Vector512<float> w0 = PackedWeight.First(weights);
            Vector512<float> w1 = PackedWeight.Second(weights);
            Vector512<float> w2 = PackedWeight.First(weights + 32);
            Vector512<float> w3 = PackedWeight.Second(weights + 32);
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
            weights += 64;
        }

        a00.Store(y);
        a01.Store(y + 16);
        a02.Store(y + 32);
        a03.Store(y + 48);
        y += outputStride;
        a10.Store(y);
        a11.Store(y + 16);
        a12.Store(y + 32);
        a13.Store(y + 48);
        y += outputStride;
        a20.Store(y);
        a21.Store(y + 16);
        a22.Store(y + 32);
        a23.Store(y + 48);
        y += outputStride;
        a30.Store(y);
        a31.Store(y + 16);
        a32.Store(y + 32);
        a33.Store(y + 48);
    }

    /// <summary>Four rows by 3 vectors.</summary>
    public static void Four3(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default, a02 = default;
        Vector512<float> a10 = default, a11 = default, a12 = default;
        Vector512<float> a20 = default, a21 = default, a22 = default;
        Vector512<float> a30 = default, a31 = default, a32 = default;
        for (int input = 0; input < inputs; input++)
        {
            if (soon < end) soon = Lookahead.Ask(soon);
            Vector512<float> w0 = PackedWeight.First(weights);
            Vector512<float> w1 = PackedWeight.Second(weights);
            Vector512<float> w2 = PackedWeight.Alone(weights + 32);
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
            weights += 48;
        }

        a00.Store(y);
        a01.Store(y + 16);
        a02.Store(y + 32);
        y += outputStride;
        a10.Store(y);
        a11.Store(y + 16);
        a12.Store(y + 32);
        y += outputStride;
        a20.Store(y);
        a21.Store(y + 16);
        a22.Store(y + 32);
        y += outputStride;
        a30.Store(y);
        a31.Store(y + 16);
        a32.Store(y + 32);
    }

    /// <summary>Four rows by 2 vectors.</summary>
    public static void Four2(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            for (int row = 0; row < 4; row++) One2(weights, x + (long)row * inputStride, y + (long)row * outputStride, inputs);
            return;
        }

        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default, a01 = default;
        Vector512<float> b00 = default, b01 = default;
        Vector512<float> a10 = default, a11 = default;
        Vector512<float> b10 = default, b11 = default;
        Vector512<float> a20 = default, a21 = default;
        Vector512<float> b20 = default, b21 = default;
        Vector512<float> a30 = default, a31 = default;
        Vector512<float> b30 = default, b31 = default;
        int input = 0;
        for (; input + 2 <= inputs; input += 2)
        {
            Vector512<float> w0 = PackedWeight.First(weights);
            Vector512<float> w1 = PackedWeight.Second(weights);
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
            w0 = PackedWeight.First(weights + 32);
            w1 = PackedWeight.Second(weights + 32);
            v0 = Vector512.Create(x[input + 1]);
            b00 = Vector512.FusedMultiplyAdd(w0, v0, b00);
            b01 = Vector512.FusedMultiplyAdd(w1, v0, b01);
            v1 = Vector512.Create(x1[input + 1]);
            b10 = Vector512.FusedMultiplyAdd(w0, v1, b10);
            b11 = Vector512.FusedMultiplyAdd(w1, v1, b11);
            v2 = Vector512.Create(x2[input + 1]);
            b20 = Vector512.FusedMultiplyAdd(w0, v2, b20);
            b21 = Vector512.FusedMultiplyAdd(w1, v2, b21);
            v3 = Vector512.Create(x3[input + 1]);
            b30 = Vector512.FusedMultiplyAdd(w0, v3, b30);
            b31 = Vector512.FusedMultiplyAdd(w1, v3, b31);
            weights += 64;
        }

        for (; input < inputs; input++)
        {
            Vector512<float> w0 = PackedWeight.First(weights);
            Vector512<float> w1 = PackedWeight.Second(weights);
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
            weights += 32;
        }

        (a00 + b00).Store(y);
        (a01 + b01).Store(y + 16);
        y += outputStride;
        (a10 + b10).Store(y);
        (a11 + b11).Store(y + 16);
        y += outputStride;
        (a20 + b20).Store(y);
        (a21 + b21).Store(y + 16);
        y += outputStride;
        (a30 + b30).Store(y);
        (a31 + b31).Store(y + 16);
    }

    /// <summary>Four rows by 1 vector.</summary>
    public static void Four1(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            for (int row = 0; row < 4; row++) One1(weights, x + (long)row * inputStride, y + (long)row * outputStride, inputs);
            return;
        }

        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector512<float> a00 = default;
        Vector512<float> b00 = default;
        Vector512<float> c00 = default;
        Vector512<float> d00 = default;
        Vector512<float> a10 = default;
        Vector512<float> b10 = default;
        Vector512<float> c10 = default;
        Vector512<float> d10 = default;
        Vector512<float> a20 = default;
        Vector512<float> b20 = default;
        Vector512<float> c20 = default;
        Vector512<float> d20 = default;
        Vector512<float> a30 = default;
        Vector512<float> b30 = default;
        Vector512<float> c30 = default;
        Vector512<float> d30 = default;
        int input = 0;
        for (; input + 4 <= inputs; input += 4)
        {
            Vector512<float> w0 = PackedWeight.Alone(weights);
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
            w0 = PackedWeight.Alone(weights + 16);
            v0 = Vector512.Create(x[input + 1]);
            b00 = Vector512.FusedMultiplyAdd(w0, v0, b00);
            v1 = Vector512.Create(x1[input + 1]);
            b10 = Vector512.FusedMultiplyAdd(w0, v1, b10);
            v2 = Vector512.Create(x2[input + 1]);
            b20 = Vector512.FusedMultiplyAdd(w0, v2, b20);
            v3 = Vector512.Create(x3[input + 1]);
            b30 = Vector512.FusedMultiplyAdd(w0, v3, b30);
            w0 = PackedWeight.Alone(weights + 32);
            v0 = Vector512.Create(x[input + 2]);
            c00 = Vector512.FusedMultiplyAdd(w0, v0, c00);
            v1 = Vector512.Create(x1[input + 2]);
            c10 = Vector512.FusedMultiplyAdd(w0, v1, c10);
            v2 = Vector512.Create(x2[input + 2]);
            c20 = Vector512.FusedMultiplyAdd(w0, v2, c20);
            v3 = Vector512.Create(x3[input + 2]);
            c30 = Vector512.FusedMultiplyAdd(w0, v3, c30);
            w0 = PackedWeight.Alone(weights + 48);
            v0 = Vector512.Create(x[input + 3]);
            d00 = Vector512.FusedMultiplyAdd(w0, v0, d00);
            v1 = Vector512.Create(x1[input + 3]);
            d10 = Vector512.FusedMultiplyAdd(w0, v1, d10);
            v2 = Vector512.Create(x2[input + 3]);
            d20 = Vector512.FusedMultiplyAdd(w0, v2, d20);
            v3 = Vector512.Create(x3[input + 3]);
            d30 = Vector512.FusedMultiplyAdd(w0, v3, d30);
            weights += 64;
        }

        for (; input < inputs; input++)
        {
            Vector512<float> w0 = PackedWeight.Alone(weights);
            Vector512<float> v0 = Vector512.Create(x[input]);
            a00 = Vector512.FusedMultiplyAdd(w0, v0, a00);
            Vector512<float> v1 = Vector512.Create(x1[input]);
            a10 = Vector512.FusedMultiplyAdd(w0, v1, a10);
            Vector512<float> v2 = Vector512.Create(x2[input]);
            a20 = Vector512.FusedMultiplyAdd(w0, v2, a20);
            Vector512<float> v3 = Vector512.Create(x3[input]);
            a30 = Vector512.FusedMultiplyAdd(w0, v3, a30);
            weights += 16;
        }

        (a00 + b00 + (c00 + d00)).Store(y);
        y += outputStride;
        (a10 + b10 + (c10 + d10)).Store(y);
        y += outputStride;
        (a20 + b20 + (c20 + d20)).Store(y);
        y += outputStride;
        (a30 + b30 + (c30 + d30)).Store(y);
    }
}
