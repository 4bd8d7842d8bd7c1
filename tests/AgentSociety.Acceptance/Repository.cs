namespace AgentSociety.Acceptance;

/// <summary>Finds the repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Folder(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AgentSociety.sln"))) folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("AgentSociety.sln is in no folder above the tests"), name);
    }
}
