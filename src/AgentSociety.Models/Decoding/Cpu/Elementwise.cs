using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>What happens to one row between matrix products. Lengths are any; sums run in an order that depends on the length only.</summary>
internal static unsafe class Elementwise
{
    private const int Lane = 16;

    /// <summary>RMSNorm (Zhang and Sennrich 2019, equation 4).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Normalise(float* input, float* weight, float* output, int length, float epsilon)
    {
        Vector512<float> squares = default;
        int index = 0;
        for (; index + Lane <= length; index += Lane)
        {
            Vector512<float> x = Vector512.Load(input + index);
            squares = Vector512.FusedMultiplyAdd(x, x, squares);
        }

        float sum = Vector512.Sum(squares);
        for (; index < length; index++) sum += input[index] * input[index];
        float scale = 1 / MathF.Sqrt(sum / length + epsilon);
        Vector512<float> scales = Vector512.Create(scale);
        for (index = 0; index + Lane <= length; index += Lane) (Vector512.Load(input + index) * scales * Vector512.Load(weight + index)).Store(output + index);
        for (; index < length; index++) output[index] = input[index] * scale * weight[index];
    }

    /// <summary>Adds a row to another.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(float* target, float* other, int length)
    {
        int index = 0;
        for (; index + Lane <= length; index += Lane) (Vector512.Load(target + index) + Vector512.Load(other + index)).Store(target + index);
        for (; index < length; index++) target[index] += other[index];
    }

    /// <summary>silu(gate) * up, in place of the gate (Shazeer 2020, "GLU variants", equation 5).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Gate(float* gate, float* up, int length)
    {
        int index = 0;
        for (; index + Lane <= length; index += Lane)
        {
            Vector512<float> x = Vector512.Load(gate + index);
            (x / (Vector512<float>.One + Exp(-x)) * Vector512.Load(up + index)).Store(gate + index);
        }

        for (; index < length; index++)
        {
            float x = gate[index];
            gate[index] = x / (1 + Exp(Vector512.Create(-x)).ToScalar()) * up[index];
        }
    }

    /// <summary>Turns pairs (i, i + half) of one head by the angles of a position (Su et al. 2021, section 3.4.2, in the half-split layout).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Rotate(float* head, float* cosines, float* sines, int half)
    {
        int index = 0;
        for (; index + 8 <= half; index += 8)
        {
            Vector256<float> first = Vector256.Load(head + index), second = Vector256.Load(head + index + half), cosine = Vector256.Load(cosines + index), sine = Vector256.Load(sines + index);
            (first * cosine - second * sine).Store(head + index);
            (second * cosine + first * sine).Store(head + index + half);
        }

        for (; index + 4 <= half; index += 4)
        {
            Vector128<float> first = Vector128.Load(head + index), second = Vector128.Load(head + index + half), cosine = Vector128.Load(cosines + index), sine = Vector128.Load(sines + index);
            (first * cosine - second * sine).Store(head + index);
            (second * cosine + first * sine).Store(head + index + half);
        }

        for (; index < half; index++)
        {
            float first = head[index], second = head[index + half];
            head[index] = first * cosines[index] - second * sines[index];
            head[index + half] = second * cosines[index] + first * sines[index];
        }
    }

    /// <summary>Multiplies a row by a number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Scale(float* row, float factor, int length)
    {
        int index = 0;
        for (; index + 8 <= length; index += 8) (Vector256.Load(row + index) * factor).Store(row + index);
        for (; index < length; index++) row[index] *= factor;
    }

    /// <summary>e to the x within 2 units in the last place; x is clamped to where neither side leaves the normal numbers.</summary>
    /// <remarks>Cephes' expf: x = n ln 2 + r, a polynomial in r, then n added to the exponent.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // What may be NaN stands second: x86 gives the second of a pair that holds one, other processors the NaN, so that it is kept either way.
        x = Vector512.MinNative(Vector512.Create(88.3f), Vector512.MaxNative(Vector512.Create(-87.3f), x));
        // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
        Vector512<float> shift = Vector512.Create(12582912f);
        Vector512<float> n = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504088896341f), shift) - shift;
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        Vector512<int> exponent = Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n), 23);
        return (p.AsInt32() + exponent).AsSingle();
    }
}
