using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace AgentSociety.Kernel;

/// <summary>The scratchpad's tools as functions with names, descriptions and schemas. Every interface for models is made of exactly these.</summary>
public static class ScratchpadFunctions
{
    /// <summary>How arguments and answers are written: names in camel case, what is not there left out, other scripts than Latin as they are.</summary>
    public static JsonSerializerOptions Json { get; } = Options();

    /// <summary>Which of the functions change nothing.</summary>
    public static IReadOnlySet<string> Reading { get; } = new HashSet<string> { "read", "search", "list", "history" };

    /// <summary><c>read</c>, <c>search</c>, <c>list</c>, <c>write</c>, <c>replace</c>, <c>append</c>, <c>history</c>, <c>remark</c>.</summary>
    public static IReadOnlyList<AIFunction> Functions(this ScratchpadTools tools) =>
        [.. Methods.Select(method => AIFunctionFactory.Create(method, tools, new AIFunctionFactoryOptions { Name = NameOf(method), SerializerOptions = Json }))];

    internal static IReadOnlyList<MethodInfo> Methods { get; } =
    [
        .. ((string[])[nameof(ScratchpadTools.Read), nameof(ScratchpadTools.Search), nameof(ScratchpadTools.List), nameof(ScratchpadTools.Write),
            nameof(ScratchpadTools.Replace), nameof(ScratchpadTools.Append), nameof(ScratchpadTools.History), nameof(ScratchpadTools.Remark)]).Select(name => typeof(ScratchpadTools).GetMethod(name)!),
    ];

    internal static string NameOf(MethodInfo method) => method.Name.ToLowerInvariant();

    private static JsonSerializerOptions Options()
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };
        options.MakeReadOnly();
        return options;
    }
}
