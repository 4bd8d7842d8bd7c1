using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>Turns a JSON schema into a regular expression whose texts are JSON that fulfils it.</summary>
/// <remarks>
/// Not the other way round: of the ways to write a value, one is in the pattern. Objects have the properties of the schema alone, in its order, those that are not required
/// left out or not; there is no white space; numbers have at most <see cref="MostDigits"/> digits on either side of the point. A finite automaton cannot count braces, so that schemas which
/// refer to themselves are refused, and with them everything that is not named here: what is passed over silently would not be fulfilled.
/// </remarks>
internal sealed class SchemaPattern
{
    private const int MostDigits = 15;
    private const int Deepest = 24;
    private const int Longest = PatternParser.Longest;

    /// <summary>Characters of a schema as it is given.</summary>
    private const int LongestText = 500_000;

    /// <summary>Characters that are written for all parts together before it is known whether they make a pattern that is short enough.</summary>
    private const long MostWritten = 10L * Longest;

    /// <summary>What every part counts beside its own characters.</summary>
    private const int PartCost = 64;
    private const int MostReferred = 1000;

    /// <summary>A character of a string as JSON writes it, without escapes other than those that must be.</summary>
    private const string Character = """(?:[^"\\\x00-\x1F]|\\["\\/bfnrt])""";

    /// <summary>The same within the basic plane: where lengths count, since some count characters and others units of UTF-16.</summary>
    private const string ShortCharacter = """(?:[ !#-\[\]-\uD7FF\uE000-\uFFFF]|\\["\\/bfnrt])""";
    private const string Whole = "-?(?:0|[1-9][0-9]{0,14})";
    private const string Real = "-?(?:0|[1-9][0-9]{0,14})(?:\\.[0-9]{1,15})?";

    /// <summary>Keywords that describe and do not restrict.</summary>
    private static readonly HashSet<string> Remarks = ["title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "readOnly", "writeOnly", "$defs", "definitions"];

    private static readonly Dictionary<string, string[]> Keywords = new()
    {
        ["object"] = ["properties", "required", "additionalProperties"],
        ["array"] = ["items", "minItems", "maxItems"],
        ["string"] = ["pattern", "minLength", "maxLength"],
        ["integer"] = [],
        ["number"] = [],
        ["boolean"] = [],
        ["null"] = [],
    };

    private readonly JsonElement _root;
    private readonly HashSet<string> _open = [];
    private readonly Dictionary<string, string> _referred = [];
    private int _depth;
    private long _written;

    private SchemaPattern(JsonElement root) => _root = root;

    /// <summary>The pattern of a schema.</summary>
    /// <param name="schema">The schema as JSON.</param>
    /// <exception cref="SocietyException">It is no schema, or asks for what cannot be kept; the message names the place in it.</exception>
    public static string Of(string schema)
    {
        RequireLength(schema);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"the schema is no JSON: {cause.Message}", cause: cause);
        }

        using (document)
        {
            try
            {
                return new SchemaPattern(document.RootElement).Value(document.RootElement, "#");
            }
            catch (InvalidOperationException cause)
            {
                // What the platform's reader says of a text with half of a surrogate pair, once it is read.
                throw new SocietyException("schema #: it holds half of a surrogate pair, which is no character", cause: cause);
            }
        }
    }

    /// <summary>Refuses what is too long to be read.</summary>
    /// <exception cref="SocietyException">It is.</exception>
    public static void RequireLength(string schema)
    {
        if (schema.Length > LongestText) throw new SocietyException($"the schema has {schema.Length} characters, and {LongestText} are read at most; ask for less at once");
    }

    private string Value(JsonElement schema, string path)
    {
        if (++_depth > Deepest) throw Fault(path, $"it is nested more than {Deepest} deep");
        if (schema.ValueKind != JsonValueKind.Object) throw Fault(path, "a schema is an object here; say which type is wanted");
        string pattern = Kind(schema, path);
        _depth--;
        if (pattern.Length > Longest || (_written += pattern.Length + PartCost) > MostWritten) throw Fault(path, TooLarge);
        return pattern;
    }

    private string Kind(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference)) return Referred(schema, reference, path);
        if (schema.TryGetProperty("anyOf", out JsonElement choices))
        {
            Allow(schema, path, "anyOf");
            if (choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0) throw Fault(path + "/anyOf", "it is no list of schemas");
            return Either(choices.EnumerateArray().Select((choice, index) => Value(choice, $"{path}/anyOf/{index}")));
        }

        if (schema.TryGetProperty("const", out JsonElement constant))
        {
            Allow(schema, path, "const", "type");
            return Literal(schema, constant, path + "/const");
        }

        if (schema.TryGetProperty("enum", out JsonElement values))
        {
            Allow(schema, path, "enum", "type");
            if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() == 0) throw Fault(path + "/enum", "it is no list of values");
            return Either(values.EnumerateArray().Select((value, index) => Literal(schema, value, $"{path}/enum/{index}")));
        }

        string[] types = Types(schema, path);
        if (types.Length == 0) throw Fault(path, "it names no type; any value at all cannot be asked for");
        Allow(schema, path, ["type", .. types.SelectMany(type => Keywords[type])]);
        return Either(types.Select(type => type switch
        {
            "object" => Object(schema, path),
            "array" => Array(schema, path),
            "string" => Text(schema, path),
            "integer" => Whole,
            "number" => Real,
            "boolean" => "(?:true|false)",
            _ => "null",
        }));
    }

    /// <summary>What a reference into the same schema stands for.</summary>
    private string Referred(JsonElement schema, JsonElement reference, string path)
    {
        Allow(schema, path, "$ref");
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not { } target || (target != "#" && !target.StartsWith("#/", StringComparison.Ordinal)))
            throw Fault(path + "/$ref", "only places of the same schema can be referred to, as in #/$defs/NAME");
        if (_referred.TryGetValue(target, out string? known)) return known;
        if (_referred.Count == MostReferred) throw Fault(path + "/$ref", $"the schema refers to more than {MostReferred} places; write them out where they stand");
        if (target == "#" || !_open.Add(target)) throw Fault(path + "/$ref", $"{target} refers to itself; recursive schemas cannot be kept, since a regular expression has a bounded depth: write the levels out");
        JsonElement place = _root;
        foreach (string part in target[2..].Split('/'))
        {
            string name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (place.ValueKind != JsonValueKind.Object || !place.TryGetProperty(name, out place)) throw Fault(path + "/$ref", $"there is no {target}");
        }

        string pattern = _referred[target] = Value(place, target);
        _open.Remove(target);
        return pattern;
    }

    private string Object(JsonElement schema, string path)
    {
        if (schema.TryGetProperty("additionalProperties", out JsonElement others) && others.ValueKind == JsonValueKind.Object)
            throw Fault(path + "/additionalProperties", "properties without a name in the schema cannot be kept; name them in properties");
        List<(string Name, string Pattern)> properties = [];
        HashSet<string> names = [];
        if (schema.TryGetProperty("properties", out JsonElement named))
        {
            if (named.ValueKind != JsonValueKind.Object) throw Fault(path + "/properties", "it is no object of schemas");
            foreach (JsonProperty property in named.EnumerateObject())
            {
                if (!names.Add(property.Name)) throw Fault($"{path}/properties/{property.Name}", "it stands there twice");
                properties.Add((property.Name, Quoted(property.Name) + ":" + Value(property.Value, $"{path}/properties/{property.Name}")));
            }
        }

        HashSet<string> required = [];
        if (schema.TryGetProperty("required", out JsonElement list))
        {
            if (list.ValueKind != JsonValueKind.Array) throw Fault(path + "/required", "it is no list of names");
            foreach (JsonElement name in list.EnumerateArray())
            {
                string? text = name.ValueKind == JsonValueKind.String ? name.GetString() : null;
                if (text is null || !names.Contains(text)) throw Fault(path + "/required", $"{name.GetRawText()} is no name of properties");
                required.Add(text);
            }
        }

        // Where any member may be the first, those after it are written out for each.
        if (properties.Sum(property => (long)property.Pattern.Length) * properties.Count > 20L * Longest) throw Fault(path, TooLarge);
        return "\\{" + Members(properties, required) + "\\}";
    }

    /// <summary>Members in order, commas between those that are there.</summary>
    private static string Members(List<(string Name, string Pattern)> properties, HashSet<string> required)
    {
        if (properties.Count == 0) return "";
        string Tail(int from) => string.Concat(properties.Skip(from).Select(property => required.Contains(property.Name) ? $",{property.Pattern}" : $"(?:,{property.Pattern})?"));
        int sure = properties.FindIndex(property => required.Contains(property.Name));
        // Those before the first that must be there end in a comma of their own; without such a one any may be the first.
        if (sure >= 0) return string.Concat(properties.Take(sure).Select(property => $"(?:{property.Pattern},)?")) + properties[sure].Pattern + Tail(sure + 1);
        return $"(?:{string.Join('|', properties.Select((property, index) => property.Pattern + Tail(index + 1)))})?";
    }

    private string Array(JsonElement schema, string path)
    {
        int least = Count(schema, "minItems", path) ?? 0;
        int? most = Count(schema, "maxItems", path);
        if (most < least) throw Fault(path + "/maxItems", "it is less than minItems");
        if (most == 0) return "\\[\\]";
        if (!schema.TryGetProperty("items", out JsonElement items)) throw Fault(path, "it does not say what its items are");
        string item = Value(items, path + "/items");
        string more = $"(?:,{item}){{{Math.Max(0, least - 1)},{most - 1}}}";
        return least == 0 ? $"\\[(?:{item}{more})?\\]" : $"\\[{item}{more}\\]";
    }

    private static string Text(JsonElement schema, string path)
    {
        int least = Count(schema, "minLength", path) ?? 0;
        int? most = Count(schema, "maxLength", path);
        if (most < least) throw Fault(path + "/maxLength", "it is less than minLength");
        if (!schema.TryGetProperty("pattern", out JsonElement pattern)) return least == 0 && most is null ? $"\"{Character}*\"" : $"\"{ShortCharacter}{{{least},{most}}}\"";
        if (least > 0 || most is not null) throw Fault(path, "pattern and bounds of the length cannot be kept together; put the bounds into the pattern");
        if (pattern.ValueKind != JsonValueKind.String) throw Fault(path + "/pattern", "it is no text");
        return $"\"{Written(pattern.GetString()!, path + "/pattern")}\"";
    }

    /// <summary>A schema's pattern for the characters of a string as JSON writes them.</summary>
    private static string Written(string pattern, string path)
    {
        try
        {
            return StringPattern.Of(pattern);
        }
        catch (SocietyException cause)
        {
            throw Fault(path, cause.Message);
        }
    }

    private static string Literal(JsonElement schema, JsonElement value, string path)
    {
        string[] types = Types(schema, path);
        bool fits = types.Length == 0 || types.Any(type => (type, value.ValueKind) switch
        {
            ("string", JsonValueKind.String) or ("null", JsonValueKind.Null) or ("boolean", JsonValueKind.True or JsonValueKind.False) or ("number", JsonValueKind.Number) => true,
            ("integer", JsonValueKind.Number) => value.TryGetInt64(out _),
            _ => false,
        });
        if (!fits) throw Fault(path, "the value is not of the type that the schema names");
        return value.ValueKind switch
        {
            JsonValueKind.String => Quoted(value.GetString()!),
            JsonValueKind.Object or JsonValueKind.Array => throw Fault(path, "an object or a list as a fixed value cannot be kept; describe it by properties or items"),
            _ => Escaped(value.GetRawText()),
        };
    }

    private static string[] Types(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type", out JsonElement type)) return [];
        string?[] names = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()],
            JsonValueKind.Array => [.. type.EnumerateArray().Select(name => name.ValueKind == JsonValueKind.String ? name.GetString() : null)],
            _ => [null],
        };
        if (names.Length == 0 || names.Any(name => name is null || !Keywords.ContainsKey(name))) throw Fault(path + "/type", $"it is none of {string.Join(", ", Keywords.Keys)}");
        return [.. names.OfType<string>().Distinct()];
    }

    private static void Allow(JsonElement schema, string path, params string[] kept)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (!kept.Contains(keyword.Name) && !Remarks.Contains(keyword.Name))
                throw Fault($"{path}/{keyword.Name}", $"this cannot be kept here{(kept.Length > 0 ? $" beside {string.Join(", ", kept)}" : "")}; leave it out and check the answer for it");
        }
    }

    private static int? Count(JsonElement schema, string name, string path)
    {
        if (!schema.TryGetProperty(name, out JsonElement value)) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count is >= 0 and <= PatternParser.MostRepeats
            ? count : throw Fault($"{path}/{name}", $"it is no whole number from 0 to {PatternParser.MostRepeats}");
    }

    private static string Either(IEnumerable<string> patterns)
    {
        string[] all = [.. patterns.Distinct()];
        return all.Length == 1 ? all[0] : $"(?:{string.Join('|', all)})";
    }

    /// <summary>A text as a JSON string, as the pattern that matches it alone.</summary>
    private static string Quoted(string text) => Escaped(JsonSerializer.Serialize(text, Plain));

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Escaped(string text)
    {
        StringBuilder pattern = new();
        foreach (char sign in text)
        {
            if (sign < ' ') pattern.Append(CultureInfo.InvariantCulture, $"\\x{(int)sign:X2}");
            else if (char.IsAscii(sign) && !char.IsAsciiLetterOrDigit(sign)) pattern.Append('\\').Append(sign);
            else pattern.Append(sign);
        }

        return pattern.ToString();
    }

    private const string TooLarge = "it is too large once it is written out; ask for less at once";

    private static SocietyException Fault(string path, string what) => new($"schema {path}: {what}");
}
