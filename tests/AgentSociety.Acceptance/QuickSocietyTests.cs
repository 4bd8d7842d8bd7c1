using System.Diagnostics;
using AgentSociety.Society;

namespace AgentSociety.Acceptance;

/// <summary>The whole idea in half a minute, by the command that a user types.</summary>
public sealed class QuickSocietyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quick-society-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_society_that_begins_with_nothing_teaches_its_newborns_and_only_those_who_may_read()
    {
        string directory = Path.Combine(_folder, "quick");
        using Process run = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"), "run", Path.Combine(Repository.Folder("scenarios"), "quick.yaml"), "--plain", "--out", directory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = run.StandardError.ReadToEndAsync();
        string said = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, await errors);
        Assert.Contains("held-out accuracy", said, StringComparison.Ordinal);

        RunSummary summary = RunSummary.Load(Path.Combine(directory, "summary.json"));
        HeldOutAccuracy Of(IReadOnlyList<HeldOutAccuracy> test, bool reading) => test.Single(result => result.Difficulty == 2 && result.Reading == reading);
        Assert.True(Of(summary.HeldOut, true).Low > Of(summary.HeldOutBefore, true).High, "newborns who read know what their society found out");
        Assert.True(Of(summary.HeldOut, true).Low > Of(summary.HeldOut, false).High, "those who may not read do not");
        Assert.True(summary.Frontier.End > summary.Frontier.Start);
        Assert.True(summary.Scratchpad is { Pages: > 0, Reads: > 0 });
        Assert.True(File.Exists(Path.Combine(directory, "report.html")));
    }
}
