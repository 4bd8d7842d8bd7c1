using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>The inner loops of low-rank updates, written out for the usual shapes so that the sums stay in registers; how weights lie is said at <see cref="LowRankUpdate"/>.</summary>
/// <remarks>B's weights in bfloat16 are multiplied by the scale as they are read, in float32 by whoever packed them: the same products, rounded alike.</remarks>
internal static unsafe class LowRankTile<TWeight>
    where TWeight : unmanaged
{
    private const int Lane = 16;

    /// <summary>Eight of A's rows with one row of inputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void DownEight(TWeight* weights, float* x, int inputs, float* sums)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            DownEightNarrow(weights, x, inputs, sums);
            return;
        }

        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int vector = 0; vector * Lane < inputs; vector++)
        {
            Vector512<float> v = Inputs(x, vector, inputs);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            a2 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 32), v, a3);
            a4 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 64), v, a4);
            a5 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 64), v, a5);
            a6 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 96), v, a6);
            a7 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 96), v, a7);
            weights += 8 * Lane;
        }

        Sums(a0, a1, a2, a3).Store(sums);
        Sums(a4, a5, a6, a7).Store(sums + 4);
    }

    /// <summary>Eight of A's rows with one row of inputs, as <see cref="DownEight"/> to the bit, for processors that have half as many registers of half the width: four rows at a time.</summary>
    public static void DownEightNarrow(TWeight* weights, float* x, int inputs, float* sums)
    {
        Four(weights, 8 * Lane, x, inputs, sums);
        Four(weights + 4 * Lane, 8 * Lane, x, inputs, sums + 4);
    }

    /// <summary>Eight of A's rows with two rows of inputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void DownEightOfTwo(TWeight* weights, float* x, float* x1, int inputs, float* sums, float* sums1)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            DownEightNarrow(weights, x, inputs, sums);
            DownEightNarrow(weights, x1, inputs, sums1);
            return;
        }

        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        Vector512<float> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        for (int vector = 0; vector * Lane < inputs; vector++)
        {
            Vector512<float> v = Inputs(x, vector, inputs), u = Inputs(x1, vector, inputs);
            Vector512<float> w = PackedWeight.First(weights);
            a0 = Vector512.FusedMultiplyAdd(w, v, a0);
            b0 = Vector512.FusedMultiplyAdd(w, u, b0);
            w = PackedWeight.Second(weights);
            a1 = Vector512.FusedMultiplyAdd(w, v, a1);
            b1 = Vector512.FusedMultiplyAdd(w, u, b1);
            w = PackedWeight.First(weights + 32);
            a2 = Vector512.FusedMultiplyAdd(w, v, a2);
            b2 = Vector512.FusedMultiplyAdd(w, u, b2);
            w = PackedWeight.Second(weights + 32);
            a3 = Vector512.FusedMultiplyAdd(w, v, a3);
            b3 = Vector512.FusedMultiplyAdd(w, u, b3);
            w = PackedWeight.First(weights + 64);
            a4 = Vector512.FusedMultiplyAdd(w, v, a4);
            b4 = Vector512.FusedMultiplyAdd(w, u, b4);
            w = PackedWeight.Second(weights + 64);
            a5 = Vector512.FusedMultiplyAdd(w, v, a5);
            b5 = Vector512.FusedMultiplyAdd(w, u, b5);
            w = PackedWeight.First(weights + 96);
            a6 = Vector512.FusedMultiplyAdd(w, v, a6);
            b6 = Vector512.FusedMultiplyAdd(w, u, b6);
            w = PackedWeight.Second(weights + 96);
            a7 = Vector512.FusedMultiplyAdd(w, v, a7);
            b7 = Vector512.FusedMultiplyAdd(w, u, b7);
            weights += 8 * Lane;
        }

        Sums(a0, a1, a2, a3).Store(sums);
        Sums(a4, a5, a6, a7).Store(sums + 4);
        Sums(b0, b1, b2, b3).Store(sums1);
        Sums(b4, b5, b6, b7).Store(sums1 + 4);
    }

    /// <summary>Four of A's rows with one row of inputs.</summary>
    public static void DownFour(TWeight* weights, float* x, int inputs, float* sums) => Four(weights, 4 * Lane, x, inputs, sums);

    /// <summary>One of A's rows with one row of inputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void DownOne(TWeight* weights, float* x, int inputs, float* sum)
    {
        Vector512<float> a = default;
        for (int vector = 0; vector * Lane < inputs; vector++)
        {
            a = Vector512.FusedMultiplyAdd(PackedWeight.Alone(weights), Inputs(x, vector, inputs), a);
            weights += Lane;
        }

        *sum = Sums(a, default, default, default)[0];
    }

    /// <summary>B of rank 8 with one row, added to outputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void UpEight(TWeight* weights, float scale, float* middle, float* y, int vectors)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            UpEightNarrow(weights, scale, middle, y, vectors);
            return;
        }

        Vector512<float> scales = Vector512.Create(scale);
        Vector512<float> m0 = Vector512.Create(middle[0]), m1 = Vector512.Create(middle[1]), m2 = Vector512.Create(middle[2]), m3 = Vector512.Create(middle[3]);
        Vector512<float> m4 = Vector512.Create(middle[4]), m5 = Vector512.Create(middle[5]), m6 = Vector512.Create(middle[6]), m7 = Vector512.Create(middle[7]);
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> even = Vector512.FusedMultiplyAdd(First(weights, scales), m0, Vector512.Load(y)), odd = Second(weights, scales) * m1;
            even = Vector512.FusedMultiplyAdd(First(weights + 32, scales), m2, even);
            odd = Vector512.FusedMultiplyAdd(Second(weights + 32, scales), m3, odd);
            even = Vector512.FusedMultiplyAdd(First(weights + 64, scales), m4, even);
            odd = Vector512.FusedMultiplyAdd(Second(weights + 64, scales), m5, odd);
            even = Vector512.FusedMultiplyAdd(First(weights + 96, scales), m6, even);
            odd = Vector512.FusedMultiplyAdd(Second(weights + 96, scales), m7, odd);
            (even + odd).Store(y);
            weights += 8 * Lane;
            y += Lane;
        }
    }

    /// <summary>B of rank 8 with one row, as <see cref="UpEight"/> to the bit, for processors whose vectors have 256 bits: eight outputs at a time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void UpEightNarrow(TWeight* weights, float scale, float* middle, float* y, int vectors)
    {
        Vector256<float> scales = Vector256.Create(scale);
        Vector256<float> m0 = Vector256.Create(middle[0]), m1 = Vector256.Create(middle[1]), m2 = Vector256.Create(middle[2]), m3 = Vector256.Create(middle[3]);
        Vector256<float> m4 = Vector256.Create(middle[4]), m5 = Vector256.Create(middle[5]), m6 = Vector256.Create(middle[6]), m7 = Vector256.Create(middle[7]);
        for (int vector = 0; vector < vectors; vector++)
        {
            for (int half = 0; half < Lane; half += Lane / 2)
            {
                Vector256<float> even = Vector256.FusedMultiplyAdd(First(weights, half, scales), m0, Vector256.Load(y + half)), odd = Second(weights, half, scales) * m1;
                even = Vector256.FusedMultiplyAdd(First(weights + 32, half, scales), m2, even);
                odd = Vector256.FusedMultiplyAdd(Second(weights + 32, half, scales), m3, odd);
                even = Vector256.FusedMultiplyAdd(First(weights + 64, half, scales), m4, even);
                odd = Vector256.FusedMultiplyAdd(Second(weights + 64, half, scales), m5, odd);
                even = Vector256.FusedMultiplyAdd(First(weights + 96, half, scales), m6, even);
                odd = Vector256.FusedMultiplyAdd(Second(weights + 96, half, scales), m7, odd);
                (even + odd).Store(y + half);
            }

            weights += 8 * Lane;
            y += Lane;
        }
    }

    /// <summary>B of rank 8 with two rows, added to their outputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void UpEightOfTwo(TWeight* weights, float scale, float* middle, float* middle1, float* y, float* y1, int vectors)
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            UpEightNarrow(weights, scale, middle, y, vectors);
            UpEightNarrow(weights, scale, middle1, y1, vectors);
            return;
        }

        Vector512<float> scales = Vector512.Create(scale);
        Vector512<float> m0 = Vector512.Create(middle[0]), m1 = Vector512.Create(middle[1]), m2 = Vector512.Create(middle[2]), m3 = Vector512.Create(middle[3]);
        Vector512<float> m4 = Vector512.Create(middle[4]), m5 = Vector512.Create(middle[5]), m6 = Vector512.Create(middle[6]), m7 = Vector512.Create(middle[7]);
        Vector512<float> n0 = Vector512.Create(middle1[0]), n1 = Vector512.Create(middle1[1]), n2 = Vector512.Create(middle1[2]), n3 = Vector512.Create(middle1[3]);
        Vector512<float> n4 = Vector512.Create(middle1[4]), n5 = Vector512.Create(middle1[5]), n6 = Vector512.Create(middle1[6]), n7 = Vector512.Create(middle1[7]);
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> w = First(weights, scales), odd = Second(weights, scales);
            Vector512<float> even = Vector512.FusedMultiplyAdd(w, m0, Vector512.Load(y)), even1 = Vector512.FusedMultiplyAdd(w, n0, Vector512.Load(y1));
            Vector512<float> odd1 = odd * n1;
            odd *= m1;
            w = First(weights + 32, scales);
            even = Vector512.FusedMultiplyAdd(w, m2, even);
            even1 = Vector512.FusedMultiplyAdd(w, n2, even1);
            w = Second(weights + 32, scales);
            odd = Vector512.FusedMultiplyAdd(w, m3, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n3, odd1);
            w = First(weights + 64, scales);
            even = Vector512.FusedMultiplyAdd(w, m4, even);
            even1 = Vector512.FusedMultiplyAdd(w, n4, even1);
            w = Second(weights + 64, scales);
            odd = Vector512.FusedMultiplyAdd(w, m5, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n5, odd1);
            w = First(weights + 96, scales);
            even = Vector512.FusedMultiplyAdd(w, m6, even);
            even1 = Vector512.FusedMultiplyAdd(w, n6, even1);
            w = Second(weights + 96, scales);
            odd = Vector512.FusedMultiplyAdd(w, m7, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n7, odd1);
            (even + odd).Store(y);
            (even1 + odd1).Store(y1);
            weights += 8 * Lane;
            y += Lane;
            y1 += Lane;
        }
    }

    /// <summary>B of any rank with one row, added to outputs.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Up(TWeight* weights, float scale, float* middle, int rank, float* y, int vectors)
    {
        Vector512<float> scales = Vector512.Create(scale);
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> sum = Vector512.Load(y);
            int index = 0;
            for (; index + 2 <= rank; index += 2)
            {
                sum = Vector512.FusedMultiplyAdd(First(weights, scales), Vector512.Create(middle[index]), sum);
                sum = Vector512.FusedMultiplyAdd(Second(weights, scales), Vector512.Create(middle[index + 1]), sum);
                weights += 2 * Lane;
            }

            if (index < rank)
            {
                sum = Vector512.FusedMultiplyAdd(Scaled(PackedWeight.Alone(weights), scales), Vector512.Create(middle[index]), sum);
                weights += Lane;
            }

            sum.Store(y);
            y += Lane;
        }
    }

    /// <summary>Four of A's rows with one row of inputs.</summary>
    /// <param name="weights">The rows' first vectors.</param>
    /// <param name="step">Weights from a vector of inputs to the next.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="inputs">How many.</param>
    /// <param name="sums">Room for four.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Four(TWeight* weights, int step, float* x, int inputs, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (int vector = 0; vector * Lane < inputs; vector++)
        {
            Vector512<float> v = Inputs(x, vector, inputs);
            a0 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights), v, a1);
            a2 = Vector512.FusedMultiplyAdd(PackedWeight.First(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(PackedWeight.Second(weights + 32), v, a3);
            weights += step;
        }

        Sums(a0, a1, a2, a3).Store(sums);
    }

    /// <summary>16 inputs; 0 behind the last, whatever stands there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Inputs(float* x, int vector, int inputs)
    {
        Vector512<float> v = Vector512.Load(x + vector * Lane);
        int left = inputs - vector * Lane;
        return left >= Lane ? v : Vector512.ConditionalSelect(Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(left)).AsSingle(), v, default);
    }

    /// <summary>The sum of the lanes of each; the same order of additions on every machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector128<float> a4 = Quarter(a), b4 = Quarter(b), c4 = Quarter(c), d4 = Quarter(d);
        return Vector128.Create(a4[0], b4[0], c4[0], d4[0]) + Vector128.Create(a4[1], b4[1], c4[1], d4[1])
            + (Vector128.Create(a4[2], b4[2], c4[2], d4[2]) + Vector128.Create(a4[3], b4[3], c4[3], d4[3]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(Vector512<float> vector)
    {
        Vector256<float> half = vector.GetLower() + vector.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(TWeight* pair, Vector512<float> scales) => Scaled(PackedWeight.First(pair), scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Second(TWeight* pair, Vector512<float> scales) => Scaled(PackedWeight.Second(pair), scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(TWeight* pair, int from, Vector256<float> scales) => Scaled(PackedWeight.First(pair, from), scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Second(TWeight* pair, int from, Vector256<float> scales) => Scaled(PackedWeight.Second(pair, from), scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scaled(Vector512<float> weights, Vector512<float> scales) => typeof(TWeight) == typeof(float) ? weights : weights * scales;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scaled(Vector256<float> weights, Vector256<float> scales) => typeof(TWeight) == typeof(float) ? weights : weights * scales;
}
