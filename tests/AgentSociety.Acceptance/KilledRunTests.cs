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
          options: { operators: 3, maximumDifficulty: 5 }
        model:
          architecture: { width: 32, layers: 1, heads: 2, keyValueHeads: 1, feedForward: 32, context: 96 }
        pretrain: { maximumDifficulty: 2, steps: 12, batch: 16, warmupSteps: 2 }
        culture: { experimentsPerRound: 3 }
        selfPlay: { rounds: 60, proposalsPerRound: 12, problemsPerRound: 6, attemptsPerProblem: 3, maximumTokens: 40, topUp: true }
        learning: { batch: 16, stepCredit: 1 }
        evaluation: { everyRounds: 4, problemsPerDifficulty: 3, finalProblemsPerDifficulty: 4, difficulties: [1, 2, 3] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("killed-run-").FullName;

    public KilledRunTests() => File.WriteAllText(Path.Combine(_folder, "mortal.yaml"), Scenario);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_run_that_was_killed_at_random_moments_leaves_the_transcripts_of_one_that_was_not(int seed)
    {
        Assert.Equal(0, await Finish(Start("run", "mortal.yaml", "--out", "whole", "--plain")));
        Random moments = new(seed);
        using (Process first = Start("run", "mortal.yaml", "--out", "broken", "--plain"))
        {
            // On a busy machine a program takes long to begin; what is killed is a run, not its start.
            while (!first.HasExited && !File.Exists(Path.Combine(_folder, "broken", "society.db"))) await Task.Delay(20);
            await KillAfter(first, moments.Next(100, 1200));
        }

        int kills = 1;
        for (; kills < 4; kills++)
        {
            if (!File.Exists(Path.Combine(_folder, "broken", "scenario.yaml"))) break;
            using Process next = Start("resume", "broken", "--plain");
            if (!await KillAfter(next, moments.Next(900, 1800))) break;
        }

        // A run that died before it had written anything is begun again.
        bool begun = Begun();
        if (!begun) Directory.Delete(Path.Combine(_folder, "broken"), recursive: true);
        Assert.Equal(0, await Finish(begun ? Start("resume", "broken", "--plain") : Start("run", "mortal.yaml", "--out", "broken", "--plain")));
        Assert.Equal(Transcripts("whole"), Transcripts("broken"));
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

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "agentsociety.dll"), .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <returns>False where the process had ended by itself.</returns>
    private static async Task<bool> KillAfter(Process process, int milliseconds)
    {
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(milliseconds));
        bool alive = !process.HasExited;
        if (alive) process.Kill();
        await process.WaitForExitAsync();
        return alive;
    }

    private static async Task<int> Finish(Process process)
    {
        using (process)
        {
            string errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, errors);
            return process.ExitCode;
        }
    }
}
