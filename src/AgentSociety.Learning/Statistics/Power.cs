namespace AgentSociety.Learning.Statistics;

/// <summary>How likely an experiment is to see an effect that is there, and how many societies it needs.</summary>
public static class Power
{
    /// <summary>
    /// The chance that a two-sided t test of a contrast finds it: power of the noncentral t distribution (Cohen 1988, chapters 2 and 8)
    /// with 4 (n - 1) degrees of freedom (2 (n - 1) for the difference of two arms), integrated over the sampled deviation.
    /// </summary>
    /// <param name="effect">The true effect: a main effect, or the interaction (both - first only) - (second only - neither).</param>
    /// <param name="deviation">Standard deviation between societies of one arm.</param>
    /// <param name="societies">Societies in each arm.</param>
    /// <param name="contrast">Which effect.</param>
    /// <param name="alpha">Chance of a false alarm.</param>
    public static double Of(double effect, double deviation, int societies, Contrast contrast, double alpha = 0.05)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(societies, 2);
        // Four means with weights of 1/2 (main effects) or 1 (interaction), or two with weights of 1, each of variance deviation^2 / n.
        double weight = contrast switch { Contrast.Interaction => 2, Contrast.Difference => Math.Sqrt(2), _ => 1 };
        double shift = Math.Abs(effect) / (deviation * weight / Math.Sqrt(societies)), degrees = (contrast == Contrast.Difference ? 2.0 : 4.0) * (societies - 1);
        double critical = Distributions.StudentTQuantile(1 - alpha / 2, degrees);
        double logScale = Math.Log(2) + degrees / 2 * Math.Log(degrees / 2) - Distributions.LogGamma(degrees / 2);
        const int cells = 4000;
        double power = 0, width = 4.0 / cells;
        for (int cell = 0; cell < cells; cell++)
        {
            // s is the sampled deviation over the true one: s^2 is chi-squared over its degrees of freedom.
            double s = (cell + 0.5) * width;
            double density = Math.Exp(logScale + (degrees - 1) * Math.Log(s) - degrees * s * s / 2);
            power += density * (Distributions.Normal(shift - critical * s) + Distributions.Normal(-shift - critical * s)) * width;
        }

        return Math.Min(1, power);
    }

    /// <summary>The least number of societies in each arm that sees the effect with the wanted power; null where 1,000 do not.</summary>
    public static int? SocietiesNeeded(double effect, double deviation, Contrast contrast, double power = 0.8, double alpha = 0.05)
    {
        for (int societies = 2; societies <= 1000; societies++)
        {
            if (Of(effect, deviation, societies, contrast, alpha) >= power) return societies;
        }

        return null;
    }
}

/// <summary>An effect of an experiment.</summary>
public enum Contrast
{
    /// <summary>One factor of a 2 x 2 experiment, averaged over the other.</summary>
    MainEffect,

    /// <summary>What both add beyond the sum of each alone.</summary>
    Interaction,

    /// <summary>One arm against another.</summary>
    Difference,
}
