using System.Text;
using System.Text.RegularExpressions;

namespace AgentSociety.Culture;

/// <summary>Structured facts at the start of a page: <c>key: value</c> lines between two lines of <c>---</c>.</summary>
/// <remarks>
/// The part of YAML that people write by hand: plain and quoted values, lists as <c>[a, b]</c>, comments after <c>#</c> at the start
/// of a line. No nesting. What is not of this form is no front matter and stays part of the text: a page is never refused for it.
/// </remarks>
public sealed partial record FrontMatter
{
    private const int MostFields = 64;

    private FrontMatter(IReadOnlyDictionary<string, string> fields, string text)
    {
        Fields = fields;
        Text = text;
    }

    /// <summary>Values by key, as they stand without their quotes; of a key that stands twice, the first. Untrusted text.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; }

    /// <summary>The page without its front matter.</summary>
    public string Text { get; }

    /// <summary>A value; null where the page has no such key.</summary>
    public string? this[string key] => Fields.GetValueOrDefault(key);

    /// <summary>The items of a list, <c>[a, b]</c>; a plain value is a list of one.</summary>
    public IReadOnlyList<string> List(string key) => this[key] is not { } value ? []
        : value is ['[', .., ']'] ? [.. value[1..^1].Split(',').Select(item => Plain(item.Trim())).Where(item => item.Length > 0)]
        : [value];

    /// <summary>Takes a page apart.</summary>
    public static FrontMatter Parse(string body)
    {
        FrontMatter none = new(new Dictionary<string, string>(), body);
        if (!body.StartsWith("---\n", StringComparison.Ordinal)) return none;
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        for (int start = 4; start < body.Length;)
        {
            int end = body.IndexOf('\n', start);
            string line = body[start..(end < 0 ? body.Length : end)];
            start = end < 0 ? body.Length : end + 1;
            if (line == "---") return new FrontMatter(fields, body[start..]);
            if (line.Length == 0 || line[0] == '#') continue;
            if (fields.Count == MostFields || Field().Match(line) is not { Success: true } field) return none;
            fields.TryAdd(field.Groups[1].Value, Plain(field.Groups[2].Value.Trim()));
        }

        return none;
    }

    /// <summary>Puts facts before a text; without facts, the text alone.</summary>
    /// <param name="fields">Keys of letters, digits, dashes and underscores; values of one line.</param>
    /// <param name="text">The text.</param>
    public static string Write(IEnumerable<KeyValuePair<string, string>> fields, string text)
    {
        StringBuilder body = new();
        foreach ((string key, string value) in fields)
        {
            if (!Field().IsMatch($"{key}: x")) throw new ArgumentException($"'{key}' is no key of front matter", nameof(fields));
            string line = value.ReplaceLineEndings(" ").Trim();
            // Quotes keep a value that itself begins and ends with quotes, or would be trimmed, as it is.
            body.Append(key).Append(": ").Append(line is ['"', ..] or ['\'', ..] || line != value ? $"\"{line}\"" : line).Append('\n');
        }

        return body.Length == 0 ? text : $"---\n{body}---\n{text}";
    }

    private static string Plain(string value) => value is ['"', .., '"'] or ['\'', .., '\''] && value.Length > 1 ? value[1..^1] : value;

    [GeneratedRegex("^([A-Za-z][A-Za-z0-9_-]{0,63}):(?:[ \t]+(.*))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Field();
}
