using System.Text;

namespace AgentSociety.Models.Templates;

/// <summary>The methods of texts, dictionaries and lists that chat templates call.</summary>
internal static class JinjaMethods
{
    /// <summary>A method bound to its value; null where there is none of that name.</summary>
    public static Callable? Find(object? target, string name) => target switch
    {
        string text => OfText(Search(text), name),
        JinjaNamespace => null,
        IReadOnlyDictionary<string, object?> map => OfMap(map, name),
        _ => null,
    };

    private static Callable? OfText(string text, string name) => name switch
    {
        "strip" => (arguments, _) => Strip(text, arguments, left: true, right: true),
        "lstrip" => (arguments, _) => Strip(text, arguments, left: true, right: false),
        "rstrip" => (arguments, _) => Strip(text, arguments, left: false, right: true),
        "upper" => (_, _) => text.ToUpperInvariant(),
        "lower" => (_, _) => text.ToLowerInvariant(),
        "title" => (_, _) => Title(text),
        "capitalize" => (_, _) => Capitalise(text),
        "startswith" => (arguments, _) => Affixes(arguments).Any(affix => text.StartsWith(affix, StringComparison.Ordinal)),
        "endswith" => (arguments, _) => Affixes(arguments).Any(affix => text.EndsWith(affix, StringComparison.Ordinal)),
        "split" => (arguments, named) => Split(text, arguments, named),
        "splitlines" => (_, _) => text.Length == 0 ? new List<object?>() : Pieces(text.EndsWith('\n') ? text[..^1] : text, "\n", int.MaxValue),
        "replace" => (arguments, _) => Replace(text, arguments),
        "join" => (arguments, _) => Join(text, JinjaInterpreter.Items(0, arguments.Count > 0 ? arguments[0] : throw new JinjaException(0, "join lacks what it joins"))),
        "find" => (arguments, _) => (long)text.IndexOf(Text(arguments, 0), StringComparison.Ordinal),
        "count" => (arguments, _) => (long)(Text(arguments, 0) is { Length: > 0 } part ? text.AsSpan().Count(part) : text.Length + 1),
        "isdigit" => (_, _) => text.Length > 0 && text.All(char.IsDigit),
        _ => null,
    };

    private static Callable? OfMap(IReadOnlyDictionary<string, object?> map, string name) => name switch
    {
        "items" => (_, _) => Pairs(map),
        "keys" => (_, _) => new List<object?>(map.Keys),
        "values" => (_, _) => new List<object?>(map.Values),
        "get" => (arguments, _) => map.TryGetValue(Text(arguments, 0), out object? value) ? value : arguments.Count > 1 ? arguments[1] : null,
        _ => null,
    };

    /// <summary>A dictionary's keys and values, each pair a list.</summary>
    public static List<object?> Pairs(IReadOnlyDictionary<string, object?> map) => [.. map.Select(entry => new List<object?> { entry.Key, entry.Value })];

    public static string Capitalise(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Title(string text)
    {
        StringBuilder title = new(text.Length);
        for (int place = 0; place < text.Length; place++) title.Append(place > 0 && char.IsLetter(text[place - 1]) ? char.ToLowerInvariant(text[place]) : char.ToUpperInvariant(text[place]));
        return title.ToString();
    }

    public static string Replace(string text, IReadOnlyList<object?> arguments)
    {
        string old = Text(arguments, 0), fresh = Text(arguments, 1);
        if (arguments.Count > 2) throw new JinjaException(0, "replace with a count is not supported");
        if (old.Length == 0) throw new JinjaException(0, "replace of an empty text is not supported");
        JinjaBudget.Make(text.Length + (long)Search(text).AsSpan().Count(old) * (fresh.Length - old.Length));
        return text.Replace(old, fresh, StringComparison.Ordinal);
    }

    /// <summary>Texts of values with another between them.</summary>
    public static string Join(string between, IEnumerable<object?> values)
    {
        JinjaText joined = new();
        return joined.Join(between, values, value => joined.Add(JinjaValues.Print(value))).ToString();
    }

    /// <summary>The text, which is read through: that costs by its length.</summary>
    public static string Search(string text)
    {
        JinjaBudget.Read(text.Length);
        return text;
    }

    public static string Strip(string text, IReadOnlyList<object?> arguments, bool left, bool right)
    {
        char[]? characters = arguments.Count > 0 && arguments[0] is string given ? given.ToCharArray() : null;
        // An empty set of characters strips nothing, where .NET would take it for white space.
        if (characters is { Length: 0 }) return text;
        if (left) text = text.TrimStart(characters);
        return right ? text.TrimEnd(characters) : text;
    }

    private static List<object?> Split(string text, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        object? most = arguments.Count > 1 ? arguments[1] : named.GetValueOrDefault("maxsplit");
        int parts = most is long count and >= 0 and < int.MaxValue ? (int)count + 1 : int.MaxValue;
        if (arguments.Count > 0 && arguments[0] is string separator) return separator.Length > 0 ? Pieces(text, separator, parts) : throw new JinjaException(0, "split by an empty text");
        if (parts != int.MaxValue) throw new JinjaException(0, "split by white space with a limit is not supported");
        JinjaBudget.Spend(0, text.Length / 16);
        return [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
    }

    private static List<object?> Pieces(string text, string separator, int most)
    {
        JinjaBudget.Spend(0, Math.Min(most, text.AsSpan().Count(separator)));
        return [.. text.Split(separator, most)];
    }

    private static IEnumerable<string> Affixes(IReadOnlyList<object?> arguments) => arguments.Count > 0 && arguments[0] is IReadOnlyList<object?> several ? several.OfType<string>() : [Text(arguments, 0)];

    private static string Text(IReadOnlyList<object?> arguments, int place) => place < arguments.Count && arguments[place] is string text ? text : throw new JinjaException(0, "a text is missing among the arguments");
}
