namespace AgentSociety.Models.Templates;

/// <summary>Operators on values, with Python's meaning.</summary>
internal static class JinjaOperators
{
    private const int LongestRepeat = 1 << 20;
    private const string TooLarge = "a number is too large";

    public static object? Apply(string sign, object? operand) => (sign, operand) switch
    {
        ("not", _) => !JinjaValues.Truth(operand),
        ("-", long whole) => whole == long.MinValue ? throw new JinjaException(0, TooLarge) : -whole,
        ("-", double number) => -number,
        ("+", long or double) => operand,
        _ => throw new JinjaException(0, $"'{sign}' has no meaning for {Kind(operand)}"),
    };

    public static object? Apply(string sign, object? left, object? right)
    {
        switch (sign)
        {
            case "==": return JinjaValues.Same(left, right);
            case "!=": return !JinjaValues.Same(left, right);
            case "~": return new JinjaText().Add(JinjaValues.Print(left)).Add(JinjaValues.Print(right)).ToString();
            case "in": return Holds(right, left);
            case "not in": return !Holds(right, left);
            case "<" or ">" or "<=" or ">=": return Compare(sign, left, right);
        }

        return (sign, left, right) switch
        {
            ("+", string a, string b) => new JinjaText().Add(a).Add(b).ToString(),
            ("+", IReadOnlyList<object?> a, IReadOnlyList<object?> b) => new List<object?>([.. a, .. b]),
            ("*", "", long) or ("*", string, <= 0L) => "",
            ("*", string text, long times) when times <= LongestRepeat / text.Length => string.Concat(Enumerable.Repeat(text, (int)times)),
            ("/", _, _) when Numbers(left, right) is (var a, var b) => b == 0 ? throw new JinjaException(0, "division by 0") : a / b,
            ("+" or "-" or "*" or "//" or "%" or "**", long a, long b) => Whole(sign, a, b),
            _ when Numbers(left, right) is (var a, var b) => sign switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "//" when b != 0 => Math.Floor(a / b),
                "%" when b != 0 => a - b * Math.Floor(a / b),
                "**" => Math.Pow(a, b),
                _ => throw new JinjaException(0, "division by 0"),
            },
            _ => throw new JinjaException(0, $"'{sign}' has no meaning for {Kind(left)} and {Kind(right)}"),
        };
    }

    /// <summary>Orders two values.</summary>
    public static int Order(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        _ when Numbers(left, right) is (var a, var b) => a.CompareTo(b),
        _ => throw new JinjaException(0, $"{Kind(left)} and {Kind(right)} have no order"),
    };

    private static bool Compare(string sign, object? left, object? right) => sign switch
    {
        "<" => Order(left, right) < 0,
        ">" => Order(left, right) > 0,
        "<=" => Order(left, right) <= 0,
        _ => Order(left, right) >= 0,
    };

    private static object Whole(string sign, long left, long right)
    {
        try
        {
            return sign switch
            {
                // Boxed one by one: an expression of whole and broken numbers would make all of them broken.
                "+" => (object)checked(left + right),
                "-" => checked(left - right),
                "*" => checked(left * right),
                "**" when right >= 0 => checked((long)Math.Pow(left, right)),
                "**" => Math.Pow(left, right),
                _ when right == 0 => throw new JinjaException(0, "division by 0"),
                "//" => (long)Math.Floor((double)left / right),
                _ => (left % right + right) % right,
            };
        }
        catch (OverflowException)
        {
            throw new JinjaException(0, TooLarge);
        }
    }

    private static bool Holds(object? container, object? item) => container switch
    {
        string text => item is string part && JinjaMethods.Search(text).Contains(part, StringComparison.Ordinal),
        IReadOnlyList<object?> list => list.Any(other => JinjaValues.Same(other, item)),
        IReadOnlyDictionary<string, object?> map => map.ContainsKey(JinjaValues.Print(item)),
        Undefined => false,
        _ => throw new JinjaException(0, $"{Kind(container)} holds nothing"),
    };

    private static (double, double)? Numbers(object? left, object? right) => JinjaValues.Number(left) is { } a && JinjaValues.Number(right) is { } b ? (a, b) : null;

    private static string Kind(object? value) => value switch
    {
        null => "none",
        bool => "a truth value",
        long or double => "a number",
        string => "a text",
        IReadOnlyList<object?> => "a list",
        IReadOnlyDictionary<string, object?> => "a dictionary",
        Undefined missing => $"the undefined '{missing.Name}'",
        _ => "a function",
    };
}
