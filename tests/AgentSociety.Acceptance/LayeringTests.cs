using System.Reflection;

namespace AgentSociety.Acceptance;

/// <summary>The arrows of docs/architecture.md, held by what the compiled assemblies really refer to.</summary>
public sealed class LayeringTests
{
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Core"] = [],
        ["Environments"] = ["Core"],
        ["Models"] = ["Core"],
        ["Culture"] = ["Core"],
        ["Learning"] = ["Core", "Environments", "Models", "Culture"],
        ["Kernel"] = ["Core", "Environments", "Models", "Culture", "Learning"],
        ["Society"] = ["Core", "Environments", "Models", "Culture", "Learning"],
        ["Web"] = ["Core", "Environments", "Models", "Culture", "Learning", "Kernel", "Society"],
    };

    private static readonly Dictionary<string, string[]> Owners = new()
    {
        ["TorchSharp"] = ["Models", "Learning"],
        ["Microsoft.Data.Sqlite"] = ["Culture"],
        ["Dapper"] = ["Culture"],
        ["Akka"] = ["Society"],
        ["Microsoft.SemanticKernel"] = ["Kernel"],
        ["Jint"] = ["Environments"],
    };

    public static TheoryData<string> Projects => [.. Below.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Arrows_point_one_way(string project)
    {
        IEnumerable<string> used = References(project).Where(name => name.StartsWith("AgentSociety.", StringComparison.Ordinal))
            .Select(name => name["AgentSociety.".Length..]);
        Assert.Empty(used.Except(Below[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_package_is_used_by_the_projects_that_own_it_only(string project)
    {
        IEnumerable<string> foreign = References(project).Where(name => Owners.Any(owner =>
            (name == owner.Key || name.StartsWith(owner.Key + ".", StringComparison.Ordinal)) && !owner.Value.Contains(project)));
        Assert.Empty(foreign);
    }

    [Fact]
    public void Core_uses_no_package() =>
        Assert.All(References("Core"), name => Assert.StartsWith("System.", name));

    private static IEnumerable<string> References(string project) =>
        Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, $"AgentSociety.{project}.dll")).GetReferencedAssemblies().Select(name => name.Name!);
}
