using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests.Summaries;

public sealed class RunSummaryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("summaries-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_summary_says_what_the_database_holds()
    {
        RunSummary summary = Summarise();
        Assert.Equal(new ScenarioIdentity("small", "hash"), summary.Scenario);
        Assert.Equal(7, summary.Seed);
        Assert.Equal("1.0", summary.Versions["AgentSociety"]);
        Assert.Equal(20, summary.WallSeconds);
        Assert.Equal(new FrontierMove(2, 4), summary.Frontier);
        Assert.Equal(new Throughput(1000, 500, 0.25), summary.Throughput);
        Assert.Equal(new PlayCounts(1, 2, 1, 0), summary.Counts);
        Assert.Equal([(3, true, 0.9), (3, false, 0.1)], summary.HeldOut.OrderByDescending(result => result.Reading).Select(result => (result.Difficulty, result.Reading, result.Accuracy)));
        Assert.Equal(0.2, Assert.Single(summary.HeldOutBefore).Accuracy);
    }

    // Wilson's interval of 9 in 10 at 95 %, worked out by hand: (0.9 + z2/20 -+ z sqrt(0.09/10 + z2/400)) / (1 + z2/10), z = 1.959964.
    [Fact]
    public void Accuracies_come_with_the_score_interval()
    {
        HeldOutAccuracy accuracy = Summarise().HeldOut.Single(result => result.Reading);
        Assert.Equal(0.5958, accuracy.Low, 4);
        Assert.Equal(0.9821, accuracy.High, 4);
        Assert.Equal(10, accuracy.N);
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(3, 3)]
    [InlineData(2, 2)]
    [InlineData(0, 1)]
    public void Where_there_is_room_for_one_result_it_is_that_of_newborns_at_the_frontier(int frontier, int expected)
    {
        HeldOutAccuracy result = Summarise().HeldOut[0];
        RunSummary summary = Summarise() with
        {
            Frontier = new FrontierMove(0, frontier),
            HeldOut = [.. from difficulty in (int[])[3, 1, 5, 2] from reading in (bool[])[false, true] select result with { Difficulty = difficulty, Reading = reading }],
        };
        Assert.Equal((expected, true), (summary.Headline()!.Difficulty, summary.Headline()!.Reading));
        Assert.Null((summary with { HeldOut = [] }).Headline());
    }

    [Fact]
    public void The_file_has_the_fields_that_scripts_read()
    {
        using JsonDocument json = JsonDocument.Parse(Summarise().Json());
        JsonElement root = json.RootElement;
        Assert.Equal(["version", "scenario", "seed", "versions", "wallSeconds", "heldOut", "heldOutBefore", "frontier", "throughput", "scratchpad", "counts"], Names(root));
        Assert.Equal(1, root.GetProperty("version").GetInt32());
        Assert.Equal(["difficulty", "reading", "accuracy", "n", "low", "high"], Names(root.GetProperty("heldOut")[0]));
        Assert.Equal(["start", "end"], Names(root.GetProperty("frontier")));
        Assert.Equal(["decodeTokensPerSecond", "trainTokensPerSecond", "idleShare"], Names(root.GetProperty("throughput")));
        Assert.Equal(["pages", "revisions", "reads", "conflicts"], Names(root.GetProperty("scratchpad")));
        Assert.Equal(["problems", "attempts", "malformed", "duplicates"], Names(root.GetProperty("counts")));
    }

    [Fact]
    public void A_summary_file_reads_back_and_another_version_is_refused()
    {
        RunSummary summary = Summarise();
        string file = Path.Combine(_folder, "summary.json");
        File.WriteAllText(file, summary.Json());
        Assert.Equal(summary.Json(), RunSummary.Load(file).Json());
        File.WriteAllText(file, (summary with { Version = 99 }).Json());
        Assert.Contains("version 99", Assert.Throws<SocietyException>(() => RunSummary.Load(file)).Message);
        File.WriteAllText(file, "{");
        Assert.Contains("cannot be read as a summary", Assert.Throws<SocietyException>(() => RunSummary.Load(file)).Message);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private RunSummary Summarise()
    {
        string path = Path.Combine(_folder, "society.db");
        if (!File.Exists(path)) Play(path);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(path);
        return RunSummary.Of(database);
    }

    private static void Play(string path)
    {
        using SocietyDatabase database = SocietyDatabase.Open(path);
        RunRecords records = new(database);
        records.Begin(new RunInfo { Name = "run", Scenario = "name: small\nenvironment:\n  name: arithmetic\n", ScenarioHash = "hash", Seed = 7, Versions = new Dictionary<string, string> { ["AgentSociety"] = "1.0" } });
        records.Append(new RoundRecord
        {
            Round = 0,
            State = "{}",
            HeldOut = [new HeldOutRecord { Difficulty = 3, Reading = true, Correct = 2, Sound = 2, Count = 10 }],
            Metrics = [new("seconds/round", 5), new("seconds/train", 3), new("tokens/trained", 1_500), new("frontier", 2)],
        });
        records.Append(new RoundRecord
        {
            Round = 1,
            State = "{}",
            Problems = [new ProblemRecord { Id = "1/0", Round = 1, Text = "1+1=", Difficulty = 1, CanonicalForm = "1+1", SolveRate = 0.5 }],
            Episodes = [Attempt(0, Outcome.Correct), Attempt(1, Outcome.Malformed)],
            HeldOut =
            [
                new HeldOutRecord { Difficulty = 3, Reading = true, Correct = 9, Sound = 9, Count = 10 },
                new HeldOutRecord { Difficulty = 3, Reading = false, Correct = 1, Sound = 1, Count = 10 },
            ],
            Metrics = [new("seconds/round", 15), new("seconds/train", 3), new("seconds/decode", 9), new("tokens/trained", 1_500), new("tokens/decoded", 9_000), new("frontier", 4)],
        });
    }

    private static EpisodeRecord Attempt(int index, Outcome outcome) => new()
    {
        Id = $"1/solve/0/{index}",
        Round = 1,
        Agent = "solver-1",
        Role = Role.Solver,
        Problem = "1/0",
        Attempt = index,
        Checkpoint = "round-0",
        Segments = [new(Source.Prompt, "1+1="), new(Source.Model, "2")],
        Tokens = [1, 2],
        LogProbabilities = [0, -0.1f],
        LossMask = [false, true],
        Outcome = outcome,
        Reason = "",
        Sound = outcome == Outcome.Correct,
        Reward = outcome == Outcome.Correct ? 1 : 0,
    };
}
