using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Learning.Tests;

public sealed class RunLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("run-log-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_log_comes_back_out_of_the_database_with_its_problems()
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, "society.db"));
        RunRecords records = new(database);
        records.Begin(new RunInfo { Name = "first", Scenario = "name: first", ScenarioHash = "x", Seed = 1 });
        records.Append(Round(1));
        records.Append(Round(2));

        LoggedEpisode[] log = [.. RunLog.Read(database, new ExportOptions { Format = ExportFormat.ChatML, FirstRound = 2 })];
        Assert.Equal(["2/solve/0/0", "2/solve/0/1"], log.Select(logged => logged.Episode.Id));
        Assert.All(log, logged => Assert.Equal(("first", "abc2=", $"{logged.RunKey}/2/0"), (logged.Run, logged.Problem!.Text, logged.Group)));
        Assert.Matches("^first~[0-9a-f]{12}$", Assert.Single(log.Select(logged => logged.RunKey).Distinct()));
        Assert.Equal([1, 2, 3], log[0].Episode.Tokens);
        Assert.Equal([0, -0.5f, -0.25f], log[0].Episode.LogProbabilities);
    }

    [Fact]
    public void Runs_of_one_name_have_groups_of_their_own_and_a_copy_has_those_of_its_run()
    {
        string Key(RunInfo run) => RunLog.KeyOf(run);
        RunInfo info = new() { Name = "seed-101", Scenario = "", ScenarioHash = "x", Seed = 101, Begun = 1 };
        Assert.Equal(Key(info), Key(info with { }));
        Assert.Equal(4, new[] { Key(info), Key(info with { ScenarioHash = "y" }), Key(info with { Seed = 102 }), Key(info with { Begun = 2 }) }.Distinct().Count());
    }

    [Fact]
    public void A_database_without_a_run_is_refused()
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, "empty.db"));
        Assert.Contains("holds no run", Assert.Throws<SocietyException>(() => RunLog.Read(database, new ExportOptions { Format = ExportFormat.ChatML })).Message);
    }

    private static RoundRecord Round(int round) => new()
    {
        Round = round,
        State = "{}",
        Problems = [new ProblemRecord { Id = $"{round}/0", Round = round, Text = $"abc{round}=", Difficulty = 3, CanonicalForm = $"abc{round}=", SolveRate = 0.5 }],
        Episodes =
        [
            .. Enumerable.Range(0, 2).Select(attempt => new EpisodeRecord
            {
                Id = $"{round}/solve/0/{attempt}",
                Round = round,
                Agent = "ada",
                Role = Role.Solver,
                Problem = $"{round}/0",
                Attempt = attempt,
                Checkpoint = "base",
                Segments = [new(Source.Prompt, "abc2="), new(Source.Model, "#1")],
                Tokens = [1, 2, 3],
                LogProbabilities = [0, -0.5f, -0.25f],
                LossMask = [false, true, true],
                Outcome = Outcome.Wrong,
                Reason = "",
                Sound = false,
                Reward = 0,
            }),
        ],
    };
}
