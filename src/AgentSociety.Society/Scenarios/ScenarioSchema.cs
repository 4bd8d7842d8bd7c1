using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments;

namespace AgentSociety.Society;

/// <summary>The JSON Schema of scenario files, for editors: keys, types, ranges, defaults, and what each is for.</summary>
/// <remarks>Made from the same records that files are read into, so that it cannot say anything else. Draft 7, which editors' YAML extensions read.</remarks>
public static class ScenarioSchema
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as indented JSON.</summary>
    public static string Json() => Of(typeof(Scenario), "AgentSociety scenario").ToJsonString(Readable) + "\n";

    /// <summary>The schema of experiment files.</summary>
    public static string ExperimentJson() => Of(typeof(ExperimentSettings), "AgentSociety experiment").ToJsonString(Readable) + "\n";

    /// <summary>The schema of one settings record with everything below it.</summary>
    internal static JsonObject Of(Type record, string title)
    {
        SchemaWriter writer = new();
        JsonObject root = new() { ["$schema"] = "http://json-schema.org/draft-07/schema#", ["title"] = title };
        foreach ((string key, JsonNode? value) in writer.Record(record).ToArray()) root[key] = value?.DeepClone();
        root["definitions"] = writer.Definitions;
        return root;
    }

    private sealed class SchemaWriter
    {
        private readonly WrittenDocumentation _documentation = new();

        public JsonObject Definitions { get; } = [];

        public JsonObject Record(Type type)
        {
            object defaults = Activator.CreateInstance(type)!;
            JsonObject properties = [];
            JsonArray required = [];
            foreach (SettingKey key in SettingKeys.Of(type))
            {
                properties[key.Name] = Property(key, key.Required ? null : key.Property.GetValue(defaults));
                if (key.Required || (key.Property.IsDefined(typeof(RequiredAttribute)) && key.Property.GetValue(defaults) is null or "")) required.Add(key.Name);
            }

            JsonObject schema = new() { ["type"] = "object", ["description"] = _documentation.Of(type), ["additionalProperties"] = false, ["properties"] = properties };
            if (required.Count > 0) schema["required"] = required;
            if (type == typeof(EnvironmentSettings)) Environments(schema, properties);
            return schema;
        }

        private JsonObject Property(SettingKey key, object? standing)
        {
            PropertyInfo property = key.Property;
            JsonObject value = Value(property.PropertyType, key.Nullable, property);
            JsonObject schema = new() { ["description"] = Description(property) };
            // Beside a $ref every other word is ignored in draft 7.
            if (value.ContainsKey("$ref")) schema["allOf"] = new JsonArray(value);
            else foreach ((string word, JsonNode? meaning) in value.ToArray()) schema[word] = meaning?.DeepClone();
            if (Default(standing) is { } given) schema["default"] = given;
            return schema;
        }

        private string Description(PropertyInfo property)
        {
            string text = _documentation.Of(property);
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (!type.IsEnum) return text;
            IEnumerable<string> values = Enum.GetNames(type).Zip(SettingKeys.NamesOf(type), (value, name) => $"{name}: {_documentation.Of(type, value)}");
            return $"{text}\n{string.Join('\n', values)}";
        }

        private JsonObject Value(Type type, bool nullable, PropertyInfo? property)
        {
            if (Nullable.GetUnderlyingType(type) is { } underlying) return Value(underlying, nullable: true, property);
            JsonNode Kind(string name) => nullable ? new JsonArray(name, "null") : JsonValue.Create(name);
            if (type == typeof(object)) return [];
            if (type.IsEnum) return new() { ["enum"] = new JsonArray([.. SettingKeys.NamesOf(type).Select(name => JsonValue.Create(name)), .. nullable ? [null] : Array.Empty<JsonNode?>()]) };
            if (SettingKeys.ItemOf(type) is { } item)
            {
                JsonObject list = new() { ["type"] = Kind("array"), ["items"] = Value(item, nullable: false, null) };
                if (property?.GetCustomAttribute<MinLengthAttribute>() is { } length) list["minItems"] = length.Length;
                return list;
            }

            if (SettingKeys.ValueOf(type) is { } inner) return new() { ["type"] = Kind("object"), ["additionalProperties"] = Value(inner, nullable: false, null) };
            if (SettingKeys.IsRecord(type))
            {
                if (!Definitions.ContainsKey(type.Name))
                {
                    Definitions[type.Name] = new JsonObject();
                    Definitions[type.Name] = Record(type);
                }

                JsonObject reference = new() { ["$ref"] = $"#/definitions/{type.Name}" };
                return nullable ? new() { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
            }

            return Plain(type, Kind, property);
        }

        private static JsonObject Plain(Type type, Func<string, JsonNode> kind, PropertyInfo? property)
        {
            bool isNumber = Type.GetTypeCode(type) is TypeCode.Double or TypeCode.Single;
            JsonObject schema = new() { ["type"] = kind(type == typeof(string) ? "string" : type == typeof(bool) ? "boolean" : isNumber ? "number" : "integer") };
            if (property?.GetCustomAttribute<RangeAttribute>() is { } range)
            {
                schema["minimum"] = Convert.ToDouble(range.Minimum);
                // The greatest long has no exact double; the type says it already.
                if (Convert.ToDouble(range.Maximum) < long.MaxValue) schema["maximum"] = Convert.ToDouble(range.Maximum);
            }

            if (type == typeof(string) && property?.GetCustomAttribute<RegularExpressionAttribute>() is { } expression) schema["pattern"] = expression.Pattern;
            if (type == typeof(string) && property?.GetCustomAttribute<MinLengthAttribute>() is { } length) schema["minLength"] = length.Length;
            if (type == typeof(string) && property?.IsDefined(typeof(RequiredAttribute)) == true) schema["minLength"] = 1;
            return schema;
        }

        /// <summary>Which options belong to which environment.</summary>
        private void Environments(JsonObject schema, JsonObject properties)
        {
            properties["name"]!["enum"] = new JsonArray([.. EnvironmentCatalog.All.Select(entry => JsonValue.Create(entry.Name))]);
            properties["name"]!["description"] += "\n" + string.Join('\n', EnvironmentCatalog.All.Select(entry => $"{entry.Name}: {entry.Summary}"));
            schema["oneOf"] = new JsonArray([.. EnvironmentCatalog.All.Select(Variant)]);
        }

        private JsonNode Variant(EnvironmentEntry entry) => new JsonObject
        {
            ["properties"] = new JsonObject
            {
                ["name"] = new JsonObject { ["enum"] = new JsonArray(entry.Name) },
                ["options"] = Value(entry.OptionsType, nullable: false, null),
            },
        };

        private static JsonNode? Default(object? value) => value switch
        {
            null => null,
            bool flag => flag,
            string text => text,
            Enum name => SettingKeys.NameOf(name),
            System.Collections.IDictionary => null,
            System.Collections.IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(Default)]),
            IConvertible number => JsonValue.Create(number is double or float ? Convert.ToDouble(number) : Convert.ToInt64(number)),
            _ when SettingKeys.IsRecord(value.GetType()) => Record(value),
            _ => null,
        };

        private static JsonObject Record(object value) =>
            new(SettingKeys.Of(value.GetType()).Select(key => KeyValuePair.Create(key.Name, Default(key.Property.GetValue(value)))).Where(pair => pair.Value is not null));
    }
}
