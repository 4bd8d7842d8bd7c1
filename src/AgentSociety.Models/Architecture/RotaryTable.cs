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
}
