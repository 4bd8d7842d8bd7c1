using System.Globalization;

namespace AgentSociety.Models.Templates;

/// <summary>The filters, tests and functions that templates may use.</summary>
internal static class JinjaFilters
{
    private const long LongestRange = 10_000;

    /// <summary>A function that every template sees; null where there is none of that name.</summary>
    public static Callable? Global(string name) => name switch
    {
        "namespace" => (_, named) => Namespace(named),
        "range" => (arguments, _) => Range(arguments),
        "dict" => (_, named) => new Dictionary<string, object?>(named),
        "raise_exception" => (arguments, _) => throw new JinjaException(0, $"it refuses the conversation: {(arguments.Count > 0 ? JinjaValues.Print(arguments[0]) : "")}"),
        _ => null,
    };

    public static object? Apply(string filter, object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        switch (filter)
        {
            case "default" or "d":
                object? otherwise = arguments.Count > 0 ? arguments[0] : named.GetValueOrDefault("default_value", "");
                bool falseToo = JinjaValues.Truth(arguments.Count > 1 ? arguments[1] : named.GetValueOrDefault("boolean"));
                return value is Undefined || (falseToo && !JinjaValues.Truth(value)) ? otherwise : value;
            case "tojson": return JinjaValues.Json(value, named.GetValueOrDefault("indent", arguments.Count > 0 ? arguments[0] : null) is long indent and >= 0 and < 100 ? (int)indent : null);
            case "length" or "count": return Length(value);
            case "string": return JinjaValues.Print(value);
            case "trim": return JinjaMethods.Strip(JinjaValues.Print(value), arguments, left: true, right: true);
            case "upper": return JinjaValues.Print(value).ToUpperInvariant();
            case "lower": return JinjaValues.Print(value).ToLowerInvariant();
            case "title": return JinjaMethods.Title(JinjaValues.Print(value));
            case "capitalize": return JinjaMethods.Capitalise(JinjaValues.Print(value));
            case "replace": return JinjaMethods.Replace(JinjaValues.Print(value), arguments);
            case "safe": return value;
            case "indent": return Indent(JinjaValues.Print(value), arguments, named);
            case "int": return JinjaValues.Number(value) is { } number ? (object)(long)Math.Truncate(number) : long.TryParse(JinjaValues.Print(value), out long whole) ? whole : arguments.Count > 0 ? arguments[0] : 0L;
            case "float": return JinjaValues.Number(value) ?? (double.TryParse(JinjaValues.Print(value), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) ? parsed : 0.0);
            case "abs": return value is long signed ? (object)(signed == long.MinValue ? throw new JinjaException(0, "a number is too large") : Math.Abs(signed)) : Math.Abs(JinjaValues.Number(value) ?? throw new JinjaException(0, "abs of what is no number"));
            case "items": return value is Undefined ? new List<object?>() : JinjaMethods.Pairs(value as IReadOnlyDictionary<string, object?> ?? throw new JinjaException(0, "items of what is no dictionary"));
            case "dictsort": return JinjaMethods.Pairs((value as IReadOnlyDictionary<string, object?> ?? throw new JinjaException(0, "dictsort of what is no dictionary")).OrderBy(entry => entry.Key.ToLowerInvariant(), StringComparer.Ordinal).ToDictionary());
        }

        List<object?> items = [.. JinjaInterpreter.Items(0, value)];
        JinjaBudget.Spend(0, items.Count / 16);
        return filter switch
        {
            "list" => items,
            "first" => items.Count > 0 ? items[0] : new Undefined("first"),
            "last" => items.Count > 0 ? items[^1] : new Undefined("last"),
            "join" => JinjaMethods.Join(arguments.Count > 0 ? JinjaValues.Print(arguments[0]) : "", named.TryGetValue("attribute", out object? key) ? items.Select(item => Member(item, key)) : items),
            "reverse" => value is string ? string.Concat(Enumerable.Reverse(items)) : Enumerable.Reverse(items).ToList(),
            "unique" => Unique(items),
            "sort" => Sorted(items),
            "sum" => items.Aggregate((object?)0L, (sum, item) => JinjaOperators.Apply("+", sum, item)),
            "map" => Map(items, arguments, named),
            "select" => items.Where(item => arguments.Count == 0 ? JinjaValues.Truth(item) : Test(JinjaValues.Print(arguments[0]), item, [.. arguments.Skip(1)])).ToList(),
            "reject" => items.Where(item => !(arguments.Count == 0 ? JinjaValues.Truth(item) : Test(JinjaValues.Print(arguments[0]), item, [.. arguments.Skip(1)]))).ToList(),
            "selectattr" => items.Where(item => Attribute(item, arguments)).ToList(),
            "rejectattr" => items.Where(item => !Attribute(item, arguments)).ToList(),
            _ => throw new JinjaException(0, $"the filter '{filter}' is not supported"),
        };
    }

    private static long Length(object? value) => value switch
    {
        Undefined => 0,
        string text => JinjaInterpreter.Length(text),
        IReadOnlyList<object?> list => list.Count,
        IReadOnlyDictionary<string, object?> map => map.Count,
        _ => JinjaInterpreter.Items(0, value).LongCount(),
    };

    public static bool Test(string test, object? value, IReadOnlyList<object?> arguments) => test switch
    {
        "defined" => value is not Undefined,
        "undefined" => value is Undefined,
        "none" => value is null,
        "string" => value is string,
        "mapping" => value is IReadOnlyDictionary<string, object?>,
        "sequence" => value is string or IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>,
        "iterable" => value is string or IReadOnlyList<object?> or IReadOnlyDictionary<string, object?>,
        "number" => value is long or double or bool,
        "integer" => value is long,
        "float" => value is double,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "callable" => value is Callable,
        "odd" => value is long odd && odd % 2 != 0,
        "even" => value is long even && even % 2 == 0,
        "divisibleby" => value is long dividend && Argument(arguments) is long divisor and not 0 && (divisor == -1 || dividend % divisor == 0),
        "in" => (bool)JinjaOperators.Apply("in", value, Argument(arguments))!,
        "equalto" or "eq" or "sameas" => JinjaValues.Same(value, Argument(arguments)),
        "ne" => !JinjaValues.Same(value, Argument(arguments)),
        "gt" or "greaterthan" => JinjaOperators.Order(value, Argument(arguments)) > 0,
        "lt" or "lessthan" => JinjaOperators.Order(value, Argument(arguments)) < 0,
        "ge" => JinjaOperators.Order(value, Argument(arguments)) >= 0,
        "le" => JinjaOperators.Order(value, Argument(arguments)) <= 0,
        _ => throw new JinjaException(0, $"the test '{test}' is not supported"),
    };

    private static object? Argument(IReadOnlyList<object?> arguments) => arguments.Count > 0 ? arguments[0] : throw new JinjaException(0, "a test lacks its argument");

    private static bool Attribute(object? item, IReadOnlyList<object?> arguments) =>
        Member(item, Argument(arguments)) is var value && arguments.Count > 1 ? Test(JinjaValues.Print(arguments[1]), value, [.. arguments.Skip(2)]) : JinjaValues.Truth(value);

    private static object? Member(object? item, object? key)
    {
        foreach (string part in JinjaValues.Print(key).Split('.'))
            item = item is IReadOnlyDictionary<string, object?> map && map.TryGetValue(part, out object? value) ? value : new Undefined(part);
        return item;
    }

    private static List<object?> Map(List<object?> items, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (named.TryGetValue("attribute", out object? key)) return [.. items.Select(item => Member(item, key) is var value && value is Undefined && named.TryGetValue("default", out object? missing) ? missing : value)];
        if (arguments.Count == 0) throw new JinjaException(0, "map lacks the filter to apply");
        return [.. items.Select(item => Apply(JinjaValues.Print(arguments[0]), item, [.. arguments.Skip(1)], named))];
    }

    private static string Indent(string text, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        object? width = arguments.Count > 0 ? arguments[0] : named.GetValueOrDefault("width", 4L);
        bool first = JinjaValues.Truth(arguments.Count > 1 ? arguments[1] : named.GetValueOrDefault("first"));
        string blanks = new(' ', width is long count and >= 0 and < 1000 ? (int)count : throw new JinjaException(0, "an indent is no number below 1000"));
        bool indented = first;
        JinjaText lines = new();
        JinjaBudget.Spend(0, text.AsSpan().Count('\n'));
        return lines.Join("\n", text.Split('\n'), line =>
        {
            if (line.Length > 0 && indented) lines.Add(blanks);
            lines.Add(line);
            indented = true;
        }).ToString();
    }

    private static List<object?> Unique(List<object?> items)
    {
        List<object?> unique = [];
        foreach (object? item in items)
        {
            JinjaBudget.Spend(0, unique.Count / 16);
            if (!unique.Any(other => JinjaValues.Same(other, item))) unique.Add(item);
        }

        return unique;
    }

    private static List<object?> Sorted(List<object?> items)
    {
        try
        {
            return [.. items.Order(Comparer<object?>.Create(JinjaOperators.Order))];
        }
        catch (InvalidOperationException wrapped) when (wrapped.InnerException is JinjaException failure)
        {
            // The platform's sort wraps what its comparison throws.
            throw new JinjaException(failure.Line, failure.Message);
        }
    }

    private static JinjaNamespace Namespace(IReadOnlyDictionary<string, object?> named)
    {
        JinjaNamespace space = [];
        foreach ((string key, object? value) in named) space[key] = value;
        return space;
    }

    private static List<object?> Range(IReadOnlyList<object?> arguments)
    {
        long[] bounds = [.. arguments.Select(argument => argument as long? ?? throw new JinjaException(0, "range takes whole numbers"))];
        (long from, long to, long step) = bounds.Length switch
        {
            1 => (0, bounds[0], 1),
            2 => (bounds[0], bounds[1], 1),
            3 when bounds[2] != 0 => (bounds[0], bounds[1], bounds[2]),
            _ => throw new JinjaException(0, "range takes one to three numbers, and a step other than 0"),
        };
        Int128 wide = step > 0 ? (Int128)to - from : (Int128)from - to, stride = Int128.Abs(step), count = wide <= 0 ? 0 : (wide + stride - 1) / stride;
        if (count > LongestRange) throw new JinjaException(0, $"a range is longer than {LongestRange}");
        return [.. Enumerable.Range(0, (int)count).Select(place => (object?)(from + place * step))];
    }
}
