using System.Reflection;
using System.Text.RegularExpressions;

namespace AgentSociety.Society;

/// <summary>Changes of a scenario that stand on the command line: <c>path.to.key=value</c>.</summary>
internal static partial class Overrides
{
    /// <summary>Sets a key in a tree; keys on the way that are not there are made, lists that are not there begin with their defaults.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="record">The record that the tree will become.</param>
    /// <param name="text">Such as <c>learning.batch=64</c>, <c>population[0].count=3</c> or <c>evaluation.difficulties=[1, 2]</c>.</param>
    /// <param name="at">How faults name it.</param>
    /// <param name="faults">Where faults go.</param>
    /// <param name="variant">As for <see cref="SettingsBinder"/>.</param>
    public static void Apply(YamlPart.Mapping root, Type record, string text, Place at, Faults faults, Func<PropertyInfo, YamlPart.Mapping, Type?> variant)
    {
        int equals = text.IndexOf('=');
        if (equals < 1)
        {
            faults.Add(at, "", "write it as path.to.key=value");
            return;
        }

        string path = text[..equals].Trim();
        string[] steps = Index().Replace(path, ".$1").Split('.');
        if (YamlReader.Read(text[(equals + 1)..], _ => at, faults) is not { } value) value = new YamlPart.Scalar(at, "", Quoted: false);
        YamlPart part = root;
        Type? type = record;
        for (int index = 0; index < steps.Length; index++)
        {
            bool last = index == steps.Length - 1;
            YamlPart? next;
            if (part is YamlPart.Mapping mapping)
            {
                (type, object? standing) = Inner(type, mapping, steps[index], variant);
                next = last ? value : mapping[steps[index]];
                if (next is null or YamlPart.Scalar { IsNull: true })
                    next = last ? value : standing is System.Collections.IEnumerable and not System.Collections.IDictionary ? SettingsText.Part(standing, at) : new YamlPart.Mapping(at, []);
                mapping.Set(new YamlEntry(steps[index], at, next));
            }
            else if (part is YamlPart.Sequence sequence && int.TryParse(steps[index], out int place) && place >= 0 && place <= sequence.Items.Count)
            {
                type = type is null ? null : SettingKeys.ItemOf(type);
                next = last ? value : place < sequence.Items.Count ? sequence.Items[place] : new YamlPart.Mapping(at, []);
                if (place == sequence.Items.Count) sequence.Items.Add(next);
                else sequence.Items[place] = next;
            }
            else
            {
                string reached = string.Join('.', steps[..index]);
                faults.Add(at, path, part is YamlPart.Sequence { Items: { } items }
                    ? $"{reached} is a list of {items.Count}; '{steps[index]}' must be from 0 to {items.Count}, where {items.Count} adds one"
                    : $"{reached} is {part.Kind} and has no '{steps[index]}'");
                return;
            }

            part = next;
        }
    }

    private static (Type? Type, object? Standing) Inner(Type? record, YamlPart.Mapping mapping, string step, Func<PropertyInfo, YamlPart.Mapping, Type?> variant)
    {
        if (record is null || !SettingKeys.IsRecord(record) || SettingKeys.Of(record).FirstOrDefault(key => key.Name == step) is not { } known) return (null, null);
        Type type = known.Property.PropertyType;
        if (type == typeof(object)) return (variant(known.Property, mapping), null);
        return (type, known.Property.GetValue(Activator.CreateInstance(record)!));
    }

    [GeneratedRegex(@"\[(\d+)\]")]
    private static partial Regex Index();
}
