using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class SleepTests : IDisposable
{
    private static readonly string[] Sleepy =
    [
        .. TinySociety.Literate, "consolidation.everyRounds=2", "consolidation.steps=3", "consolidation.batch=4", "consolidation.problemsPerDifficulty=2", "culture.shown=oracle", "selfPlay.enabled=false",
    ];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_society_sleeps_when_it_is_due_and_measures_what_it_did()
    {
        RunDirectory directory = _tiny.Create("run");
        List<RunProgress> asleep = [];
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Sleepy), directory, progress =>
        {
            if (progress is { Phase: RunPhase.Sleep, PhaseShare: not null }) asleep.Add(progress);
        }));
        Assert.Equal(1, asleep[^1].PhaseShare);
        Assert.All(asleep, told => Assert.True(told is { Round: 2, Loss: > 0, TrainTokensPerSecond: > 0, Remaining: not null }));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal([2], records.Metric("sleep/lessons").Select(point => point.Round));
        Assert.True(records.Metric("sleep/lessons")[0].Value > 0, "a model that reads what an oracle wrote has lessons to sleep over");
        foreach (string metric in (string[])["sleep/before", "sleep/after", "sleep/recall-before", "sleep/recall-after", "sleep/reading", "sleep/older-before", "sleep/older-after"])
            Assert.Equal([2], records.Metric(metric).Select(point => point.Round));
    }

    [Theory]
    [InlineData]
    [InlineData("learning.weights=lora")]
    [InlineData("learning.weights=lora", "population=[{role: proposer}, {role: solver, count: 2, adapter: agent}]")]
    public async Task A_run_that_was_killed_after_its_sleep_goes_on_as_if_it_had_not_been(params string[] settings)
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario([.. Sleepy, .. settings]), whole);
        await TinySociety.RunUntil(RunPhase.Evaluate, 2, _tiny.Scenario([.. Sleepy, .. settings]), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Theory]
    [InlineData("role", "solver")]
    [InlineData("society", "society")]
    [InlineData("agent", "solver-1", "solver-2")]
    public async Task Adapters_sleep_over_the_lessons_of_those_who_play_with_them_and_nothing_else_moves(string sharing, params string[] asleep)
    {
        RunDirectory directory = _tiny.Create("run");
        string[] settings = [.. Sleepy, "learning.enabled=false", "learning.weights=lora", $"population=[{{role: proposer, adapter: {sharing}}}, {{role: solver, count: 2, adapter: {sharing}}}]"];
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(settings), directory));
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        using LanguageModel before = LanguageModel.Load(directory.Checkpoint("round-0")), after = LanguageModel.Load(directory.Checkpoint("round-2"));
        Assert.Equal(Values(before.Decoder.Parameters), Values(after.Decoder.Parameters));
        Assert.Equal(asleep, after.Adapters.Keys.Where(name => !Values(before.Adapters[name].Parameters).SequenceEqual(Values(after.Adapters[name].Parameters))).Order());
        Assert.Equal(3 * asleep.Length, Assert.Single(new RunRecords(database).Metric("sleep/steps")).Value);
        TrainedText[] texts = [.. database.BatchesOfCheckpoint("round-2").SelectMany(batch => database.EpisodesOf(batch.Batch))];
        Assert.Equal(asleep, texts.Select(text => text.Weights).Distinct().Order());
        Assert.All(texts, text => Assert.Equal(sharing == "agent" ? database.Episode(text.Episode).Agent : asleep[0], text.Weights));

        static float[] Values(IEnumerable<(string Name, TorchSharp.torch.Tensor Weight)> weights) => [.. weights.SelectMany(weight => weight.Weight.data<float>().ToArray())];
    }

    [Fact]
    public void Lessons_are_sound_attempts_that_read_and_did_nothing_else()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario());
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("lessons.db"));
        Problem problem = plan.Environment.Generate(2, KeyedRandom.For(1, "problem"));
        ProblemRecord posed = new() { Id = "1/0", Round = 1, Text = problem.Text, Difficulty = 2, CanonicalForm = problem.CanonicalForm, SolveRate = 1 };
        EpisodeRecord read = Attempt(plan, problem, experiments: false), tried = Attempt(plan, problem, experiments: true);
        Lesson lesson = Assert.Single(SleepLessons.Of(plan, 1, database, [posed], [read, tried, read with { Id = "1/solve/0/2", Sound = false }, read with { Id = "1/solve/0/3" }]));
        Assert.Equal(read.Segments, lesson.WithNotes);
        Assert.All(lesson.WithoutNotes.Where(segment => segment.Source == Source.Tool), reply => Assert.Equal("-", reply.Text));
    }

    /// <summary>A flawless attempt at a problem by somebody who looks everything up, or tries everything.</summary>
    private static EpisodeRecord Attempt(RunPlan plan, Problem problem, bool experiments)
    {
        IFactSource facts = (IFactSource)plan.Environment;
        INotes notes = experiments ? EmptyNotes.Instance : new OracleNotes(EmptyNotes.Instance, OracleNotes.TruthOf(facts));
        IToolSession tools = plan.Environment.OpenTools(problem, new ToolAccess { Notes = notes, Experiments = 2 })!;
        List<Segment> segments = [new(Source.Prompt, problem.Text)];
        char digit = problem.Text[^2];
        foreach (char name in problem.Text[..^2].Reverse())
        {
            string call = $"{name}{digit}{(experiments ? '!' : '?')}";
            digit = tools.Call(call)[0];
            segments.AddRange([new(Source.Model, call), new(Source.Tool, digit.ToString())]);
        }

        segments.Add(new Segment(Source.Model, $"#{digit}"));
        IReadOnlyList<ToolCall> calls = [.. tools.Calls.Select(call => call.Page is null ? call : call with { Revision = "oracle" })];
        return new EpisodeRecord
        {
            Id = experiments ? "1/solve/0/1" : "1/solve/0/0",
            Round = 1,
            Agent = "solver-1",
            Role = Role.Solver,
            Problem = "1/0",
            Attempt = 0,
            Checkpoint = "round-0",
            Segments = segments,
            Tokens = [],
            LogProbabilities = [],
            LossMask = [],
            ToolCalls = calls,
            Outcome = Outcome.Correct,
            Reason = "",
            Sound = true,
            Reward = 1,
        };
    }
}
