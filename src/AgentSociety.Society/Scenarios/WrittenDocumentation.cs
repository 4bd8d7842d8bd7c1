using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AgentSociety.Society;

/// <summary>The XML documentation that the compiler leaves beside an assembly, as plain sentences.</summary>
internal sealed partial class WrittenDocumentation
{
    private readonly Dictionary<Assembly, Dictionary<string, string>> _read = [];

    /// <summary>The summary of a type; empty where none was shipped.</summary>
    public string Of(Type type) => Summary(type.Assembly, $"T:{type.FullName!.Replace('+', '.')}");

    /// <summary>The summary of a property.</summary>
    public string Of(PropertyInfo property) => Summary(property.DeclaringType!.Assembly, $"P:{property.DeclaringType.FullName!.Replace('+', '.')}.{property.Name}");

    /// <summary>The summary of a value of an enumeration.</summary>
    public string Of(Type enumeration, string value) => Summary(enumeration.Assembly, $"F:{enumeration.FullName!.Replace('+', '.')}.{value}");

    private string Summary(Assembly assembly, string member)
    {
        if (!_read.TryGetValue(assembly, out Dictionary<string, string>? summaries)) _read[assembly] = summaries = Read(assembly);
        return summaries.GetValueOrDefault(member, "");
    }

    private static Dictionary<string, string> Read(Assembly assembly)
    {
        string file = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        if (!File.Exists(file)) return [];
        return XDocument.Load(file).Descendants("member").Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Spaces().Replace(string.Concat(member.Element("summary")!.Nodes().Select(Text)), " ").Trim());
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        // A reference to a member reads as the key that it becomes.
        XElement { Name.LocalName: "see" or "seealso" } see when see.Attribute("cref")?.Value is { } target => target[(target.LastIndexOfAny(['.', ':']) + 1)..] is { Length: > 0 } name ? char.ToLowerInvariant(name[0]) + name[1..] : "",
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
