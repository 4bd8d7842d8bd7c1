using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class GenerationTests : IDisposable
{
    private static readonly string[] Mortal = [.. TinySociety.Literate, "generations.everyRounds=2", "selfPlay.rounds=6", "evaluation.everyRounds=1", "evaluation.difficulties=[1, 2]"];
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("scratchpad")]
    [InlineData("weights")]
    [InlineData("both")]
    [InlineData("neither")]
    public async Task Newborns_take_the_names_of_their_line_and_have_what_they_inherit(string inherit)
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario([.. Mortal, $"generations.inherit={inherit}"]), directory));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        EpisodeRecord[] episodes = [.. database.Episodes(new EpisodeFilter())];
        Assert.All(episodes, episode => Assert.Equal(episode.Round <= 2, !episode.Agent.Contains('.')));
        Assert.Contains(episodes, episode => episode is { Agent: "solver-2.3", Round: 5 });
        Assert.Equal([(0, 1.0), (3, 2), (5, 3)], records.Metric("generation"));
        Assert.Equal([0, 3, 5], records.Metric("generation/first-score").Select(point => point.Round));
        Assert.Contains("ratchet/slope", records.MetricNames());
        ArchivedNotes notes = ArchivedNotes.Of(database);
        bool mayRead = inherit is "scratchpad" or "both";
        Assert.Equal(mayRead, notes.List("agents/era-").Count == 0);
        HashSet<string> revisionsOfTheDead = [.. episodes.Where(episode => episode.Round <= 2).SelectMany(episode => episode.ToolCalls).Select(call => call.Revision).OfType<string>()];
        if (!mayRead) Assert.DoesNotContain(episodes.Where(episode => episode.Round > 2).SelectMany(episode => episode.ToolCalls), call => call.Revision is { } revision && revisionsOfTheDead.Contains(revision));
    }

    [Theory]
    [InlineData("neither", 3)]
    [InlineData("neither", 4)]
    [InlineData("both", 5)]
    public async Task A_run_that_was_interrupted_in_a_life_goes_on_as_if_it_had_not_been(string inherit, int round)
    {
        string[] settings = [.. Mortal, $"generations.inherit={inherit}", "generations.wipeScratchpadAtRound=4"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(settings), whole);
        await TinySociety.RunUntil(RunPhase.Solve, round, _tiny.Scenario(settings), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Theory]
    [InlineData("scratchpad", "round-0")]
    [InlineData("both", "round-4")]
    public async Task What_is_played_and_asked_in_a_round_names_the_weights_that_did_it(string inherit, string born)
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. Mortal, $"generations.inherit={inherit}", "generations.wipeScratchpadAtRound=5"]), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        AnswerRecord[] answers = [.. database.AnswerList(new AnswerFilter { Round = 5 }, int.MaxValue).Select(row => database.Answer(row.Id))];
        Assert.Superset(new HashSet<string> { "birth", "wipe/before", "wipe/after" }, answers.Select(answer => answer.Test).ToHashSet());
        Assert.All(answers, answer => Assert.Equal(answer.Test is "birth" or "wipe/before" or "wipe/after" ? born : "round-5", answer.Episode.Checkpoint));
        Assert.All(database.Episodes(new EpisodeFilter { FromRound = 5, ToRound = 5 }), episode => Assert.Equal(born, episode.Checkpoint));
        Assert.All(database.Episodes(new EpisodeFilter { FromRound = 2, ToRound = 2 }), episode => Assert.Equal("round-1", episode.Checkpoint));
    }

    [Fact]
    public async Task Weights_that_are_not_inherited_are_those_of_the_first_day()
    {
        // Without culture and without a memory, a newborn of any generation answers as the first did.
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. Mortal, "generations.inherit=neither", "culture.sharing=off", "evaluation.finalProblemsPerDifficulty=3"]), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Assert.Single(new RunRecords(database).Metric("generation/first-score").Select(point => point.Value).Distinct());
    }

    [Fact]
    public void Lives_follow_from_the_round_alone()
    {
        Lifetimes lives = Lives(Inheritance.Neither, rounds: 7);
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 3], Enumerable.Range(0, 8).Select(lives.Of));
        Assert.Equal([4, 7], Enumerable.Range(0, 8).Where(lives.BeginsAt));
        Assert.Equal([3, 6, 7], Enumerable.Range(0, 8).Where(lives.EndsAt));
        Assert.Equal([1, 1, 1, 4, 4, 4, 7], Enumerable.Range(1, 7).Select(round => lives.EraOf(round).FirstRound));
        Assert.Equal([1, 1, 1, 1, 5, 5, 5], Enumerable.Range(1, 7).Select(round => Lives(Inheritance.Both, 7, wipe: 5).EraOf(round).FirstRound));
        Assert.Equal([1, 1, 1, 4, 5, 5, 7], Enumerable.Range(1, 7).Select(round => Lives(Inheritance.Weights, 7, wipe: 5).EraOf(round).FirstRound));
        Lifetimes immortal = new(new Scenario { Name = "n", Environment = new EnvironmentSettings { Name = "arithmetic" } });
        Assert.DoesNotContain(true, Enumerable.Range(0, 100).Select(round => immortal.BeginsAt(round) || immortal.EndsAt(round)));
    }

    [Fact]
    public void A_generation_is_measured_by_when_it_matches_its_elders()
    {
        Lifetimes lives = Lives(Inheritance.Both, rounds: 9);
        (int, double)[] firsts = [(0, 0.1), (4, 0.5), (7, 0.79)];
        (int, double)[] scores = [(1, 0.2), (2, 0.6), (3, 0.61), (4, 0.5), (5, 0.6), (6, 0.8), (7, 0.8), (8, 0.9), (9, 0.9)];
        Assert.Equal([2, 2, 0], GenerationMetrics.RoundsToMatch(lives, firsts, scores));
        Assert.Equal([2, null], GenerationMetrics.RoundsToMatch(lives, firsts[..2], [.. scores[..3], (4, 0.1), (5, 0.2), (6, 0.3)]));
    }

    [Fact]
    public void An_era_hides_what_was_written_before_it_and_shows_its_own_under_plain_names()
    {
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("era.db"));
        using Scratchpad scratchpad = new(database, rules: new EditRules { ForeignNotebooks = Gate.Locked });
        Era first = new(1), later = new(21), other = new(2);
        int edits = 0;
        EditResult Write(Era era, string page, string text) => scratchpad.Commit([new EditRequest
        {
            Key = $"{edits++}",
            Edit = new NoteEdit { Page = era.Page(page), Kind = EditKind.Append, Text = text, Comment = "" },
            Author = "solver-1.2",
            Round = 1,
        }])[0];
        Assert.IsType<EditResult.Saved>(Write(first, "notes/a", "old"));
        Assert.IsType<EditResult.Saved>(Write(later, "notes/a", "new"));
        Assert.IsType<EditResult.Saved>(Write(later, "agents/group-1/notes/b", "ours"));
        Assert.IsType<EditResult.Saved>(Write(first, "agents/solver-1/notes/c", "an heir may"));
        Assert.IsType<EditResult.Rejected>(Write(first, "agents/solver-2/notes/c", "a stranger may not"));
        INotes all = scratchpad.Snapshot();
        Assert.Equal("old\n", first.View(all).Read("notes/a")!.Body);
        Assert.Equal("new\n", later.View(all).Read("notes/a")!.Body);
        Assert.Equal("notes/a", later.View(all).Read("notes/a")!.Name);
        Assert.Equal(["agents/group-1/notes/b", "notes/a"], later.View(all).List(""));
        Assert.Equal(["notes/a"], later.View(all).List("notes/"));
        Assert.Empty(other.View(all).List(""));
    }

    private static Lifetimes Lives(Inheritance inherit, int rounds, int wipe = 0) => new(new Scenario
    {
        Name = "n",
        Environment = new EnvironmentSettings { Name = "arithmetic" },
        SelfPlay = new SelfPlaySettings { Rounds = rounds },
        Generations = new GenerationSettings { EveryRounds = 3, Inherit = inherit, WipeScratchpadAtRound = wipe },
    });
}
