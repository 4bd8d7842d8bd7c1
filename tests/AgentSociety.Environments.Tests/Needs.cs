namespace AgentSociety.Environments.Tests;

/// <summary>A test that needs a program on the path, or a folder that is shared beside the repository, and is skipped, not passed, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsAttribute : FactAttribute
{
    public NeedsAttribute(string program = "", string folder = "")
    {
        if (program.Length > 0 && OnPath(program) is null) Skip = $"{program} is not installed";
        if (folder.Length > 0 && Beside(folder) is null) Skip = $"there is no folder {folder} beside the repository";
    }

    public static string? OnPath(string program) => Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    public static string? Beside(string folder)
    {
        for (string? above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
        {
            if (Directory.Exists(Path.Combine(above, folder))) return Path.Combine(above, folder);
        }

        return null;
    }
}
