using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture.Tests;

public sealed class RunRecordsTests : IDisposable
{
    private readonly SocietyFile _society = new();

    private RunRecords Records => new(_society.Database);

    public void Dispose() => _society.Dispose();

    [Fact]
    public void A_run_lasts_until_its_last_round_whatever_is_done_to_its_file_later()
    {
        using RunCatalogue catalogue = RunCatalogue.Open(null);
        catalogue.Remember([(new RunOnDisk("short", "1", 90_000_000, true, false), new RunGlance { Begun = 1_000, LastRoundAt = 3_000 }, "s", 1, ""),
            (new RunOnDisk("long", "1", 9_000, true, false), new RunGlance { Begun = 1_000, LastRoundAt = 8_000 }, "s", 1, ""), (new RunOnDisk("none", "1", 9_000, true, false), new RunGlance { Begun = 1_000 }, "s", 1, "")]);
        Assert.Equal([("long", 8_000L), ("short", 3_000), ("none", 0)], catalogue.List(new RunQuery { Sort = "duration" }).Runs.Select(run => (run.Key, run.LastRoundAt)));
    }

    [Fact]
    public void A_run_is_begun_once_and_says_what_it_is()
    {
        RunInfo run = new() { Name = "first", Scenario = "name: first\n", ScenarioHash = "abc", Seed = 7, Versions = new Dictionary<string, string> { ["program"] = "0.1.0" } };
        Assert.Null(Records.Info());
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Records.Begin(run);
        RunInfo stored = Records.Info()!;
        Assert.Equal(run with { Versions = stored.Versions, Begun = stored.Begun }, stored);
        Assert.InRange(stored.Begun, before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.Equal(run.Versions, stored.Versions);
        Assert.Contains("holds a run already", Assert.Throws<SocietyException>(() => Records.Begin(run)).Message);
    }

    [Fact]
    public void A_round_comes_back_as_it_was_stored_and_is_stored_once()
    {
        string revision = _society.Save("notes/a", "c4=2");
        RoundRecord round = Round(1, episodes: 600, revision);
        Records.Append(round);
        Assert.Contains("round 1 is stored already", Assert.Throws<SocietyException>(() => Records.Append(round)).Message);
        List<EpisodeRecord> episodes = [.. _society.Database.Episodes(new EpisodeFilter())];
        Assert.Equal(600, episodes.Count);
        Assert.All(round.Episodes.Zip(episodes), pair => Assert.Equivalent(pair.First, pair.Second, strict: true));
        Assert.Equivalent(round.Episodes[17], _society.Database.Episode("1/solve/2/1"), strict: true);
        Assert.Equal(300, _society.Database.Episodes(new EpisodeFilter { Outcome = Outcome.Correct, Role = Role.Solver, FromRound = 1, ToRound = 1, Sound = true }).Count());
        Assert.Equal(round.Problems, Records.Problems(1));
        RunCounts counts = Records.Counts();
        Assert.Equal((1, 600, 600, 1, 1), (counts.Problems, counts.Attempts, counts.Reads, counts.Pages, counts.Revisions));
        Assert.Equal(["bac4="], Records.PlayedForms());
        Assert.Equal([(1, 0.5)], Records.Metric("solve-rate"));
        Assert.Equal(round.HeldOut, Records.HeldOut().Single().Results);
        Assert.Equal(0.5, Assert.Single(Records.SolveRates()).SolveRate);
        Assert.Contains("no episode 9/solve/9/9", Assert.Throws<SocietyException>(() => _society.Database.Episode("9/solve/9/9")).Message);
    }

    [Fact]
    public void Answers_of_tests_come_back_whole_and_are_no_attempts()
    {
        EpisodeRecord[] written = [.. Round(4, episodes: 6).Episodes.Select((episode, place) => episode with
        {
            Id = $"4/held-out/{place}",
            Agent = AnswerRecord.Newborn,
            Problem = null,
            Attempt = 0,
            Checkpoint = "round-4",
            Reward = 0,
            Advantage = 0,
            TokenAdvantages = null,
            WithholdingProbability = 0,
            Withheld = [],
        })];
        AnswerRecord[] answers = [.. written.Select((episode, place) => new AnswerRecord { Test = "held-out", Problem = $"b{place}=", Difficulty = 1 + place / 2, Reading = place % 2 == 0, Episode = episode })];
        Records.Append(Round(4, episodes: 8) with { Answers = answers });
        Assert.All(answers, answer => Assert.Equivalent(answer, _society.Database.Answer(answer.Episode.Id), strict: true));
        Assert.Equal(["4/held-out/5", "4/held-out/4", "4/held-out/3"], _society.Database.AnswerList(new AnswerFilter { Round = 4 }, limit: 3).Select(row => row.Id));
        Assert.Equal(["4/held-out/2"], _society.Database.AnswerList(new AnswerFilter { Difficulty = 2, Reading = true, Outcome = Outcome.Correct, Sound = true }).Select(row => row.Id));
        Assert.Equal(3, _society.Database.CountAnswers(new AnswerFilter { Reading = false }));
        Assert.Equal((6, 0), (_society.Database.CountAnswers(new AnswerFilter { Test = "held-out" }), _society.Database.CountAnswers(new AnswerFilter { Test = "birth" })));
        Assert.Equal(8, Records.Counts().Attempts);
        Assert.Equal(8, _society.Database.Episodes(new EpisodeFilter()).Count());
        Assert.Contains("no answer 4/held-out/9", Assert.Throws<SocietyException>(() => _society.Database.Answer("4/held-out/9")).Message);
    }

    [Fact]
    public void Resume_finds_the_last_round_and_the_last_saved_weights()
    {
        Assert.Null(Records.LastRound());
        for (int number = 0; number <= 3; number++)
            Records.Append(Round(number, 1) with { Checkpoint = number == 2 ? new CheckpointRecord("round-2", 2) : null });
        _society.Reopen();
        Assert.Equal(new StoredRound(3, "{\"round\":3}", null), Records.LastRound());
        Assert.Equal([new CheckpointRecord("round-2", 2)], Records.Checkpoints());
    }

    [Fact]
    public void A_round_that_cannot_be_stored_leaves_nothing_behind()
    {
        RoundRecord round = Round(1, 3);
        Assert.ThrowsAny<Exception>(() => Records.Append(round with { Episodes = [.. round.Episodes, round.Episodes[0]] }));
        Assert.Equal(0, Records.Counts().Attempts);
        Assert.Null(Records.LastRound());
        Records.Append(round);
    }

    private static RoundRecord Round(int number, int episodes, string? revision = null) => new()
    {
        Round = number,
        State = $"{{\"round\":{number}}}",
        Problems = [new ProblemRecord { Id = $"{number}/0", Round = number, Text = "bac4=", Difficulty = 3, CanonicalForm = "bac4=", SolveRate = 0.5 }],
        Episodes = [.. Enumerable.Range(0, episodes).Select(index => new EpisodeRecord
        {
            Id = $"{number}/solve/{index / 8}/{index % 8}",
            Round = number,
            Agent = $"solver-{index % 4}",
            Role = Role.Solver,
            Problem = $"{number}/0",
            Attempt = index % 8,
            Checkpoint = "base",
            Segments = [new Segment(Source.Prompt, "bac4="), new Segment(Source.Model, "c4="), new Segment(Source.Tool, "2"), new Segment(Source.Model, "\"#1\" <b>")],
            Tokens = [.. Enumerable.Range(index, 60)],
            LogProbabilities = [.. Enumerable.Range(0, 60).Select(token => -token / 7f)],
            LossMask = [.. Enumerable.Range(0, 60).Select(token => (token + index) % 3 == 0)],
            ToolCalls = [new ToolCall { Kind = ToolKind.Read, Request = "c4=", Reply = "2", Page = "notes/a", Revision = revision }],
            Outcome = index % 2 == 0 ? Outcome.Correct : Outcome.Wrong,
            Reason = "right",
            Sound = index % 2 == 0,
            Reward = index % 2,
            Advantage = 0.25,
            WithholdingProbability = index % 2 == 0 ? 0.125 : 0,
            Withheld = index % 4 == 0 && revision is not null ? [new WithheldNote("notes/b", revision), new WithheldNote("notes/\"c\"", revision)] : [],
            TokenAdvantages = index % 5 == 0 ? [.. Enumerable.Range(0, 60).Select(token => token * 0.5f)] : null,
        })],
        Metrics = [new MetricRecord("solve-rate", 0.5)],
        HeldOut = [new HeldOutRecord { Difficulty = 1, Reading = true, Correct = 3, Sound = 2, Count = 4 }],
    };
}
