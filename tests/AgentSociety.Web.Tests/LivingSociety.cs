using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Web.Tests;

/// <summary>A society that really lives: the shipped model plays round after round in a directory of runs, until it is told to stop.</summary>
public sealed class LivingSociety : IAsyncDisposable
{
    private const string Yaml = """
        name: living
        description: Solvers look operators up in notes, try what is missing, and write down what they find.
        environment:
          name: hidden-operators
          options: { operators: 4, maximumDifficulty: 8 }
        population:
          - { role: proposer }
          - { role: solver, count: 3 }
        culture: { experimentsPerRound: 4 }
        selfPlay: { enabled: false, rounds: 100000, problemsPerRound: 6, attemptsPerProblem: 3, maximumTokens: 64 }
        learning: { enabled: false }
        evaluation: { everyRounds: 100000, problemsPerDifficulty: 2, difficulties: [1, 2] }
        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task<RunEnd> _life;

    public LivingSociety(string runs, string name)
    {
        Directory = RunDirectory.Create(Path.Combine(runs, name));
        LoadedScenario scenario = ScenarioFile.Parse(Yaml, Path.Combine(runs, "living.yaml"), [$"model.base={Base()}"]);
        // A breath each round leaves the machine to the browser.
        _life = Task.Run(() => RunLauncher.Run(scenario, Directory, new RunOptions { Device = "cpu", Threads = 1 }, _ => Thread.Sleep(20), _stop.Token));
    }

    public RunDirectory Directory { get; }

    /// <summary>What a database says, as soon as it says anything; fails where the society died or a minute passes first.</summary>
    public async Task<T> When<T>(Func<SocietyDatabase, T?> look)
        where T : class
    {
        for (DateTime patience = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < patience; await Task.Delay(100))
        {
            if (_life.IsCompleted) await _life;
            Assert.False(_life.IsCompleted, "the society ended");
            if (!File.Exists(Directory.Database)) continue;
            using SocietyDatabase database = SocietyDatabase.Open(Directory.Database);
            if (look(database) is { } found) return found;
        }

        throw new TimeoutException("the society did not come to it within a minute");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Assert.Equal(RunEnd.Interrupted, await _life);
        _stop.Dispose();
    }

    private static string Base()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "AgentSociety.sln"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new DirectoryNotFoundException("AgentSociety.sln is in no folder above the tests"), "scenarios", "bases", "operators");
    }
}
