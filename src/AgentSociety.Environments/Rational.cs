using System.Globalization;
using System.Numerics;

namespace AgentSociety.Environments;

/// <summary>A number as people write it, exactly: <c>-1,234.50</c>, <c>3/4</c>; and, where the reader asks for its unit, <c>$5</c> and <c>12%</c>, which is 12.</summary>
readonly record struct Rational : ISpanFormattable
{
    /// <summary>Characters of the longest number that is read: no answer is longer.</summary>
    public const int Longest = 64;

    private Rational(BigInteger numerator, BigInteger denominator)
    {
        BigInteger common = BigInteger.GreatestCommonDivisor(numerator, denominator);
        (Numerator, Denominator) = (numerator / common, denominator / common);
    }

    private Rational(BigInteger whole) => (Numerator, Denominator) = (whole, BigInteger.One);

    public BigInteger Numerator { get; }

    public BigInteger Denominator { get; }

    public static implicit operator Rational(BigInteger whole) => new(whole);

    public static Rational operator +(Rational left, Rational right) => Whole(left, right) ? new(left.Numerator + right.Numerator) : new(left.Numerator * right.Denominator + right.Numerator * left.Denominator, left.Denominator * right.Denominator);

    public static Rational operator -(Rational left, Rational right) => Whole(left, right) ? new(left.Numerator - right.Numerator) : new(left.Numerator * right.Denominator - right.Numerator * left.Denominator, left.Denominator * right.Denominator);

    public static Rational operator *(Rational left, Rational right) => Whole(left, right) ? new(left.Numerator * right.Numerator) : new(left.Numerator * right.Numerator, left.Denominator * right.Denominator);

    /// <exception cref="DivideByZeroException">The divisor is 0.</exception>
    public static Rational operator /(Rational left, Rational right) => right.Numerator.IsZero ? throw new DivideByZeroException()
        : right.Numerator.Sign > 0 ? new(left.Numerator * right.Denominator, left.Denominator * right.Numerator)
        : new(-left.Numerator * right.Denominator, -left.Denominator * right.Numerator);

    /// <summary>In lowest terms: <c>-3/2</c>, or <c>7</c>.</summary>
    public override string ToString() => Denominator.IsOne ? $"{Numerator}" : $"{Numerator}/{Denominator}";

    /// <inheritdoc />
    public string ToString(string? format, IFormatProvider? provider) => ToString();

    /// <inheritdoc />
    public bool TryFormat(Span<char> text, out int written, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (!Numerator.TryFormat(text, out written, default, CultureInfo.InvariantCulture)) return false;
        if (Denominator.IsOne) return true;
        if (written == text.Length) return false;
        text[written++] = '/';
        if (!Denominator.TryFormat(text[written..], out int below, default, CultureInfo.InvariantCulture)) return false;
        written += below;
        return true;
    }

    /// <summary>Reads a number without a unit; null where the text is none.</summary>
    public static Rational? Read(ReadOnlySpan<char> text) => Read(text, out char unit) is { } number && unit == '\0' ? number : null;

    /// <summary>Reads a number; null where the text is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="unit"><c>$</c> or <c>%</c> where one stands with it, a null character where none does.</param>
    public static Rational? Read(ReadOnlySpan<char> text, out char unit)
    {
        unit = '\0';
        text = text.Trim(' ');
        if (text.Length is 0 or > Longest) return null;
        bool negative = text[0] == '-';
        if (negative) text = text[1..];
        if (text.Length > 0 && text[0] == '$') unit = '$';
        else if (text.Length > 0 && text[^1] == '%') unit = '%';
        text = unit switch { '$' => text[1..], '%' => text[..^1], _ => text };
        int bar = text.IndexOf('/');
        if (bar >= 0 && unit != '\0') return null;
        if (Decimal(bar < 0 ? text : text[..bar]) is not { } first) return null;
        if (bar >= 0)
        {
            if (Decimal(text[(bar + 1)..]) is not { } second || second.Numerator.IsZero) return null;
            first /= second;
        }

        return negative ? new(-first.Numerator, first.Denominator) : first;
    }

    private static bool Whole(Rational left, Rational right) => left.Denominator.IsOne && right.Denominator.IsOne;

    // Digits in ASCII, commas only between groups of three, at most one point with digits on both sides.
    private static Rational? Decimal(ReadOnlySpan<char> text)
    {
        int point = text.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? text : text[..point], part = point < 0 ? [] : text[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && (part.IsEmpty || part.ContainsAnyExceptInRange('0', '9')))) return null;
        bool grouped = whole.Contains(',');
        BigInteger value = BigInteger.Zero;
        for (int index = 0; index < whole.Length; index++)
        {
            bool comma = grouped && index > 0 && (whole.Length - index) % 4 == 0;
            if (comma ? whole[index] != ',' : whole[index] is < '0' or > '9') return null;
            if (!comma) value = value * 10 + (whole[index] - '0');
        }

        if (point < 0) return new(value);
        BigInteger scale = BigInteger.Pow(10, part.Length);
        return new(value * scale + BigInteger.Parse(part), scale);
    }
}
