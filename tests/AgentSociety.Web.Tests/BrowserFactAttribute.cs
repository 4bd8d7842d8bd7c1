namespace AgentSociety.Web.Tests;

/// <summary>A test in a real browser. Without one it is skipped and says so; where continuous integration asks for browsers it fails instead.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Path is null && Environment.GetEnvironmentVariable("AGENTSOCIETY_BROWSER") != "required")
            Skip = "there is no chromium on this machine; install it (Debian: apt-get install chromium) or name it in CHROMIUM_PATH";
    }
}

/// <summary>Where the browser is.</summary>
internal static class Chromium
{
    private static readonly string[] Places = [Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    internal static string? Path { get; } = Places.FirstOrDefault(File.Exists);
}
