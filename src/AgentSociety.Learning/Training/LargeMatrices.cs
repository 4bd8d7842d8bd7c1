using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>What the optimizer does with large matrices, in one pass over memory each; torch's operations take eight, and another copy of a gradient for its norm.</summary>
/// <remarks>
/// Small ones are left to torch, and all where the processor has no vectors of 512 bits. The same formulas; a value may differ in its last bits.
/// </remarks>
internal static class LargeMatrices
{
    /// <summary>Rows and columns from which on a matrix is large; also those of products that <c>MatrixProduct</c> of the models makes.</summary>
    private const int Least = 256;

    private const int Lane = 16;

    /// <summary>Squares that are summed in float32 before the sum goes into a float64.</summary>
    private const int SummedTogether = 1 << 15;

    /// <summary>Values of a part of a matrix that is updated by itself.</summary>
    public const long Piece = 1 << 19;

    /// <summary>True where a parameter and its gradient are dealt with here.</summary>
    public static bool Include(Tensor parameter, Tensor gradient) =>
        Vector512.IsHardwareAccelerated && parameter.dim() == 2 && parameter.shape[0] >= Least && parameter.shape[1] >= Least
        && parameter.device_type == DeviceType.CPU && parameter.dtype == ScalarType.Float32 && gradient.dtype == ScalarType.Float32 && parameter.is_contiguous() && gradient.is_contiguous();

    /// <summary>The sum of all squares of a contiguous float32 tensor on the CPU.</summary>
    public static double SumOfSquares(Tensor tensor)
    {
        double sum = 0;
        using Tensor flat = tensor.view(-1);
        for (long start = 0, length = flat.numel(); start < length; start += Piece)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Piece, length - start));
            ReadOnlySpan<float> values = Values(part);
            for (int from = 0; from < values.Length; from += SummedTogether) sum += Squares(values[from..Math.Min(values.Length, from + SummedTogether)]);
        }

        return sum;
    }

    /// <summary>AdamW's update of some values and their moments, all contiguous float32 of one length on the CPU.</summary>
    public static void Update(Tensor parameter, Tensor gradient, Tensor mean, Tensor square, in Rates rates)
    {
        Span<float> p = Values(parameter), m = Values(mean), v = Values(square);
        ReadOnlySpan<float> g = Values(gradient);
        int index = 0;
        for (; index + Lane <= p.Length; index += Lane)
        {
            Vector512<float> given = Vector512.Create(g[index..]) * rates.Scale;
            Vector512<float> first = Vector512.Create<float>(m[index..]) * rates.Beta1 + given * (1 - rates.Beta1);
            Vector512<float> second = Vector512.Create<float>(v[index..]) * rates.Beta2 + given * given * (1 - rates.Beta2);
            first.CopyTo(m[index..]);
            second.CopyTo(v[index..]);
            Vector512<float> denominator = Vector512.Sqrt(second) * rates.Correction + Vector512.Create(rates.Epsilon);
            (Vector512.Create<float>(p[index..]) * rates.Decay - first / denominator * rates.Rate).CopyTo(p[index..]);
        }

        for (; index < p.Length; index++)
        {
            float given = g[index] * rates.Scale;
            m[index] = m[index] * rates.Beta1 + given * (1 - rates.Beta1);
            v[index] = v[index] * rates.Beta2 + given * given * (1 - rates.Beta2);
            p[index] = p[index] * rates.Decay - m[index] / (MathF.Sqrt(v[index]) * rates.Correction + rates.Epsilon) * rates.Rate;
        }
    }

    private static double Squares(ReadOnlySpan<float> values)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        int index = 0;
        for (; index + 4 * Lane <= values.Length; index += 4 * Lane)
        {
            Vector512<float> w = Vector512.Create(values[index..]), x = Vector512.Create(values[(index + Lane)..]), y = Vector512.Create(values[(index + 2 * Lane)..]), z = Vector512.Create(values[(index + 3 * Lane)..]);
            a += w * w;
            b += x * x;
            c += y * y;
            d += z * z;
        }

        double sum = Vector512.Sum(a + b + (c + d));
        for (; index < values.Length; index++) sum += values[index] * values[index];
        return sum;
    }

    private static Span<float> Values(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>Numbers of one update.</summary>
    /// <param name="Beta1">Share of the mean that stays.</param>
    /// <param name="Beta2">Share of the mean square that stays.</param>
    /// <param name="Scale">Factor on the gradient.</param>
    /// <param name="Rate">Learning rate over the mean's bias correction.</param>
    /// <param name="Correction">One over the root of the mean square's bias correction.</param>
    /// <param name="Epsilon">Added to the root of the mean square.</param>
    /// <param name="Decay">Factor on the parameter.</param>
    internal readonly record struct Rates(float Beta1, float Beta2, float Scale, float Rate, float Correction, float Epsilon, float Decay);
}
