using System.Runtime.CompilerServices;
using System.Text;
using Spectre.Console.Testing;

namespace AgentSociety.Cli.Tests;

/// <summary>Compares what a user sees with a file beside the tests. Set AGENTSOCIETY_ACCEPT=1 to write the files anew, then read the diff.</summary>
static class GoldenFile
{
    public static void Matches(string name, string actual, [CallerFilePath] string caller = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(caller)!, "Golden", name);
        string text = string.Join('\n', actual.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd()));
        if (Environment.GetEnvironmentVariable("AGENTSOCIETY_ACCEPT") == "1") File.WriteAllText(path, text);
        Assert.True(File.Exists(path), $"{path} does not exist; run with AGENTSOCIETY_ACCEPT=1 to write it");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), text);
    }
}

/// <summary>A terminal whose every word is kept.</summary>
sealed class KeptTerminal
{
    private readonly StringBuilder _raw = new();

    public KeptTerminal() => Terminal = new Terminal(Out, Error, new StringWriter(_raw), IsInteractive: false);

    public TestConsole Out { get; } = new TestConsole().Width(100);

    public TestConsole Error { get; } = new TestConsole().Width(100);

    public Terminal Terminal { get; }

    public string Raw => _raw.ToString();
}
