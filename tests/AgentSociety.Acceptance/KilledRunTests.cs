using System.Diagnostics;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Acceptance;

/// <summary>A run may die at any moment: the next one goes on as if nothing had happened.</summary>
public sealed class KilledRunTests : IDisposable
{
    private const string Scenario = """
        name: mortal
        environment:
          name: hidden-operators
        model:
          base: BASE
        culture: { experimentsPerRound: 3 }
        selfPlay: { rounds: 40, proposalsPerRound: 12, problemsPerRound: 6, attemptsPerProblem: 3, maximumTokens: 64, topUp: true }
        learning: { batch: 16, stepCredit: 1 }
        evaluation: { everyRounds: 4, problemsPerDifficulty: 3, finalProblemsPerDifficulty: 4, difficulties: [1, 2, 3] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("killed-run-").FullName;

    public KilledRunTests() => File.WriteAllText(Path.Combine(_folder, "mortal.yaml"), Scenario.Replace("BASE", Repository.Folder("scenarios/bases/operators"), StringComparison.Ordinal));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_run_that_was_killed_at_random_moments_leaves_the_transcripts_of_one_that_was_not(int seed)
    {
        Assert.Equal(0, await Finish(Start("run", "mortal.yaml", "--out", "whole", "--plain")));
        Random moments = new(seed);
        // What is killed is a run and not its start, however long a program takes to begin: the moment counts from the first line that it says of itself.
        int kills = 0;
        if (await KilledAfter(Start("run", "mortal.yaml", "--out", "broken", "--plain"), moments.Next(0, 1200))) kills++;
        while (kills is > 0 and < 4 && Begun() && await KilledAfter(Start("resume", "broken", "--plain"), moments.Next(0, 900))) kills++;
        Assert.True(kills > 0, "the run was over before it could be killed");

        Assert.Equal(0, await Finish(Start("resume", "broken", "--plain")));
        Assert.Equal(Transcripts("whole"), Transcripts("broken"));
        Assert.NotEmpty(Pages("whole"));
        Assert.Equal(Pages("whole"), Pages("broken"));
    }

    private bool Begun()
    {
        string path = Path.Combine(_folder, "broken", "society.db");
        if (!File.Exists(path)) return false;
        using SocietyDatabase database = SocietyDatabase.Open(path);
        Assert.Empty(database.CheckIntegrity());
        return new RunRecords(database).Info() is not null;
    }

    private IReadOnlyList<string> Transcripts(string run)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(Path.Combine(_folder, run, "society.db"));
        List<string> lines = [];
        foreach (EpisodeRecord episode in database.Episodes(new EpisodeFilter()))
        {
            string text = string.Join("|", episode.Segments.Select(segment => $"{segment.Source}:{segment.Text}"));
            lines.Add($"{episode.Id} {text} {episode.Reward:r} {string.Join(",", episode.LogProbabilities.Select(value => value.ToString("r")))}");
        }

        lines.AddRange(new RunRecords(database).HeldOut().SelectMany(point => point.Results.Select(result => $"{point.Round} {result}")));
        return lines;
    }

    private IReadOnlyList<string> Pages(string run)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(Path.Combine(_folder, run, "society.db"));
        return [.. new PageArchive(database).Changes(0, 10_000).Select(revision => $"{revision.Page} {revision.Id}")];
    }

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    /// <returns>False where the process had ended by itself, as it should.</returns>
    private static async Task<bool> KilledAfter(Process process, int milliseconds)
    {
        using (process)
        {
            TaskCompletionSource spoke = new(TaskCreationOptions.RunContinuationsAsynchronously);
            process.OutputDataReceived += (_, line) =>
            {
                if (line.Data?.Length > 0) spoke.TrySetResult();
            };
            process.BeginOutputReadLine();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await Task.WhenAny(process.WaitForExitAsync(), spoke.Task);
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(milliseconds));
            bool alive = !process.HasExited;
            if (alive) process.Kill();
            await process.WaitForExitAsync();
            Assert.True(alive || process.ExitCode == 0, await errors);
            return alive;
        }
    }

    private static async Task<int> Finish(Process process)
    {
        using (process)
        {
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            string errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, errors);
            return process.ExitCode;
        }
    }
}
