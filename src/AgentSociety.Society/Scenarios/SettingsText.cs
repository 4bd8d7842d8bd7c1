using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AgentSociety.Society;

/// <summary>Settings records as YAML and back into parts: every key with its value, in the order of declaration.</summary>
internal static partial class SettingsText
{
    /// <summary>The YAML of a settings record.</summary>
    public static string Write(object record)
    {
        StringBuilder text = new();
        Write(Part(record, new Place("default")), text, 0);
        return text.ToString();
    }

    /// <summary>A value as parts, all of them at one place.</summary>
    public static YamlPart Part(object? value, Place at) => value switch
    {
        null => new YamlPart.Scalar(at, "null", Quoted: false),
        string text => new YamlPart.Scalar(at, text, Quoted: true),
        bool flag => new YamlPart.Scalar(at, flag ? "true" : "false", Quoted: false),
        Enum name => new YamlPart.Scalar(at, SettingKeys.NameOf(name), Quoted: false),
        IFormattable number and not Enum => new YamlPart.Scalar(at, number.ToString(null, CultureInfo.InvariantCulture), Quoted: false),
        IDictionary dictionary => new YamlPart.Mapping(at, [.. dictionary.Keys.Cast<string>().Order(StringComparer.Ordinal).Select(key => new YamlEntry(key, at, Part(dictionary[key], at)))]),
        IEnumerable items => new YamlPart.Sequence(at, [.. items.Cast<object?>().Select(item => Part(item, at))]),
        _ => new YamlPart.Mapping(at, [.. SettingKeys.Of(value.GetType()).Select(key => new YamlEntry(key.Name, at, Part(key.Property.GetValue(value), at)))]),
    };

    private static void Write(YamlPart part, StringBuilder text, int indent)
    {
        switch (part)
        {
            case YamlPart.Mapping mapping:
                foreach (YamlEntry entry in mapping.Entries)
                {
                    text.Append(' ', indent).Append(Spell(new(entry.KeyAt, entry.Key, Quoted: true))).Append(':');
                    WriteAfterColon(entry.Value, text, indent);
                }

                break;
            case YamlPart.Sequence sequence:
                foreach (YamlPart item in sequence.Items)
                {
                    StringBuilder inner = new();
                    Write(item, inner, indent + 2);
                    text.Append(' ', indent).Append("- ").Append(inner.ToString().AsSpan(indent + 2));
                }

                break;
            default:
                text.Append(' ', indent).AppendLine(Flow(part));
                break;
        }
    }

    private static void WriteAfterColon(YamlPart value, StringBuilder text, int indent)
    {
        bool block = value is YamlPart.Mapping { Entries.Count: > 0 } || (value is YamlPart.Sequence sequence && sequence.Items.Exists(item => item is not YamlPart.Scalar));
        if (!block) text.Append(' ').Append(Flow(value)).Append('\n');
        else
        {
            text.Append('\n');
            Write(value, text, indent + 2);
        }
    }

    private static string Flow(YamlPart part) => part switch
    {
        YamlPart.Scalar scalar => Spell(scalar),
        YamlPart.Sequence sequence => $"[{string.Join(", ", sequence.Items.Select(Flow))}]",
        YamlPart.Mapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(entry => $"{Spell(new(entry.KeyAt, entry.Key, Quoted: true))}: {Flow(entry.Value)}"))}}}",
        _ => throw new NotSupportedException(part.GetType().Name),
    };

    private static string Spell(YamlPart.Scalar scalar)
    {
        if (!scalar.Quoted || (Word().IsMatch(scalar.Text) && !Reserved().IsMatch(scalar.Text))) return scalar.Text;
        StringBuilder text = new("\"");
        foreach (Rune rune in scalar.Text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\') text.Append('\\').Append(rune);
            else if (rune.Value == '\n') text.Append("\\n");
            else if (rune.Value == '\t') text.Append("\\t");
            else if (Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 or 0xfeff or 0xfffe or 0xffff) text.Append($"\\u{rune.Value:x4}");
            else text.Append(rune);
        }

        return text.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_./-]*\z")]
    private static partial Regex Word();

    // What some reader of YAML takes for something else than a text.
    [GeneratedRegex(@"^(null|true|false|yes|no|on|off|y|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
