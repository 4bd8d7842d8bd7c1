using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace AgentSociety.Society;

/// <summary>Makes settings records out of YAML, strictly: what does not fit is a fault with its place.</summary>
/// <param name="faults">Where faults go.</param>
/// <param name="variant">For a property of type <c>object</c>, the record that stands behind it, from the keys beside it; null for plain values.</param>
internal sealed class SettingsBinder(Faults faults, Func<PropertyInfo, YamlPart.Mapping, Type?> variant)
{
    private readonly Dictionary<string, Place> _places = [];

    /// <summary>Where the value of a key path was written; for a default, where the part was written that lacks it.</summary>
    public Place PlaceOf(string path)
    {
        while (path.Length > 0 && !_places.ContainsKey(path)) path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        return _places[path];
    }

    /// <summary>The value of a part; null after a fault.</summary>
    public object? Bind(Type type, bool nullable, YamlPart part, string path)
    {
        _places[path] = part.At;
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Bind(underlying, nullable: true, part, path);
        bool isNull = part is YamlPart.Scalar { IsNull: true };
        if (isNull && nullable) return null;
        if (type == typeof(object)) return Plain(part, path);
        if (SettingKeys.ItemOf(type) is { } item) return BindList(type, item, part, path);
        if (SettingKeys.ValueOf(type) is { } value) return BindDictionary(value, part, path);
        if (SettingKeys.IsRecord(type))
        {
            // A section whose keys are all commented out is a section of defaults.
            if (isNull) part = new YamlPart.Mapping(part.At, []);
            return part is YamlPart.Mapping mapping ? BindRecord(type, mapping, path) : Mismatch(part, path, $"needs keys with values, not {part.Kind}; {Examples(type)}");
        }

        if (part is YamlPart.Scalar scalar && !(isNull && type != typeof(string))) return BindValue(type, scalar, path);
        return Mismatch(part, path, $"needs {Needs(type)}, not {part.Kind}");
    }

    private object BindRecord(Type type, YamlPart.Mapping mapping, string path)
    {
        object record = Activator.CreateInstance(type)!;
        IReadOnlyList<SettingKey> keys = SettingKeys.Of(type);
        foreach (YamlEntry entry in mapping.Entries.Where(entry => !keys.Any(key => key.Name == entry.Key)))
            faults.Add(entry.KeyAt, Join(path, entry.Key), $"there is no such key; {Nearest.Hint(entry.Key, [.. keys.Select(key => key.Name)])}");
        foreach (SettingKey key in keys)
        {
            string inner = Join(path, key.Name);
            YamlPart? part = mapping[key.Name];
            Type declared = key.Property.PropertyType;
            if (declared == typeof(object) && variant(key.Property, mapping) is { } behind)
            {
                declared = behind;
                // The record behind it may have required keys, which only a look at it finds missing.
                part = part is null or YamlPart.Scalar { IsNull: true } ? new YamlPart.Mapping(mapping.At, []) : part;
            }

            if (part is null)
            {
                if (key.Required) faults.Add(mapping.At, inner, $"is missing and has no default{(declared.IsEnum ? $"; use one of {string.Join(", ", SettingKeys.NamesOf(declared))}" : "")}");
                else Validate(key.Property, key.Property.GetValue(record), mapping.At, inner, given: false);
                continue;
            }

            int before = faults.Count;
            object? value = Bind(declared, key.Nullable, part, inner);
            if (faults.Count > before) continue;
            Validate(key.Property, value, part.At, inner, given: true);
            key.Property.SetValue(record, value);
        }

        return record;
    }

    private object? BindList(Type type, Type item, YamlPart part, string path)
    {
        if (part is not YamlPart.Sequence sequence) return Mismatch(part, path, $"needs a list, not {part.Kind}{(part is YamlPart.Scalar { IsNull: false } scalar ? $"; write [{scalar.Text}]" : "")}");
        int before = faults.Count;
        object?[] items = [.. sequence.Items.Select((inner, index) => Bind(item, nullable: false, inner, $"{path}[{index}]"))];
        if (faults.Count > before) return null;
        Array array = Array.CreateInstance(item, items.Length);
        for (int index = 0; index < items.Length; index++) array.SetValue(items[index], index);
        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? Activator.CreateInstance(type, array) : array;
    }

    private object? BindDictionary(Type value, YamlPart part, string path)
    {
        if (part is not YamlPart.Mapping mapping) return Mismatch(part, path, $"needs keys with values, not {part.Kind}");
        int before = faults.Count;
        System.Collections.IDictionary dictionary = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), value))!;
        foreach (YamlEntry entry in mapping.Entries) dictionary[entry.Key] = Bind(value, nullable: false, entry.Value, Join(path, entry.Key));
        return faults.Count > before ? null : dictionary;
    }

    private object? BindValue(Type type, YamlPart.Scalar scalar, string path)
    {
        string text = scalar.Text;
        if (type == typeof(string)) return text;
        if (type.IsEnum)
        {
            IReadOnlyList<string> names = SettingKeys.NamesOf(type);
            int index = names.ToList().IndexOf(text);
            return index >= 0 ? Enum.GetValues(type).GetValue(index) : Mismatch(scalar, path, $"'{text}' is none of its values; {Nearest.Hint(text, names)}");
        }

        object? value = scalar.Quoted ? null : Parse(type, text);
        if (value is not null) return value;
        string hint = scalar.Quoted && Parse(type, text) is not null ? "; remove the quotes"
            : type == typeof(bool) ? text.ToLowerInvariant() switch { "yes" or "on" or "true" or "y" => "; did you mean true?", "no" or "off" or "false" or "n" => "; did you mean false?", _ => "" }
            : Parse(typeof(double), text.Replace("_", "").Replace(",", ".")) is not null && Parse(typeof(double), text) is null ? "; write the digits alone" : "";
        return Mismatch(scalar, path, $"needs {Needs(type)}, not {scalar.Kind}{hint}");
    }

    private static object? Parse(Type type, string text) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => text is "true" ? true : text is "false" ? false : null,
        TypeCode.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null,
        TypeCode.Int64 => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null,
        TypeCode.UInt64 => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null,
        TypeCode.Double => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null,
        TypeCode.Single => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value) ? value : null,
        _ => throw new NotSupportedException($"settings of type {type} are not supported"),
    };

    /// <summary>A value whose type nothing states: YAML's own reading of it.</summary>
    private static object? Plain(YamlPart part, string path) => part switch
    {
        YamlPart.Sequence sequence => sequence.Items.Select((item, index) => Plain(item, $"{path}[{index}]")).ToList(),
        YamlPart.Mapping mapping => mapping.Entries.ToDictionary(entry => entry.Key, entry => Plain(entry.Value, Join(path, entry.Key))),
        YamlPart.Scalar { Quoted: true } scalar => scalar.Text,
        YamlPart.Scalar { IsNull: true } => null,
        YamlPart.Scalar scalar => Parse(typeof(bool), scalar.Text) ?? Parse(typeof(long), scalar.Text) ?? Parse(typeof(double), scalar.Text) ?? scalar.Text,
        _ => throw new NotSupportedException(part.GetType().Name),
    };

    private void Validate(PropertyInfo property, object? value, Place at, string path, bool given)
    {
        foreach (ValidationAttribute rule in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule.IsValid(value)) continue;
            string what = rule switch
            {
                RequiredAttribute => given ? "must not be empty" : "is missing and has no default",
                // The greatest long stands for no bound.
                RangeAttribute range when Convert.ToDouble(range.Maximum) >= long.MaxValue => $"is {value}, and must be {range.Minimum} or more",
                RangeAttribute range => $"is {value}, and must be from {range.Minimum} to {range.Maximum}",
                RegularExpressionAttribute expression => $"is '{value}', which does not match {expression.Pattern}",
                MinLengthAttribute length => $"needs {length.Length} or more",
                MaxLengthAttribute length => $"takes {length.Length} at most",
                _ => rule.FormatErrorMessage(path),
            };
            faults.Add(at, path, what);
        }
    }

    private object? Mismatch(YamlPart part, string path, string what)
    {
        faults.Add(part.At, path, what);
        return null;
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Examples(Type record) => $"its keys are {string.Join(", ", SettingKeys.Of(record).Take(6).Select(key => key.Name))}";

    private static string Needs(Type type) => type.IsEnum ? $"one of {string.Join(", ", SettingKeys.NamesOf(type))}" : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Double or TypeCode.Single => "a number",
        TypeCode.String => "a text",
        _ => "a whole number",
    };
}
