using System.Reflection;
using System.Runtime.InteropServices;

namespace AgentSociety.Society;

/// <summary>What a run was made with: the program with its commit, the runtime, and the packages that results depend on.</summary>
public static class RunVersions
{
    /// <summary>Versions by name.</summary>
    public static IReadOnlyDictionary<string, string> Current()
    {
        SortedDictionary<string, string> versions = new(StringComparer.Ordinal)
        {
            ["AgentSociety"] = Version(typeof(RunVersions).Assembly),
            [".NET"] = Environment.Version.ToString(),
            ["Platform"] = $"{RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}",
        };
        foreach (string name in (string[])["TorchSharp", "Akka", "Akka.Hosting", "Dapper", "Microsoft.Data.Sqlite", "Jint"])
        {
            try
            {
                versions[name] = Version(Assembly.Load(name));
            }
            catch (FileNotFoundException)
            {
                // A program that was published without a part has no version of it.
            }
        }

        return versions;
    }

    private static string Version(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString() ?? "unknown";
}
