using System.Globalization;
using System.Text;

namespace AgentSociety.Models.Templates;

/// <summary>Python's ways with values: truth, equality, printing and JSON. Values are null, bool, long, double, string, lists, dictionaries, <see cref="Callable"/> and <see cref="Undefined"/>.</summary>
internal static class JinjaValues
{
    private const int Deepest = 100;

    public static bool Truth(object? value) => value switch
    {
        null or Undefined => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    public static bool Same(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => a == b,
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
        (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b) => a.Count == b.Count && a.All(entry => b.TryGetValue(entry.Key, out object? other) && Same(entry.Value, other)),
        (Undefined, Undefined) => true,
        _ when Number(left) is { } a && Number(right) is { } b => a == b,
        _ => Equals(left, right),
    };

    /// <summary>A number's or truth value's value; null for anything else.</summary>
    public static double? Number(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long whole => whole,
        double number => number,
        _ => null,
    };

    /// <summary>What a template prints.</summary>
    public static string Print(object? value) => value is string text ? text : value is Undefined ? "" : Show(value, 0);

    /// <summary>JSON as Python's library writes it, characters beyond ASCII as they are.</summary>
    public static string Json(object? value, int? indent, int level = 0)
    {
        if (level > Deepest) throw new JinjaException(0, $"a value is nested deeper than {Deepest}");
        string open = indent is { } width ? "\n" + new string(' ', width * (level + 1)) : "", shut = indent is { } outer ? "\n" + new string(' ', outer * level) : "", comma = indent is null ? ", " : ",";
        return value switch
        {
            null => "null",
            Undefined => throw new JinjaException(0, "an undefined value cannot be written as JSON"),
            bool truth => truth ? "true" : "false",
            string text => Quote(text),
            IReadOnlyList<object?> { Count: 0 } => "[]",
            IReadOnlyDictionary<string, object?> { Count: 0 } => "{}",
            IReadOnlyList<object?> list => $"[{open}{string.Join(comma + open, list.Select(item => Json(item, indent, level + 1)))}{shut}]",
            IReadOnlyDictionary<string, object?> map => $"{{{open}{string.Join(comma + open, map.Select(entry => $"{Quote(entry.Key)}: {Json(entry.Value, indent, level + 1)}"))}{shut}}}",
            Callable => throw new JinjaException(0, "a function cannot be written as JSON"),
            _ => Show(value, 0),
        };
    }

    private static string Show(object? value, int depth) => depth > Deepest ? throw new JinjaException(0, $"a value is nested deeper than {Deepest}") : value switch
    {
        null => "None",
        bool truth => truth ? "True" : "False",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => Float(number),
        string text => Represent(text),
        IReadOnlyList<object?> list => $"[{string.Join(", ", list.Select(item => Show(item, depth + 1)))}]",
        IReadOnlyDictionary<string, object?> map => $"{{{string.Join(", ", map.Select(entry => $"{Represent(entry.Key)}: {Show(entry.Value, depth + 1)}"))}}}",
        Undefined => "",
        _ => throw new JinjaException(0, "a function cannot be printed"),
    };

    private static string Float(double number)
    {
        if (double.IsNaN(number) || double.IsInfinity(number)) return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        double size = Math.Abs(number);
        if (size != 0 && (size < 1e-4 || size >= 1e16))
        {
            string[] parts = number.ToString("E16", CultureInfo.InvariantCulture).Split('E');
            string shortest = number.ToString("R", CultureInfo.InvariantCulture);
            string mantissa = shortest.Contains('E') ? shortest[..shortest.IndexOf('E')] : parts[0].TrimEnd('0').TrimEnd('.');
            int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
            return $"{mantissa}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}";
        }

        string plain = ((decimal)number).ToString(CultureInfo.InvariantCulture) is var exact && double.Parse(exact, CultureInfo.InvariantCulture) == number ? exact : number.ToString("R", CultureInfo.InvariantCulture);
        return plain.Contains('.') || plain.Contains('E') ? plain : plain + ".0";
    }

    private static string Represent(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder shown = new();
        shown.Append(quote);
        foreach (char character in text)
        {
            shown.Append(character switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when character == quote => "\\" + quote,
                < ' ' or '\x7F' => $"\\x{(int)character:x2}",
                _ => character.ToString(),
            });
        }

        return shown.Append(quote).ToString();
    }

    private static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (char character in text)
        {
            quoted.Append(character switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => $"\\u{(int)character:x4}",
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
