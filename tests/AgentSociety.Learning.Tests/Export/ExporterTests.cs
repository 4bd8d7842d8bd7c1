using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using Parquet.Serialization;

namespace AgentSociety.Learning.Tests;

public sealed class ExporterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("export-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_chat_line_tells_the_turns_and_what_to_train_on()
    {
        JsonElement line = await Line(ExportFormat.ChatML);
        Assert.Equal(
            ["user|ba4=", "assistant|a4?", "tool|7", "assistant|#1"],
            line.GetProperty("messages").EnumerateArray().Select(turn => $"{turn.GetProperty("role")}|{turn.GetProperty("content")}"));
        Assert.Equal([false, false, false, false, true, true, true, false, true, true, true], line.GetProperty("loss_mask").EnumerateArray().Select(mask => mask.GetBoolean()));
        Assert.Equal(11, line.GetProperty("tokens").GetArrayLength());
        Assert.Equal(1, line.GetProperty("reward").GetDouble());
    }

    [Fact]
    public async Task Provenance_names_run_agent_round_and_the_revisions_that_were_read()
    {
        JsonElement provenance = (await Line(ExportFormat.ShareGpt)).GetProperty("provenance");
        Assert.Equal("first", provenance.GetProperty("run").GetString());
        Assert.Equal("solver-1", provenance.GetProperty("agent").GetString());
        Assert.Equal(3, provenance.GetProperty("round").GetInt32());
        Assert.Equal(["notes/operator-a@r9"], provenance.GetProperty("pages_read").EnumerateArray().Select(page => page.GetString()));
    }

    [Fact]
    public async Task Sharegpt_and_trl_have_the_keys_that_their_readers_look_for()
    {
        JsonElement shared = await Line(ExportFormat.ShareGpt);
        Assert.Equal(["human", "gpt", "observation", "gpt"], shared.GetProperty("conversations").EnumerateArray().Select(turn => turn.GetProperty("from").GetString()));
        JsonElement trl = await Line(ExportFormat.TrlGrpo);
        Assert.Equal(("ba4=", "a4?7#1", "first/3/0"), (trl.GetProperty("prompt").GetString(), trl.GetProperty("completion").GetString(), trl.GetProperty("group").GetString()));
        Assert.True(trl.GetProperty("holds_tool_replies").GetBoolean());
        LoggedEpisode alone = Solved() with { Episode = Solved().Episode with { Segments = [new(Source.Prompt, "ba4="), new(Source.Model, "#1")] } };
        Assert.False(JsonDocument.Parse(JsonLines.Line(alone, ExportFormat.TrlGrpo)).RootElement.GetProperty("holds_tool_replies").GetBoolean());
    }

    [Fact]
    public async Task A_parquet_table_holds_what_went_in()
    {
        await Exporter.WriteAsync([Solved()], Options(ExportFormat.Parquet), _folder);
        ParquetRow row = Assert.Single((await ParquetSerializer.DeserializeAsync<ParquetRow>(Path.Combine(_folder, "train.parquet"))).Data);
        EpisodeRecord episode = Solved().Episode;
        Assert.Equal(episode.Tokens, row.Tokens);
        Assert.Equal(episode.LossMask, row.LossMask);
        Assert.Equal(episode.LogProbabilities, row.LogProbabilities);
        Assert.Equal(("ba4=", "a4?7#1", "correct", 2), (row.Prompt, row.Completion, row.Outcome, row.Difficulty));
        Assert.Equal(["notes/operator-a@r9"], row.PagesRead);
    }

    [Fact]
    public void No_problem_is_in_both_splits_and_the_split_does_not_depend_on_the_run()
    {
        LoggedEpisode[] log = [.. Enumerable.Range(0, 400).Select(index => Solved(run: $"run-{index % 2}", problem: $"p{index / 4}", attempt: index % 4))];
        ILookup<string, bool> splits = log.ToLookup(logged => logged.ProblemKey, logged => Exporter.IsTest(logged.ProblemKey, 0.2));
        Assert.All(splits, problem => Assert.Single(problem.Distinct()));
        Assert.InRange(splits.Count(problem => problem.First()), 8, 35); // 20 of 100 expected
    }

    [Fact]
    public async Task Proposals_of_one_problem_are_on_one_side_and_those_of_reserved_problems_are_never_trained_on()
    {
        LoggedEpisode Proposed(string text, string? posed, bool reserved, int index)
        {
            LoggedEpisode solved = Solved();
            EpisodeRecord episode = solved.Episode with { Id = $"3/propose/{index}", Role = Role.Proposer, Problem = null, Segments = [new(Source.Prompt, "pose"), new(Source.Model, text)] };
            return new LoggedEpisode("first", episode, null) { Posed = posed, Reserved = reserved };
        }

        // Duplicates, written otherwise than the problem itself, and texts that nobody could read.
        LoggedEpisode[] log = [.. Enumerable.Range(0, 60).SelectMany(index => (LoggedEpisode[])[Solved(problem: $"p{index}"), Proposed($" p{index} ", $"p{index}", false, index), Proposed($"? {index}", null, false, index), Proposed($"?{index}\n", null, false, 60 + index)])];
        Assert.All(log.GroupBy(logged => logged.Episode.Segments[^1].Text.Trim(' ', '\n').Replace("? ", "?")).Where(text => text.Key.StartsWith('?')), text => Assert.Single(text.Select(logged => logged.ProblemKey).Distinct()));
        await Exporter.WriteAsync([.. log, Proposed("secret", "secret", true, 999)], Options(ExportFormat.ChatML) with { TestShare = 0.3, Deduplicate = false }, _folder);
        string[] train = await File.ReadAllLinesAsync(Path.Combine(_folder, "train.jsonl")), test = await File.ReadAllLinesAsync(Path.Combine(_folder, "test.jsonl"));
        for (int index = 0; index < 60; index++) Assert.True(train.Any(line => Holds(line, $"p{index}")) != test.Any(line => Holds(line, $"p{index}")), $"p{index} is in both");
        Assert.DoesNotContain(train, line => line.Contains("secret"));
        await Exporter.WriteAsync([Solved(), Proposed("secret", "secret", true, 999)], Options(ExportFormat.ChatML), _folder);
        Assert.Contains("secret", Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder, "test.jsonl"))));

        static bool Holds(string line, string problem) => JsonDocument.Parse(line).RootElement.GetProperty("messages").EnumerateArray().Any(turn => turn.GetProperty("content").GetString()!.Trim() == problem);
    }

    [Fact]
    public async Task A_proposal_that_was_written_in_sight_of_a_test_problem_is_trained_on_by_nobody()
    {
        LoggedEpisode Proposed(int poses, int shows) => Solved(problem: $"p{poses}") with
        {
            Episode = Solved().Episode with { Id = $"3/propose/{poses}/{shows}", Role = Role.Proposer, Segments = [new(Source.Prompt, $"unlike [p{shows}]"), new(Source.Model, $"p{poses}")] },
            Quoted = [$"p{shows}"],
        };

        LoggedEpisode[] log = [.. Enumerable.Range(0, 20).Select(index => Solved(problem: $"p{index}")), .. from poses in Enumerable.Range(0, 20) from shows in Enumerable.Range(0, 20) where poses != shows select Proposed(poses, shows)];
        ExportedFiles written = await Exporter.WriteAsync(log, Options(ExportFormat.ChatML) with { TestShare = 0.4 }, _folder);
        string[] train = await File.ReadAllLinesAsync(Path.Combine(_folder, "train.jsonl")), test = await File.ReadAllLinesAsync(Path.Combine(_folder, "test.jsonl"));
        static string[] Problems(string[] lines) => [.. lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("provenance").GetProperty("problem").GetString()!).Distinct()];
        string[] reserved = Problems(test);
        Assert.InRange(reserved.Length, 1, 19);
        Assert.Empty(reserved.Intersect(Problems(train)));
        Assert.DoesNotContain(train, line => reserved.Any(problem => line.Contains($"[{problem}]")));
        Assert.Contains(train, line => line.Contains("unlike"));
        Assert.Equal((log.Length - train.Length - test.Length, reserved.Length * (20 - reserved.Length)), (written.LeftOut, written.LeftOut));
    }

    [Theory]
    [InlineData(ExportFormat.ChatML)]
    [InlineData(ExportFormat.Parquet)]
    public async Task What_cannot_be_written_whole_leaves_the_earlier_files_and_says_which_episode_it_was(ExportFormat format)
    {
        LoggedEpisode[] log = [.. Enumerable.Range(0, 40).Select(index => Solved(problem: $"p{index}"))];
        ExportOptions options = Options(format) with { TestShare = 0.5 };
        await Exporter.WriteAsync(log, options, _folder);
        Dictionary<string, byte[]> before = Directory.EnumerateFiles(_folder).ToDictionary(file => file, File.ReadAllBytes);
        EpisodeRecord episode = Solved().Episode;
        foreach ((EpisodeRecord odd, string says) in ((EpisodeRecord, string)[])
        [
            (episode with { LogProbabilities = [.. episode.LogProbabilities[..^1], float.NaN] }, "first/3/solve/0/0 has a log-probability of NaN"),
            (episode with { Reward = double.PositiveInfinity }, "has a reward of"),
            (episode with { Advantage = double.NaN }, "has an advantage of"),
        ])
        {
            SocietyException refusal = await Assert.ThrowsAsync<SocietyException>(() => Exporter.WriteAsync([.. log[..20], Solved(problem: "odd") with { Episode = odd }], options, _folder));
            Assert.Contains(says, refusal.Message);
        }

        // A folder in the place of a file cannot be replaced by one.
        string place = Path.Combine(_folder, $"train.{(format == ExportFormat.Parquet ? "parquet" : "jsonl")}.tmp");
        Directory.CreateDirectory(place);
        await Assert.ThrowsAsync<SocietyException>(() => Exporter.WriteAsync(log[..20], options, _folder));
        Directory.Delete(place);
        Assert.Equal(before.Keys.Order(), Directory.EnumerateFiles(_folder).Order());
        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    [Fact]
    public async Task A_training_file_that_cannot_take_its_place_leaves_the_old_test()
    {
        LoggedEpisode[] log = [.. Enumerable.Range(0, 40).Select(index => Solved(problem: $"p{index}"))];
        ExportOptions options = Options(ExportFormat.ChatML) with { TestShare = 0.5 };
        await Exporter.WriteAsync(log, options, _folder);
        string train = Path.Combine(_folder, "train.jsonl"), test = Path.Combine(_folder, "test.jsonl"), before = File.ReadAllText(test);
        File.Delete(train);
        Directory.CreateDirectory(train);
        await Assert.ThrowsAsync<SocietyException>(() => Exporter.WriteAsync(log[..20], options, _folder));
        Assert.Equal(before, File.ReadAllText(test));
        Assert.Equal([test], Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task A_test_file_of_an_earlier_split_does_not_stay_beside_a_new_training_file()
    {
        LoggedEpisode[] log = [.. Enumerable.Range(0, 40).Select(index => Solved(problem: $"p{index}"))];
        await Exporter.WriteAsync(log, Options(ExportFormat.ChatML) with { TestShare = 0.5 }, _folder);
        Assert.True(File.Exists(Path.Combine(_folder, "test.jsonl")));
        await Exporter.WriteAsync(log, Options(ExportFormat.ChatML), _folder);
        Assert.Equal([Path.Combine(_folder, "train.jsonl")], Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public void Filters_and_duplicates_leave_what_was_asked_for()
    {
        LoggedEpisode right = Solved(), wrong = Solved(outcome: Outcome.Wrong, answer: "#2"), again = Solved(attempt: 1);
        Assert.Equal([right, wrong], Exporter.Choose([right, wrong, again], new ExportOptions { Format = ExportFormat.ChatML }));
        Assert.Equal([right, again], Exporter.Choose([right, wrong, again], new ExportOptions { Format = ExportFormat.ChatML, VerifiedOnly = true, Deduplicate = false }));
        Assert.Empty(Exporter.Choose([right], new ExportOptions { Format = ExportFormat.ChatML, MinimumDifficulty = 3 }));
        Assert.Empty(Exporter.Choose([right], new ExportOptions { Format = ExportFormat.ChatML, Agent = "solver-2" }));
    }

    [Fact]
    public async Task An_empty_filter_is_refused_before_anything_is_written()
    {
        SocietyException refusal = await Assert.ThrowsAsync<SocietyException>(() =>
            Exporter.WriteAsync([Solved()], new ExportOptions { Format = ExportFormat.ChatML, MinimumDifficulty = 9 }, Path.Combine(_folder, "none")));
        Assert.Contains("difficulty 9 to any", refusal.Message);
        Assert.False(Directory.Exists(Path.Combine(_folder, "none")));
    }

    [Fact]
    public void A_proposal_is_in_no_group_of_attempts()
    {
        LoggedEpisode solved = Solved();
        Assert.NotNull(solved.Group);
        Assert.Null((solved with { Episode = solved.Episode with { Role = Role.Proposer } }).Group);
    }

    [Fact]
    public void Reviews_are_compared_with_those_of_the_same_problem_and_not_with_attempts()
    {
        LoggedEpisode Review(string problem) => Solved() with { Episode = Solved().Episode with { Role = Role.Critic }, Problem = Solved().Problem! with { Id = problem } };
        Assert.Equal(Review("3/0").Group, Review("3/0").Group);
        Assert.Equal(3, new[] { Review("3/0").Group, Review("3/1").Group, Solved().Group }.Distinct().Count());
    }

    private static ExportOptions Options(ExportFormat format) => new() { Format = format, TestShare = 0 };

    private async Task<JsonElement> Line(ExportFormat format)
    {
        await Exporter.WriteAsync([Solved()], Options(format), _folder);
        return JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(Path.Combine(_folder, "train.jsonl")))).RootElement;
    }

    private static LoggedEpisode Solved(string run = "first", string problem = "ba4=", int attempt = 0, Outcome outcome = Outcome.Correct, string answer = "#1") => new(
        run,
        new EpisodeRecord
        {
            Id = $"3/solve/0/{attempt}",
            Round = 3,
            Agent = "solver-1",
            Role = Role.Solver,
            Problem = "3/0",
            Attempt = attempt,
            Checkpoint = "base",
            Segments = [new(Source.Prompt, problem), new(Source.Model, "a4?"), new(Source.Tool, "7"), new(Source.Model, answer)],
            Tokens = [1, 0, 12, 18, 0, 12, 19, 15, 21, 9, 26],
            LogProbabilities = [0, 0, 0, 0, -0.1f, -0.2f, -0.3f, 0, -0.4f, -0.5f, -0.6f],
            LossMask = [false, false, false, false, true, true, true, false, true, true, true],
            ToolCalls = [new() { Kind = ToolKind.Read, Request = "a4?", Reply = "7", Page = "notes/operator-a", Revision = "r9" }],
            Outcome = outcome,
            Reason = "",
            Sound = true,
            Reward = outcome == Outcome.Correct ? 1 : 0,
        },
        new ProblemRecord { Id = "3/0", Round = 3, Text = problem, Difficulty = 2, CanonicalForm = problem, SolveRate = 0.5 });
}
