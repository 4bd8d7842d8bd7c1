using System.Runtime.CompilerServices;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

/// <summary>Torch keeps global state (threads, live tensor counts), so that its tests take turns.</summary>
[CollectionDefinition("Torch", DisableParallelization = true)]
public sealed class Torch
{
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Initialize("cpu");
}

/// <summary>A society that is small enough to live and die within a second, in a directory of its own.</summary>
internal sealed class TinySociety : IDisposable
{
    public const string Yaml = """
        name: tiny
        environment:
          name: hidden-operators
          options: { operators: 3, maximumDifficulty: 5 }
        model:
          architecture: { width: 32, layers: 1, heads: 2, keyValueHeads: 1, feedForward: 32, context: 96 }
        pretrain: { maximumDifficulty: 2, steps: 12, batch: 16, warmupSteps: 2 }
        population:
          - { role: proposer, count: 2 }
          - { role: solver, count: 2 }
        culture: { experimentsPerRound: 3 }
        selfPlay: { rounds: 3, proposalsPerRound: 12, problemsPerRound: 4, attemptsPerProblem: 3, maximumTokens: 40, topUp: true }
        learning: { batch: 16, stepCredit: 1 }
        evaluation: { everyRounds: 2, problemsPerDifficulty: 3, finalProblemsPerDifficulty: 4, difficulties: [1, 2, 3] }
        """;

    /// <summary>Settings of a society that begins with the shipped model, which reads notes, tries what is missing and notes it, within a few problems.</summary>
    public static readonly string[] Literate =
    [
        $"model.base={ShippedBase()}", "environment.options.operators=8", "environment.options.maximumDifficulty=16", "culture.experimentsPerRound=8", "selfPlay.problemsPerRound=6", "selfPlay.maximumTokens=64",
    ];

    /// <summary>Where a run is the same byte for byte, also on a machine that has a GPU.</summary>
    private static readonly RunOptions OnCpu = new() { Device = "cpu" };

    private readonly string _root = Directory.CreateTempSubdirectory("tiny-society-").FullName;

    public RunDirectory Create(string name) => RunDirectory.Create(Path.Combine(_root, name));

    public string PathOf(string name) => Path.Combine(_root, name);

    public LoadedScenario Scenario(params string[] overrides) => ScenarioFile.Parse(Yaml, PathOf("tiny.yaml"), overrides);

    public static Task<RunEnd> Run(LoadedScenario scenario, RunDirectory directory, Action<RunProgress>? watch = null, CancellationToken stop = default) =>
        RunLauncher.Run(scenario, directory, OnCpu, watch ?? (static _ => { }), stop);

    /// <summary>Runs until a phase of a round has begun, and stops there as Ctrl-C does.</summary>
    public static async Task<RunEnd> RunUntil(RunPhase phase, int round, LoadedScenario scenario, RunDirectory directory)
    {
        using CancellationTokenSource stop = new();
        return await Run(scenario, directory, progress =>
        {
            if (progress.Phase == phase && progress.Round == round) stop.Cancel();
        }, stop.Token);
    }

    public static Task<RunEnd> Resume(RunDirectory directory, Action<RunProgress>? watch = null, CancellationToken stop = default) =>
        RunLauncher.Resume(directory, OnCpu, watch ?? (static _ => { }), stop);

    /// <summary>Everything that two runs must agree on: what was written and answered, by whom, with which probabilities and rewards, and what the scratchpad came to say.</summary>
    /// <param name="directory">The run.</param>
    /// <param name="probes">False to leave out what newborns were asked beside the tests, for runs of which one asks nothing.</param>
    public static IReadOnlyList<string> Transcripts(RunDirectory directory, bool probes = true)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        List<string> lines = [];
        lines.AddRange(database.Episodes(new EpisodeFilter()).Select(Line));

        RunRecords records = new(database);
        lines.AddRange(records.HeldOut().SelectMany(point => point.Results.Select(result => $"held-out {point.Round} {result}")));
        lines.AddRange(database.AnswerList(new AnswerFilter(), int.MaxValue).Where(row => probes || !row.Test.StartsWith("probe", StringComparison.Ordinal)).Select(row => database.Answer(row.Id)).Reverse()
            .Select(answer => $"{answer.Test} {answer.Problem} {answer.Reading} {Line(answer.Episode)} {answer.Episode.Checkpoint} {answer.Episode.Reason}"));
        ArchivedNotes notes = ArchivedNotes.Of(database);
        lines.AddRange(notes.List("").Select(page => $"page {page} {notes.Read(page)!.Revision}"));
        return lines;
    }

    private static string Line(EpisodeRecord episode) =>
        $"{episode.Id} {episode.Agent} {string.Join("|", episode.Segments.Select(segment => $"{segment.Source}:{segment.Text}"))} {episode.Outcome} {episode.Reward:r} {episode.Advantage:r} {string.Join(",", episode.LogProbabilities.Select(value => value.ToString("r")))}";

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>The folder of the model that <see cref="Literate"/> societies begin with.</summary>
    public static string ShippedBase() => Path.Combine(Repository(), "scenarios", "bases", "operators");

    /// <summary>The repository's folder.</summary>
    public static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "AgentSociety.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("AgentSociety.sln is in no folder above the tests");
    }
}
