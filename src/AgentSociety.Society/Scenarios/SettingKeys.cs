using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace AgentSociety.Society;

/// <summary>A property of a settings record as a key of a file.</summary>
/// <param name="Name">The key: the property's name in camel case.</param>
/// <param name="Property">The property.</param>
/// <param name="Nullable">True where the value may be missing.</param>
/// <param name="Required">True where there is no default.</param>
internal sealed record SettingKey(string Name, PropertyInfo Property, bool Nullable, bool Required);

/// <summary>How records, properties and enumerations are spelled in YAML and in the schema.</summary>
internal static class SettingKeys
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<SettingKey>> Known = new();

    /// <summary>The keys of a settings record, in the order in which it declares them.</summary>
    public static IReadOnlyList<SettingKey> Of(Type record) => Known.GetOrAdd(record, static type =>
    {
        NullabilityInfoContext nullability = new();
        return [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
            .OrderBy(property => property.MetadataToken)
            .Select(property => new SettingKey(
                JsonNamingPolicy.CamelCase.ConvertName(property.Name),
                property,
                nullability.Create(property).WriteState == NullabilityState.Nullable,
                property.IsDefined(typeof(RequiredMemberAttribute))))];
    });

    /// <summary>An enumeration's value as it is written: words in lower case with dashes between them.</summary>
    public static string NameOf(object value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString()!);

    /// <summary>The values of an enumeration as they are written.</summary>
    public static IReadOnlyList<string> NamesOf(Type enumeration) => [.. Enum.GetNames(enumeration).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    /// <summary>True for a record (or class) whose properties are keys.</summary>
    public static bool IsRecord(Type type) => type.IsClass && type != typeof(string) && type != typeof(object) && ItemOf(type) is null && ValueOf(type) is null;

    /// <summary>Type of a list's items; null for what is no list.</summary>
    public static Type? ItemOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is { } generic
            && (generic == typeof(IReadOnlyList<>) || generic == typeof(IReadOnlyCollection<>) || generic == typeof(IEnumerable<>) || generic == typeof(IList<>) || generic == typeof(List<>))
            ? type.GetGenericArguments()[0] : null;

    /// <summary>Type of the values of a dictionary with text keys; null for what is none.</summary>
    public static Type? ValueOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is { } generic
        && (generic == typeof(IReadOnlyDictionary<,>) || generic == typeof(IDictionary<,>) || generic == typeof(Dictionary<,>))
        && type.GetGenericArguments() is [{ } key, { } value] && key == typeof(string) ? value : null;
}
