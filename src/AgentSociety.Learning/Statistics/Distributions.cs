namespace AgentSociety.Learning.Statistics;

/// <summary>The normal and Student's t distribution.</summary>
public static class Distributions
{
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>P(Z &lt;= z) of a standard normal.</summary>
    public static double Normal(double z)
    {
        double tail = IncompleteGammaHalf(z * z / 2) / 2;
        return z < 0 ? tail : 1 - tail;
    }

    /// <summary>The z with P(Z &lt;= z) = <paramref name="probability"/>, by bisection to the last bits.</summary>
    public static double NormalQuantile(double probability) => Bisect(Normal, probability, 40);

    /// <summary>P(T &lt;= t) of Student's t (Abramowitz and Stegun 26.7.1 by way of the incomplete beta function, 26.5.8).</summary>
    public static double StudentT(double t, double degrees)
    {
        double tail = IncompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
        return t < 0 ? tail : 1 - tail;
    }

    /// <summary>The t with P(T &lt;= t) = <paramref name="probability"/>.</summary>
    public static double StudentTQuantile(double probability, double degrees) => Bisect(t => StudentT(t, degrees), probability, 1e6);

    /// <summary>log Gamma(x) for x &gt; 0 (Lanczos 1964, nine terms).</summary>
    public static double LogGamma(double x)
    {
        double sum = Lanczos[0];
        for (int term = 1; term < Lanczos.Length; term++) sum += Lanczos[term] / (x - 1 + term);
        double shifted = x + 6.5;
        return 0.5 * Math.Log(2 * Math.PI) + (x - 0.5) * Math.Log(shifted) - shifted + Math.Log(sum);
    }

    private static double Bisect(Func<double, double> distribution, double probability, double bound)
    {
        double low = -bound, high = bound;
        while (high - low > 1e-13 * Math.Max(1, Math.Abs(low)))
        {
            double middle = (low + high) / 2;
            if (middle == low || middle == high) break;
            if (distribution(middle) < probability) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    /// <summary>Q(1/2, x): the chance of a squared normal above 2x.</summary>
    private static double IncompleteGammaHalf(double x)
    {
        if (x == 0) return 1;
        double front = Math.Exp(-x + 0.5 * Math.Log(x) - LogGamma(0.5));
        if (x < 1.5)
        {
            double term = 2, sum = 2;
            for (double a = 1.5; Math.Abs(term) > 1e-17 * sum; a++) sum += term *= x / a;
            return 1 - front * sum;
        }

        // Lentz's continued fraction.
        double b = x + 0.5, c = 1e300, d = 1 / b, fraction = d;
        for (int i = 1; i < 500; i++)
        {
            double numerator = -i * (i - 0.5);
            b += 2;
            d = 1 / (numerator * d + b);
            c = b + numerator / c;
            fraction *= d * c;
            if (Math.Abs(d * c - 1) < 1e-16) break;
        }

        return front * fraction;
    }

    private static double IncompleteBeta(double a, double b, double x)
    {
        if (x is <= 0 or >= 1) return x <= 0 ? 0 : 1;
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        return x < (a + 1) / (a + b + 2) ? front * BetaFraction(a, b, x) / a : 1 - front * BetaFraction(b, a, 1 - x) / b;
    }

    private static double BetaFraction(double a, double b, double x)
    {
        double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
        for (int m = 1; m < 10_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / (1 + even * d);
            c = 1 + even / c;
            fraction *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / (1 + odd * d);
            c = 1 + odd / c;
            fraction *= d * c;
            if (Math.Abs(d * c - 1) < 1e-15) break;
        }

        return fraction;
    }
}
