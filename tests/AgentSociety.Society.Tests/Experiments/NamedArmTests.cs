using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class NamedArmTests : IDisposable
{
    private readonly TinyExperiment _tiny = new();
    private readonly TinySociety _society = new();

    public void Dispose()
    {
        _tiny.Dispose();
        _society.Dispose();
    }

    [Fact]
    public void Every_arm_goes_by_its_name_and_costs_the_same()
    {
        string[] names = [.. Enum.GetValues<NamedArm>().Select(arm => SettingKeys.NameOf(arm))];
        ExperimentPlan plan = _tiny.Plan(Arms(string.Join('\n', names.Select(name => $"  - {{ name: {name}, as: {name}{(name == "placebo" ? ", notesFrom: shared" : "")} }}")), "generations.everyRounds=1"));
        Assert.Equal(names, plan.Arms.Select(arm => arm.Name));
        Dictionary<string, CultureSettings> cultures = plan.Arms.ToDictionary(arm => arm.Name, arm => arm.Scenario.Scenario.Culture);
        Assert.Equal((Sharing.Off, Sharing.Private, Sharing.Shared), (cultures["no-notes"].Sharing, cultures["private"].Sharing, cultures["shared"].Sharing));
        foreach (string shown in (string[])["unread", "stale", "frozen", "titles", "episodes", "shuffled", "half", "oracle"]) Assert.Equal(shown, SettingKeys.NameOf(cultures[shown].Shown));
        Assert.Equal((NotesShown.Placebo, true), (cultures["placebo"].Shown, cultures["placebo"].PlaceboInStep));
        Assert.Equal(2, plan.Arms.Single(arm => arm.Name == "wipe").Scenario.Scenario.Generations.WipeScratchpadAtRound);
        Assert.Equal(0, plan.Arms.Single(arm => arm.Name == "single-lifetime").Scenario.Scenario.Generations.EveryRounds);
        Assert.Single(plan.Arms.Select(arm => DeclaredBudget.Of(arm.Scenario)).Distinct());
    }

    [Theory]
    [InlineData("- { name: shared, as: shared }\n  - { name: other, as: placebo }", "names none")]
    [InlineData("- { name: shared, as: shared }\n  - { name: other, as: placebo, notesFrom: shaerd }", "there is no arm 'shaerd'; did you mean shared?")]
    [InlineData("- { name: shared, as: shared }\n  - { name: other, as: titles, notesFrom: shared }", "are shown 'titles' notes")]
    [InlineData("- { name: a, as: placebo, notesFrom: b }\n  - { name: b, as: placebo, notesFrom: a }", "has the notes of others itself")]
    public void Notes_that_are_not_to_be_had_are_refused_before_anything_runs(string arms, string says) =>
        Assert.Contains(says, Assert.Throws<SocietyException>(() => _tiny.Plan(Arms("  " + arms))).Message);

    [Fact]
    public async Task A_placebo_is_another_worlds_notes_as_they_were_by_the_same_round_and_its_societies_wait_for_them()
    {
        ExperimentPlan plan = _tiny.Plan(Arms("  - { name: placebo, as: placebo, notesFrom: shared }\n  - { name: shared, as: shared }"));
        IReadOnlyList<PlannedRun> runs = plan.Runs(_tiny.Place, 2);
        List<string> begun = [];
        await new ExperimentRunner(plan, async (run, _, _, _) =>
        {
            begun.Add($"{run.Arm.Name} {run.Seed}");
            await RunLauncher.Run(run.Scenario, RunDirectory.Create(run.Directory.Path), new RunOptions { PlaceboDatabase = run.NotesOf?.Database }, static _ => { }, default);
        }, 1, static _ => { }).Run(runs, default);
        Assert.Equal(["shared 1", "shared 2", "placebo 1", "placebo 2"], begun);
        PlannedRun first = runs.Single(run => run.Arm.Name == "placebo" && run.Seed == 1);
        Assert.EndsWith("seed-2", first.NotesOf!.Path);

        // What is read is of the other society, and nothing that it wrote later; the notes lie in the run's own directory.
        using SocietyDatabase other = SocietyDatabase.OpenReadOnly(first.NotesOf.Database), copy = SocietyDatabase.OpenReadOnly(first.Directory.PlaceboDatabase), own = SocietyDatabase.OpenReadOnly(first.Directory.Database);
        Assert.Empty(copy.CheckIntegrity());
        ArchivedNotes theirs = ArchivedNotes.Of(other), copied = ArchivedNotes.Of(copy);
        Assert.NotEmpty(theirs.List(""));
        Assert.Equal(theirs.List("").Select(page => theirs.Read(page)), copied.List("").Select(page => copied.Read(page)));
        int read = 0;
        foreach (EpisodeRecord episode in own.Episodes(new EpisodeFilter()))
        {
            ArchivedNotes then = ArchivedNotes.Of(other, episode.Round - 1);
            foreach (ToolCall call in episode.ToolCalls.Where(call => call is { Kind: ToolKind.Read, Revision: not null }))
            {
                Assert.Equal(then.Read(call.Page!)!.Revision, call.Revision);
                read++;
            }
        }

        Assert.True(read > 0, "nobody read anything");
    }

    [Theory]
    [InlineData("shared")]
    [InlineData("private")]
    public async Task Raw_episodes_by_search_tell_what_was_tried_and_nothing_that_was_not(string sharing)
    {
        RunDirectory directory = _society.Create("run");
        await TinySociety.Run(Searching(sharing), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        EpisodeRecord[] episodes = [.. database.Episodes(new EpisodeFilter())];
        HashSet<(string Agent, string Question, string Reply)> tried = [];
        int found = 0;
        foreach (IGrouping<int, EpisodeRecord> round in episodes.GroupBy(episode => episode.Round))
        {
            foreach (EpisodeRecord episode in round)
            {
                foreach (ToolCall call in episode.ToolCalls.Where(call => call is { Kind: ToolKind.Read, Revision: not null } && call.Reply != "-"))
                {
                    Assert.Equal(EpisodeNotes.Revision, call.Revision);
                    (string, string, string) fact = (sharing == "shared" ? "" : episode.Agent, call.Request[^3..^1], call.Reply);
                    // Or the attempt itself has seen it just now.
                    bool now = episode.ToolCalls.TakeWhile(earlier => earlier != call).Any(earlier => earlier.Kind == ToolKind.Experiment && earlier.Request[^3..^1] == fact.Item2 && earlier.Reply == fact.Item3);
                    Assert.True(now || tried.Contains(fact), $"{episode.Id} read {fact} and nobody had tried it");
                    found++;
                }
            }

            foreach (EpisodeRecord episode in round)
                foreach (ToolCall call in episode.ToolCalls.Where(call => call.Kind == ToolKind.Experiment && call.Reply != "-"))
                    tried.Add((sharing == "shared" ? "" : episode.Agent, call.Request[^3..^1], call.Reply));
        }

        Assert.True(found > 0, "nothing was found");
    }

    [Fact]
    public async Task A_run_that_searches_episodes_goes_on_after_a_stop_as_if_there_had_been_none_and_can_be_tested_again()
    {
        RunDirectory whole = _society.Create("whole"), broken = _society.Create("broken");
        await TinySociety.Run(Searching("shared"), whole);
        await TinySociety.RunUntil(RunPhase.Solve, 4, Searching("shared"), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database);
        static IEnumerable<HeldOutRecord> Ordered(IEnumerable<HeldOutRecord> results) => results.OrderBy(result => result.Reading).ThenBy(result => result.Difficulty);
        Assert.Equal(Ordered(new RunRecords(database).HeldOut()[^1].Results), Ordered(RunLauncher.Evaluate(whole.Path, null, new RunOptions(), default)));
    }

    [Fact]
    public void A_search_finds_the_newest_transcripts_of_a_page_and_no_more_than_it_may()
    {
        EpisodeNotes notes = new(new Reader(), claims: false, most: 2, agent => agent == "hermit" ? "hermit" : null);
        notes.Add([Attempt(1, "a", "p=1"), Attempt(2, "b", "p=2", "q=5"), Attempt(3, "a", "p=3"), Attempt(3, "hermit", "p=9")]);
        INotes all = notes.View(null, fromRound: 1);
        Assert.Equal(["notes/p", "notes/q"], all.List("notes/"));
        Assert.Equal("## 2/solve/0/0\n> said\np=2\n## 3/solve/0/0\n> said\np=3\n", all.Read("notes/p")!.Body);
        Assert.DoesNotContain("p=2", notes.View(null, fromRound: 3).Read("notes/p")!.Body);
        Assert.Null(notes.View(null, fromRound: 3).Read("notes/q"));
        Assert.Contains("p=9", notes.View("hermit", fromRound: 1).Read("notes/p")!.Body);
        notes.Add([Attempt(4, "a", "p=4")]);
        Assert.DoesNotContain("p=4", all.Read("notes/p")!.Body);
    }

    [Fact]
    public async Task A_wipe_is_measured_on_both_sides_with_the_same_weights()
    {
        RunDirectory directory = _society.Create("run");
        await TinySociety.Run(_society.Scenario([.. TinySociety.Literate, "selfPlay.rounds=6", "learning.enabled=false", "generations.wipeScratchpadAtRound=5", "evaluation.difficulties=[1, 2]", "evaluation.problemsPerDifficulty=24", "evaluation.finalProblemsPerDifficulty=24"]), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        WipeTest wipe = Assert.IsType<WipeTest>(WipeTest.Of(records));
        Assert.Equal(5, wipe.Round);
        // Weights that never moved know nothing of this world: without notes they answer as on the first day.
        HeldOutRecord[] first = [.. records.HeldOut()[0].Results.Where(result => result.Reading)];
        Assert.Equal((double)first.Sum(result => result.Correct) / first.Sum(result => result.Count), wipe.After);
        Assert.True(wipe.Before > wipe.After, wipe.ToString());
    }

    [Fact]
    public async Task A_single_lifetime_has_the_experience_of_all_generations_together()
    {
        ExperimentPlan plan = _tiny.Plan(Arms("  - { name: generations, set: [generations.everyRounds=1] }\n  - { name: one-life, as: single-lifetime }"));
        SocietyResult[] results = [.. await Task.WhenAll(plan.Runs(_tiny.Place, 2).Take(2).Select(async run =>
        {
            await RunLauncher.Run(run.Scenario, RunDirectory.Create(run.Directory.Path), new RunOptions(), static _ => { }, default);
            return SocietyResult.Of(plan, run, null);
        }))];
        Assert.Equal((results[0].Spent.Attempts, results[0].Spent.GradientSteps), (results[1].Spent.Attempts, results[1].Spent.GradientSteps));
        using SocietyDatabase one = SocietyDatabase.OpenReadOnly(plan.Runs(_tiny.Place, 2)[1].Directory.Database);
        Assert.All(one.Episodes(new EpisodeFilter()), episode => Assert.DoesNotContain('.', episode.Agent));
    }

    private LoadedScenario Searching(string sharing) => _society.Scenario([.. TinySociety.Literate, "selfPlay.rounds=5", $"culture.sharing={sharing}", "culture.shown=episodes", "culture.episodesFound=3", "evaluation.difficulties=[1, 2]"]);

    private static string Arms(string arms, params string[] settings) => $"""
        name: arms
        base: tiny.yaml
        set:
          - learning.stepsPerRound=2
        {string.Join('\n', TinySociety.Literate.Concat(settings).Select(change => $"  - \"{change}\""))}
        arms:
        {arms}
        societies: 2
        pilot: 2
        metric: {"{ difficulties: [1, 2] }"}
        """;

    private static EpisodeRecord Attempt(int round, string agent, params string[] lines) => new()
    {
        Id = $"{round}/solve/0/0",
        Round = round,
        Agent = agent,
        Role = Core.Play.Role.Solver,
        Attempt = 0,
        Checkpoint = "round-0",
        Segments = [new(Core.Play.Source.Model, "said")],
        Tokens = [],
        LogProbabilities = [],
        LossMask = [],
        Outcome = Outcome.Wrong,
        Reason = "",
        Sound = false,
        Reward = 0,
        ToolCalls = [.. lines.Select(line => new ToolCall { Kind = ToolKind.Other, Request = line, Reply = "" })],
    };

    private sealed class Reader : IEpisodeReader
    {
        public IEnumerable<(string Page, string Line)> Found(IReadOnlyList<ToolCall> calls, bool claims) => calls.Select(call => ($"notes/{call.Request[0]}", call.Request));
    }
}
