using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Cosines and sines of the angles by which a position turns the pairs of a head.</summary>
/// <remarks>Su et al. (2021), "RoFormer", equation 15; scaled by <see cref="RotaryScaling"/>. Angles are taken in double precision.</remarks>
internal static class RotaryTable
{
    /// <summary>Radians a position, one a pair.</summary>
    public static double[] Frequencies(DecoderConfig config)
    {
        double[] frequencies = new double[config.HeadWidth / 2];
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            double frequency = Math.Pow(config.RopeTheta, -(double)pair / frequencies.Length);
            frequencies[pair] = frequency * (config.RopeScaling?.Slowdown(frequency) ?? 1);
        }

        return frequencies;
    }

    /// <summary>Fills both tables, [position, pair], for as many positions as they have room for.</summary>
    public static void Fill(DecoderConfig config, Span<float> cosines, Span<float> sines)
    {
        double[] frequencies = Frequencies(config);
        for (int index = 0; index < cosines.Length; index++)
        {
            (double sine, double cosine) = Math.SinCos(index / frequencies.Length * frequencies[index % frequencies.Length]);
            (cosines[index], sines[index]) = ((float)cosine, (float)sine);
        }
    }
    /// <summary>Both tables as tensors, [positions, pairs], outside any dispose scope.</summary>
    public static (Tensor Cosines, Tensor Sines) Tensors(DecoderConfig config, int positions, ScalarType type, Device device)
    {
        int half = config.HeadWidth / 2;
        float[] cosines = new float[positions * half], sines = new float[cosines.Length];
        Fill(config, cosines, sines);
        return (tensor(cosines, [positions, half], type, device).DetachFromDisposeScope(), tensor(sines, [positions, half], type, device).DetachFromDisposeScope());
    }

    /// <summary>Turns heads by their positions' angles; the two values of a pair stand half a head apart.</summary>
    /// <param name="heads">[..., headWidth].</param>
    /// <param name="cosines">[..., headWidth / 2], or what broadcasts to it.</param>
    /// <param name="sines">Like the cosines.</param>
    public static Tensor Turn(Tensor heads, Tensor cosines, Tensor sines)
    {
        Tensor[] halves = heads.chunk(2, -1);
        return cat([halves[0] * cosines - halves[1] * sines, (halves[1] * cosines).Plus(halves[0] * sines)], -1);
    }
}
