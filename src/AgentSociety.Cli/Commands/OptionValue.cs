using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Numerics;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>Parsers of options whose values are not plain texts: what cannot be read is said in the user's words, once.</summary>
internal static class OptionValue
{
    /// <summary>A whole number from <paramref name="least"/> to <paramref name="greatest"/>.</summary>
    public static T Whole<T>(ArgumentResult result, T least, T greatest)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => Whole(result, result.Tokens.Count > 0 ? result.Tokens[0].Value : "", least, greatest);

    /// <summary>Any whole number.</summary>
    public static T Whole<T>(ArgumentResult result)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => Whole(result, T.MinValue, T.MaxValue);

    /// <summary>Whole numbers, each from <paramref name="least"/> to <paramref name="greatest"/>.</summary>
    public static T[] Wholes<T>(ArgumentResult result, T least, T greatest)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => [.. result.Tokens.Select(token => Whole(result, token.Value, least, greatest))];

    /// <summary>A number from <paramref name="least"/> to <paramref name="greatest"/>.</summary>
    public static T Real<T>(ArgumentResult result, T least, T greatest)
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        if (T.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out T number) && number >= least && number <= greatest) return number;
        Refuse(result, $"a number from {least} to {greatest}", result.Tokens[0].Value);
        return default;
    }

    /// <summary>The address of a network card.</summary>
    public static IPAddress? Address(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? address)) return address;
        Refuse(result, "the address of a network card, such as 127.0.0.1 or 0.0.0.0", result.Tokens[0].Value);
        return null;
    }

    /// <summary>One of the names of an enumeration, in any case.</summary>
    public static T? Name<T>(ArgumentResult result)
        where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        string[] names = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        if (names.Contains(text.ToLowerInvariant())) return Enum.Parse<T>(text, ignoreCase: true);
        result.AddError($"{NameOf(result)}: '{text}' is none of its values; {Nearest.Hint(text, names)}");
        return null;
    }

    private static T Whole<T>(ArgumentResult result, string text, T least, T greatest)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T number) && number >= least && number <= greatest) return number;
        // The greatest number of a type is no bound that a user need know, until it is passed.
        bool tooGreat = BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger meant) && meant > BigInteger.CreateChecked(greatest);
        string range = greatest != T.MaxValue || tooGreat ? $" from {least} to {greatest}" : least == T.MinValue ? "" : $" of at least {least}";
        Refuse(result, $"a whole number{range}", text);
        return default;
    }

    private static void Refuse(ArgumentResult result, string needs, string text) => result.AddError($"{NameOf(result)} needs {needs}, not '{text}'");

    private static string NameOf(ArgumentResult result) => result.Parent is OptionResult { Option: { } option } ? option.Name : result.Argument.Name;
}
