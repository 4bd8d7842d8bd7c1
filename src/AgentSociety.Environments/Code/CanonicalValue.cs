using System.Globalization;
using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;

namespace AgentSociety.Environments.Code;

/// <summary>Writes a JavaScript value so that two values are deeply equal, types included, exactly where their texts are.</summary>
/// <remarks>Reads own data properties only and runs no code of the program: no getter, no <c>toJSON</c>, no <c>toString</c>.</remarks>
static class CanonicalValue
{
    private const int DeepestValue = 32;

    /// <param name="value">What a function returned.</param>
    /// <param name="longest">Most characters.</param>
    /// <param name="text">The canonical text, or why there is none.</param>
    public static bool TryWrite(JsValue value, int longest, out string text)
    {
        StringBuilder written = new();
        string? failure = Write(value, written, longest, 0);
        text = failure ?? written.ToString();
        return failure is null;
    }

    private static string? Write(JsValue value, StringBuilder written, int longest, int depth)
    {
        if (written.Length > longest) return "the output is too long";
        if (depth > DeepestValue) return "the output is nested too deeply or contains itself";
        switch (value)
        {
            case JsUndefined: written.Append("undefined"); return null;
            case JsNull: written.Append("null"); return null;
            case JsBoolean: written.Append(value.AsBoolean() ? "true" : "false"); return null;
            case JsNumber: written.Append(Number(value.AsNumber())); return null;
            case JsString:
                string text = value.AsString();
                if (text.Length > longest) return "the output is too long";
                Quote(text, written);
                return null;
            case JsArray array: return Array(array, written, longest, depth);
            case ObjectInstance plain when plain.GetType() == typeof(JsObject): return Object(plain, written, longest, depth);
            default: return "the output is no plain value";
        }
    }

    private static string? Array(JsArray array, StringBuilder written, int longest, int depth)
    {
        if (array.Length > longest) return "the output is too long";
        written.Append('[');
        for (uint index = 0; index < array.Length; index++)
        {
            if (index > 0) written.Append(',');
            PropertyDescriptor own = array.GetOwnProperty(index.ToString(CultureInfo.InvariantCulture));
            if (own == PropertyDescriptor.Undefined || own.Get is not null || own.Set is not null) return "the output's array has a hole or a getter";
            if (Write(own.Value, written, longest, depth + 1) is { } failure) return failure;
        }

        written.Append(']');
        return null;
    }

    private static string? Object(ObjectInstance plain, StringBuilder written, int longest, int depth)
    {
        SortedDictionary<string, PropertyDescriptor> sorted = new(StringComparer.Ordinal);
        foreach ((JsValue key, PropertyDescriptor own) in plain.GetOwnProperties())
        {
            if (!key.IsString() || own.Get is not null || own.Set is not null) return "the output has a symbol or a getter";
            if (sorted.Count > longest) return "the output is too long";
            sorted[key.AsString()] = own;
        }

        written.Append('{');
        string separator = "";
        foreach ((string key, PropertyDescriptor own) in sorted)
        {
            written.Append(separator);
            Quote(key, written);
            written.Append(':');
            separator = ",";
            if (Write(own.Value, written, longest, depth + 1) is { } failure) return failure;
        }

        written.Append('}');
        return null;
    }

    // Escapes everything but printable ASCII, so that half a surrogate pair stays what it is.
    private static void Quote(string text, StringBuilder written)
    {
        written.Append('"');
        foreach (char character in text)
        {
            if (character is >= ' ' and <= '~' and not '"' and not '\\') written.Append(character);
            else written.Append($"\\u{(int)character:x4}");
        }

        written.Append('"');
    }

    /// <summary>A number as it is compared: 0 and -0 are two.</summary>
    public static string Number(double number) =>
        number == 0 && double.IsNegative(number) ? "-0" : number.ToString("R", CultureInfo.InvariantCulture);
}
