using System.Runtime.CompilerServices;

namespace AgentSociety.Environments.Tests;

/// <summary>Compares text with a file beside the tests. Set AGENTSOCIETY_ACCEPT=1 to write the file anew, then read the diff.</summary>
static class GoldenFile
{
    public static void Matches(string name, string actual, [CallerFilePath] string caller = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(caller)!, "Playthroughs", name);
        if (Environment.GetEnvironmentVariable("AGENTSOCIETY_ACCEPT") == "1") File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} does not exist; run with AGENTSOCIETY_ACCEPT=1 to write it");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
    }
}
