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

    public static bool Same(object? left, object? right) => Same(left, right, 0);

    /// <summary>A number's or truth value's value; null for anything else.</summary>
    public static double? Number(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long whole => whole,
        double number => number,
        _ => null,
    };

    /// <summary>What a template prints.</summary>
    public static string Print(object? value)
    {
        if (value is string text) return text;
        if (value is Undefined) return "";
        JinjaText shown = new();
        Show(shown, value, 0);
        return shown.ToString();
    }

    /// <summary>JSON as Python's library writes it, characters beyond ASCII as they are.</summary>
    public static string Json(object? value, int? indent)
    {
        JinjaText json = new();
        Json(json, value, indent, 0);
        return json.ToString();
    }

    private static bool Same(object? left, object? right, int depth)
    {
        // A namespace may hold itself, and a list may hold one list many times over.
        if (ReferenceEquals(left, right)) return true;
        if (depth > Deepest) throw new JinjaException(0, $"a value is nested deeper than {Deepest}");
        switch (left, right)
        {
            case (string a, string b):
                if (a.Length == b.Length) JinjaBudget.Read(a.Length);
                return a == b;
            case (IReadOnlyList<object?> a, IReadOnlyList<object?> b):
                if (a.Count != b.Count) return false;
                JinjaBudget.Spend(0, 1);
                return a.Zip(b).All(pair => Same(pair.First, pair.Second, depth + 1));
            case (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b):
                if (a.Count != b.Count) return false;
                JinjaBudget.Spend(0, 1);
                return a.All(entry => b.TryGetValue(entry.Key, out object? other) && Same(entry.Value, other, depth + 1));
            case (Undefined, Undefined):
                return true;
            default:
                return Number(left) is { } one && Number(right) is { } another ? one == another : Equals(left, right);
        }
    }

    private static void Json(JinjaText json, object? value, int? indent, int level)
    {
        if (level > Deepest) throw new JinjaException(0, $"a value is nested deeper than {Deepest}");
        string open = indent is { } width ? "\n" + new string(' ', width * (level + 1)) : "", shut = indent is { } outer ? "\n" + new string(' ', outer * level) : "", comma = indent is null ? ", " : ",";
        switch (value)
        {
            case null:
                json.Add("null");
                break;
            case Undefined:
                throw new JinjaException(0, "an undefined value cannot be written as JSON");
            case bool truth:
                json.Add(truth ? "true" : "false");
                break;
            case string text:
                json.Add(Quote(text));
                break;
            case IReadOnlyList<object?> { Count: 0 }:
                json.Add("[]");
                break;
            case IReadOnlyDictionary<string, object?> { Count: 0 }:
                json.Add("{}");
                break;
            case IReadOnlyList<object?> list:
                json.Add("[").Add(open).Join(comma + open, list, item => Json(json, item, indent, level + 1)).Add(shut).Add("]");
                break;
            case IReadOnlyDictionary<string, object?> map:
                json.Add("{").Add(open).Join(comma + open, map, entry => Json(json.Add(Quote(entry.Key)).Add(": "), entry.Value, indent, level + 1)).Add(shut).Add("}");
                break;
            case Callable:
                throw new JinjaException(0, "a function cannot be written as JSON");
            default:
                Show(json, value, 0);
                break;
        }
    }

    private static void Show(JinjaText shown, object? value, int depth)
    {
        if (depth > Deepest) throw new JinjaException(0, $"a value is nested deeper than {Deepest}");
        switch (value)
        {
            case IReadOnlyList<object?> list:
                shown.Add("[").Join(", ", list, item => Show(shown, item, depth + 1)).Add("]");
                break;
            case IReadOnlyDictionary<string, object?> map:
                shown.Add("{").Join(", ", map, entry => Show(shown.Add(Represent(entry.Key)).Add(": "), entry.Value, depth + 1)).Add("}");
                break;
            default:
                shown.Add(value switch
                {
                    null => "None",
                    bool truth => truth ? "True" : "False",
                    long whole => whole.ToString(CultureInfo.InvariantCulture),
                    double number => Float(number),
                    string text => Represent(text),
                    Undefined => "",
                    _ => throw new JinjaException(0, "a function cannot be printed"),
                });
                break;
        }
    }

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
