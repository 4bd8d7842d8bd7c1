using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Tests;

/// <summary>A small run as a society would leave it behind, whose agents write what they should not.</summary>
sealed class SampleRun : IDisposable
{
    public const string Hostile = "<script>alert('x')</script>&[red]";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("cli-").FullName;

    public SampleRun(string name = "sample", int rounds = 3)
    {
        Directory = RunDirectory.Create(Path.Combine(_folder, name));
        using SocietyDatabase database = SocietyDatabase.Open(Directory.Database);
        RunRecords records = new(database);
        records.Begin(new RunInfo
        {
            Name = name,
            Scenario = $"name: sample\ndescription: \"{Hostile}\"\nenvironment:\n  name: arithmetic\nselfPlay:\n  rounds: 3\n",
            ScenarioHash = "5ce7",
            Seed = 7,
            Versions = new Dictionary<string, string> { ["AgentSociety"] = "0.1.0+abc", [".NET"] = "10.0" },
        });
        records.Append(new RoundRecord
        {
            Round = 0,
            State = "{}",
            HeldOut = Test(0),
            Metrics = [new("seconds/round", 12), new("seconds/train", 11), new("tokens/trained", 330_000), new("frontier", 1), new("pages", 0), new("revisions", 0)],
        });
        for (int round = 1; round <= rounds; round++) records.Append(Round(round));
        using Scratchpad scratchpad = new(database);
        scratchpad.Commit([new EditRequest { Key = "a", Author = "solver-1", Round = 1, Edit = new NoteEdit { Page = "notes/carry", Kind = EditKind.Append, Text = $"{Hostile}\n", Comment = "" } }]);
    }

    public RunDirectory Directory { get; }

    public string Folder => _folder;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private static RoundRecord Round(int round) => new()
    {
        Round = round,
        State = "{}",
        Problems = [new ProblemRecord { Id = $"{round}/0", Round = round, Text = $"{round}+1=", Difficulty = round, CanonicalForm = $"{round}+1", Proposer = "proposer-1", SolveRate = 0.5 }],
        Episodes =
        [
            Episode($"{round}/propose/0", round, Role.Proposer, Outcome.Correct, $"{round}+1="),
            Episode($"{round}/solve/0/0", round, Role.Solver, Outcome.Correct, Hostile),
            Episode($"{round}/solve/0/1", round, Role.Solver, Outcome.Wrong, "9"),
        ],
        HeldOut = Test(round),
        Metrics =
        [
            new("seconds/round", 4), new("seconds/decode", 2), new("seconds/train", 1), new("tokens/decoded", 80_000), new("tokens/trained", 30_000), new("frontier", round),
            new("solve-rate", 0.2 * round), new("sound-rate", 0.15 * round), new("proposed-difficulty", round), new("entropy/solver", 0.5), new("entropy/proposer", 1.5), new("pages", round), new("revisions", round * 3),
        ],
    };

    private static HeldOutRecord[] Test(int round) => [.. from reading in (bool[])[true, false]
                                                          from difficulty in (int[])[1, 2]
                                                          select new HeldOutRecord { Difficulty = difficulty, Reading = reading, Correct = reading ? 5 * round + 5 : 2, Sound = 0, Count = 20 }];

    private static EpisodeRecord Episode(string id, int round, Role role, Outcome outcome, string text) => new()
    {
        Id = id,
        Round = round,
        Agent = $"{role.ToString().ToLowerInvariant()}-1",
        Role = role,
        Problem = $"{round}/0",
        Attempt = 0,
        Checkpoint = $"round-{round - 1}",
        Segments = [new(Source.Prompt, "1+1="), new(Source.Model, text)],
        Tokens = [1, 2],
        LogProbabilities = [0, -0.1f],
        LossMask = [false, true],
        Outcome = outcome,
        Reason = "because",
        Sound = outcome == Outcome.Correct,
        Reward = outcome == Outcome.Correct ? 1 : 0,
    };
}
