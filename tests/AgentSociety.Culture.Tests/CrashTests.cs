using System.Diagnostics;
using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

/// <summary>A writer that is killed without warning, over and over on one file.</summary>
public sealed class CrashTests
{
    [Fact]
    public Task After_a_kill_every_acknowledged_edit_is_there() => Kill(times: 4);

    [Fact, Trait("Category", "Long")]
    public Task After_fifty_kills_every_acknowledged_edit_is_there() => Kill(times: 50);

    private static async Task Kill(int times)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-");
        string path = Path.Combine(directory.FullName, "society.db");
        List<string> acknowledged = [];
        Random random = new(5);
        for (int kill = 0; kill < times; kill++)
        {
            // Commits of 16 edits on 8 pages; each commit's keys are printed after it returned.
            ProcessStartInfo start = new("dotnet", ["exec", typeof(CrashTests).Assembly.Location, path, kill.ToString()]) { RedirectStandardOutput = true };
            using Process writer = Process.Start(start)!;
            acknowledged.Add((await writer.StandardOutput.ReadLineAsync())!);
            await Task.Delay(random.Next(5, 120));
            writer.Kill();
            await writer.WaitForExitAsync();
            acknowledged.AddRange((await writer.StandardOutput.ReadToEndAsync()).Split('\n').SkipLast(1));
            using SocietyDatabase database = SocietyDatabase.Open(path);
            using Scratchpad scratchpad = new(database);
            INotes notes = scratchpad.Snapshot();
            HashSet<string> lines = [.. notes.List("").SelectMany(page => notes.Read(page)!.Body.Split('\n'))];
            Assert.All(acknowledged, line => Assert.Contains(line, lines));
            Assert.Empty(database.CheckIntegrity());
        }

        Assert.True(acknowledged.Count > times);
        directory.Delete(recursive: true);
    }
}

/// <summary>The writer that the crash test starts and kills.</summary>
internal static class CrashingWriter
{
    private static void Main(string[] arguments)
    {
        using SocietyDatabase database = SocietyDatabase.Open(arguments[0]);
        using Scratchpad scratchpad = new(database);
        using StreamWriter output = new(Console.OpenStandardOutput()) { AutoFlush = true };
        for (int commit = 0; ; commit++)
        {
            string[] lines = [.. Enumerable.Range(0, 16).Select(edit => $"{arguments[1]}/{commit}/{edit}")];
            scratchpad.Commit([.. lines.Select((line, edit) => new EditRequest
            {
                Key = line,
                Edit = new NoteEdit { Page = $"notes/{edit % 8}", Kind = EditKind.Append, Text = line, Comment = "" },
                Author = "writer",
                Round = 1,
            })]);
            output.Write(string.Concat(lines.Select(line => line + "\n")));
        }
    }
}
