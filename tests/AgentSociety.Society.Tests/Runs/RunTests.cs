using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class RunTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_run_leaves_every_round_with_problems_attempts_tests_and_weights()
    {
        RunDirectory directory = _tiny.Create("run");
        List<RunPhase> phases = [];
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(), directory, progress => phases.Add(progress.Phase)));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal(3, records.LastRound()!.Round);
        Assert.Equal([0, 2, 3], records.HeldOut().Select(point => point.Round));
        Assert.Equal([0, 2, 3], records.Checkpoints().Select(checkpoint => checkpoint.Round));
        Assert.All(records.Checkpoints(), checkpoint => Assert.True(File.Exists(Path.Combine(directory.Checkpoint(checkpoint.Name), "model.safetensors"))));
        EpisodeRecord[] episodes = [.. database.Episodes(new EpisodeFilter())];
        Assert.Equal(3 * 12, episodes.Count(episode => episode.Role == Role.Proposer));
        Assert.Equal(3 * 4 * 3, episodes.Count(episode => episode.Role == Role.Solver));
        Assert.All(episodes, episode => Assert.Equal(episode.Tokens.Length, episode.LogProbabilities.Length));
        // Each answer of a test is there to be read, under the weights that gave it, and they add up to what is reported.
        AnswerRecord[] answers = [.. database.AnswerList(new AnswerFilter(), int.MaxValue).Where(row => row.Test == "held-out").Select(row => database.Answer(row.Id))];
        Assert.All(answers, answer => Assert.Equal($"round-{answer.Episode.Round}", answer.Episode.Checkpoint));
        foreach ((int round, IReadOnlyList<HeldOutRecord> results) in records.HeldOut())
        {
            foreach (HeldOutRecord result in results)
            {
                AnswerRecord[] given = [.. answers.Where(answer => (answer.Episode.Round, answer.Difficulty, answer.Reading) == (round, result.Difficulty, result.Reading))];
                Assert.Equal((result.Count, result.Correct), (given.Length, given.Count(answer => answer.Episode.Outcome == Core.Environments.Outcome.Correct)));
                Assert.All(given, answer => Assert.StartsWith(answer.Problem, answer.Episode.Segments[0].Text, StringComparison.Ordinal));
            }
        }

        foreach (string metric in (string[])["solve-rate", "seconds/round", "tokens/decoded", "tokens/trained", "pages", "loss"])
            Assert.Contains(metric, records.MetricNames());
        Assert.Subset(phases.ToHashSet(), new HashSet<RunPhase> { RunPhase.Pretrain, RunPhase.Propose, RunPhase.Solve, RunPhase.Edit, RunPhase.Learn, RunPhase.Evaluate, RunPhase.Done });
        Assert.Empty(database.CheckIntegrity());
    }

    [Fact]
    public async Task The_same_scenario_and_seed_give_the_same_transcripts_on_any_number_of_threads()
    {
        RunDirectory one = _tiny.Create("one"), two = _tiny.Create("two"), other = _tiny.Create("other");
        await RunLauncher.Run(_tiny.Scenario(), one, new RunOptions { Threads = 1 }, static _ => { }, default);
        await RunLauncher.Run(_tiny.Scenario(), two, new RunOptions { Threads = 3 }, static _ => { }, default);
        await TinySociety.Run(_tiny.Scenario("seed=2"), other);
        Assert.Equal(TinySociety.Transcripts(one), TinySociety.Transcripts(two));
        Assert.NotEqual(TinySociety.Transcripts(one), TinySociety.Transcripts(other));
    }

    [Theory]
    [InlineData(100, 4, "generations.everyRounds=0")]
    [InlineData(100, 6, "generations.everyRounds=0")]
    [InlineData(2, 4, "generations.everyRounds=0")]
    [InlineData(100, 6, "generations.everyRounds=3", "generations.inherit=neither")]
    [InlineData(100, 6, "generations.everyRounds=3", "generations.inherit=scratchpad")]
    [InlineData(100, 4, "guards.patience=1", "guards.maximumSilentGroups=0", "guards.temperatureFloor=1.5")]
    public async Task Resume_points_may_be_far_between_and_rounds_since_the_last_are_learned_again(int every, int round, params string[] settings)
    {
        string[] rare = [.. TinySociety.Literate, "selfPlay.rounds=7", "selfPlay.problemsPerRound=4", "evaluation.everyRounds=100", "evaluation.difficulties=[1]", .. settings];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(rare), whole);
        await TinySociety.RunUntil(RunPhase.Edit, round, _tiny.Scenario([.. rare, $"checkpoints.everyRounds={every}"]), broken);
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(broken.Database))
        {
            StoredRound last = new RunRecords(database).LastRound()!;
            Assert.Equal(round - 1, last.Round);
            Assert.InRange(SocietyState.Load(last.State).ResumeRound!.Value, 0, last.Round - 1);
        }

        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Fact]
    public async Task Agents_with_adapters_of_their_own_go_on_as_if_they_had_not_been_interrupted_and_each_has_learned_something_else()
    {
        string[] adapters = [.. TinySociety.Literate, "learning.weights=lora", "population=[{role: proposer, count: 2, adapter: agent}, {role: solver, count: 2, adapter: agent}]"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(adapters), whole);
        await TinySociety.RunUntil(RunPhase.Learn, 2, _tiny.Scenario(adapters), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database);
        using LanguageModel model = LanguageModel.Load(whole.Checkpoint(SocietyState.Load(new RunRecords(database).LastRound()!.State).ResumePoint));
        Assert.Equal(["proposer-1", "proposer-2", "solver-1", "solver-2"], model.Adapters.Keys.Order());
        Assert.NotEqual(Values(model, "solver-1"), Values(model, "solver-2"));

        static float[] Values(LanguageModel model, string adapter) => [.. model.Adapters[adapter].Parameters.SelectMany(parameter => parameter.Weight.data<float>().ToArray())];
    }

    [Theory]
    [InlineData("role", "proposer", "solver")]
    [InlineData("society", "society")]
    public async Task Adapters_are_shared_by_a_role_or_by_all_and_each_is_trained(string sharing, params string[] adapters)
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, "learning.weights=lora", $"population=[{{role: proposer, count: 2, adapter: {sharing}}}, {{role: solver, count: 2, adapter: {sharing}}}]"]), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        using LanguageModel model = LanguageModel.Load(directory.Checkpoint(SocietyState.Load(new RunRecords(database).LastRound()!.State).ResumePoint));
        Assert.Equal(adapters, model.Adapters.Keys.Order());
        // What an adapter adds begins at zero: weights that moved learned something.
        Assert.All(adapters, adapter => Assert.Contains(model.Adapters[adapter].Parameters.Where(parameter => parameter.Name.Contains("lora_B", StringComparison.Ordinal)), parameter => parameter.Weight.data<float>().Any(value => value != 0)));
        // Remembered solutions are replayed to all; what is reinforced is its writer's own.
        Dictionary<string, string> trained = database.Episodes(new EpisodeFilter()).SelectMany(episode => database.BatchesOf(episode.Id).Where(text => text.Advantage is not null).Select(text => (Role: episode.Role.ToString().ToLowerInvariant(), text.Weights))).Distinct().ToDictionary(pair => pair.Role, pair => pair.Weights);
        Assert.Equal(sharing == "role" ? "solver" : "society", trained["solver"]);
        Assert.Equal(sharing == "role" ? "proposer" : "society", trained["proposer"]);
    }

    [Fact]
    public async Task A_reserved_problem_is_paid_for_once_also_where_the_run_was_resumed_in_between()
    {
        string[] settings = [.. TinySociety.Literate, "evaluation.difficulties=[1, 2]", "selfPlay.rounds=4", "selfPlay.proposalsPerRound=64"];
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.RunUntil(RunPhase.Propose, 3, _tiny.Scenario(settings), directory);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(directory));
        IEnvironment world = RunPlan.Of(_tiny.Scenario(settings)).Environment;
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        (int Round, string Form, double Reward, string Reason)[] reserved =
        [
            .. from episode in database.Episodes(new EpisodeFilter { Role = Role.Proposer })
               let problem = world.Parse(AgentActor.Written(episode.Segments)).Problem
               where problem is not null && Reservation.Holds(world.Name, problem.CanonicalForm) && episode.Outcome != Outcome.Malformed
               select (episode.Round, problem.CanonicalForm, episode.Reward, episode.Reason),
        ];
        Assert.Contains(reserved.GroupBy(posed => posed.Form), same => same.Any(posed => posed.Round < 3) && same.Any(posed => posed.Round >= 3));
        Assert.All(reserved.GroupBy(posed => posed.Form), same => Assert.All(same.Skip(1), posed => Assert.Equal(("posed before", -0.5), (posed.Reason, posed.Reward))));
    }

    [Theory]
    [InlineData(RunPhase.Pretrain, 0)]
    [InlineData(RunPhase.Propose, 1)]
    [InlineData(RunPhase.Solve, 2)]
    [InlineData(RunPhase.Edit, 2)]
    [InlineData(RunPhase.Learn, 3)]
    [InlineData(RunPhase.Evaluate, 2)]
    public async Task A_run_that_was_interrupted_goes_on_as_if_it_had_not_been(RunPhase phase, int round)
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(), whole);
        RunEnd end = await TinySociety.RunUntil(phase, round, _tiny.Scenario(), broken);
        Assert.Equal(RunEnd.Interrupted, end);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Theory]
    [InlineData("policy-gradient", 1, RunPhase.Learn, 3)]
    [InlineData("dpo", 1, RunPhase.Learn, 3)]
    [InlineData("spin", 1, RunPhase.Learn, 3)]
    [InlineData("dpo", 100, RunPhase.Edit, 4)]
    [InlineData("spin", 100, RunPhase.Edit, 4)]
    public async Task A_run_comes_to_the_same_weights_by_every_method_however_often_it_was_interrupted(string method, int every, RunPhase phase, int round)
    {
        string[] settings = [.. TinySociety.Literate, $"learning.method={method}", "learning.stepCredit=0", "learning.pairsPerGroup=2", "selfPlay.rounds=4", "evaluation.everyRounds=100", $"checkpoints.everyRounds={every}"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(settings), whole);
        Assert.Equal(RunEnd.Interrupted, await TinySociety.RunUntil(phase, round, _tiny.Scenario(settings), broken));
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        Assert.Equal(Weights(whole, "round-4"), Weights(broken, "round-4"));
        Assert.NotEqual(Weights(whole, "round-0"), Weights(whole, "round-4"));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(broken.Database);
        Assert.Equal(method != "policy-gradient", new RunRecords(database).Metric("pairs/in-order").Count > 0);

        static byte[] Weights(RunDirectory run, string checkpoint) => File.ReadAllBytes(Path.Combine(run.Checkpoint(checkpoint), "model.safetensors"));
    }

    // Five on a ring: what a notebook gets from its neighbour in one migration must not travel on in the same one.
    [Theory]
    [InlineData(RunPhase.Learn, 2)]
    [InlineData(RunPhase.Learn, 4)]
    [InlineData(RunPhase.Evaluate, 4)]
    public async Task News_travels_one_step_a_migration_also_where_the_round_is_played_again(RunPhase phase, int round)
    {
        string[] ring = [.. TinySociety.Literate, "population=[{role: proposer, count: 1}, {role: solver, count: 5}]", "culture.sharing=ring", "culture.migrateEveryRounds=2", "selfPlay.rounds=5", "selfPlay.problemsPerRound=10", "evaluation.everyRounds=2"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(ring), whole);
        await TinySociety.RunUntil(phase, round, _tiny.Scenario(ring), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database);
        Assert.Contains(new PageArchive(database).Changes(0, 10_000), change => change.Author.StartsWith("migration:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_finished_run_can_be_resumed_and_does_nothing()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario(), directory);
        IReadOnlyList<string> before = TinySociety.Transcripts(directory);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(directory));
        Assert.Equal(before, TinySociety.Transcripts(directory));
    }

    [Fact]
    public async Task The_test_of_a_finished_run_can_be_taken_again()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario(), directory);
        // It only reads: somebody else may be writing meanwhile.
        using Microsoft.Data.Sqlite.SqliteConnection writing = new($"Data Source={directory.Database};Pooling=False");
        writing.Open();
        using Microsoft.Data.Sqlite.SqliteTransaction transaction = writing.BeginTransaction(deferred: false);
        IReadOnlyList<HeldOutRecord> again = RunLauncher.Evaluate(directory.Path, null, new RunOptions(), default);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Assert.Equal(new RunRecords(database).HeldOut()[^1].Results.OrderBy(result => (result.Reading, result.Difficulty)), again.OrderBy(result => (result.Reading, result.Difficulty)));
        Assert.Equal(again, RunLauncher.Evaluate(directory.Checkpoint("round-3"), null, new RunOptions(), default));
    }

    [Fact]
    public async Task A_checkpoint_is_tested_with_the_scratchpad_of_its_round()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario(TinySociety.Literate), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        IEnumerable<HeldOutRecord> Stored(int round) => Ordered(records.HeldOut().Single(test => test.Round == round).Results);
        IEnumerable<HeldOutRecord> Taken(string checkpoint) => Ordered(RunLauncher.Evaluate(directory.Checkpoint(checkpoint), null, new RunOptions(), default));
        string newest = SocietyState.Load(records.LastRound()!.State).ResumePoint, other = newest == "resume-0" ? "resume-1" : "resume-0";
        Assert.NotEqual(Taken("round-0"), Taken("round-3"));
        Assert.Equal(Taken("round-0"), Taken("base"));
        Assert.Equal(Stored(3), Taken(newest));
        SocietyException refused = Assert.Throws<SocietyException>(() => Taken(other));
        Assert.Contains("does not say of which round", refused.Message);
    }

    private static IEnumerable<HeldOutRecord> Ordered(IEnumerable<HeldOutRecord> results) => results.OrderBy(result => (result.Reading, result.Difficulty));

    [Theory]
    [InlineData("learning.weights=lora")]
    [InlineData("culture.sharing=private")]
    [InlineData("culture.sharing=off")]
    [InlineData("culture.withholdingProbability=0.2")]
    [InlineData("selfPlay.enabled=false")]
    [InlineData("learning.enabled=false")]
    [InlineData("learning.method=rejection-sampling")]
    [InlineData("culture.shown=oracle")]
    public async Task Every_kind_of_society_lives_to_its_end(string setting)
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(setting, "selfPlay.rounds=2"), directory));
    }

    [Fact]
    public async Task Newborns_are_asked_reserved_problems_that_nobody_has_played()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario(), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        IReadOnlyCollection<string> played = new RunRecords(database).PlayedForms();
        IReadOnlyList<HeldOutTest.Question> questions = HeldOutTest.Questions(RunPlan.Of(_tiny.Scenario()), 50);
        Assert.NotEmpty(questions);
        Assert.All(questions, question => Assert.DoesNotContain(question.Problem.CanonicalForm, played));
        Assert.Equal(questions.Count / 2, questions.Select(question => question.Problem.CanonicalForm).Distinct().Count());
    }

    [Fact]
    public async Task A_run_takes_its_base_model_with_it()
    {
        RunDirectory made = _tiny.Create("made");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), made);
        Directory.Move(made.Checkpoint("round-0"), _tiny.PathOf("base"));
        RunDirectory directory = _tiny.Create("run");
        using CancellationTokenSource stop = new();
        await TinySociety.Run(_tiny.Scenario("model.base=base"), directory, progress =>
        {
            if (progress.Phase == RunPhase.Evaluate) stop.Cancel();
        }, stop.Token);
        Directory.Delete(_tiny.PathOf("base"), recursive: true);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(directory));
    }

    [Fact]
    public async Task A_directory_with_files_in_it_is_not_overwritten()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), directory);
        SocietyException refused = Assert.Throws<SocietyException>(() => RunDirectory.Create(directory.Path));
        Assert.Contains("resume", refused.Message);
    }

    [Theory]
    [InlineData("checkpoints/mine/weights")]
    [InlineData("checkpoints/base/config.json")]
    [InlineData("run.lock", "checkpoints/mine/weights")]
    [InlineData("placebo.db")]
    [InlineData("run.lock", "placebo.db.old")]
    public void A_folder_of_somebody_s_models_is_no_place_for_a_run(params string[] files)
    {
        string path = _tiny.PathOf("models");
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(path, file))!);
            File.WriteAllText(Path.Combine(path, file), "mine");
        }

        Assert.Contains("not empty; name another with --out", Assert.Throws<SocietyException>(() => RunDirectory.Create(path)).Message);
        Assert.All(files, file => Assert.Equal("mine", File.ReadAllText(Path.Combine(path, file))));
    }

    [Fact]
    public async Task A_run_that_cannot_begin_takes_away_what_it_made_and_nothing_else()
    {
        await MakeBase(float.NaN);
        RunDirectory directory = _tiny.Create("run");
        string mine = Path.Combine(directory.Checkpoint("mine"), "weights");
        Directory.CreateDirectory(Path.GetDirectoryName(mine)!);
        File.WriteAllText(mine, "mine");
        await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario("model.base=base"), directory));
        Assert.Equal([mine], Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_run_whose_database_is_damaged_while_it_is_played_stays_where_it_is()
    {
        RunDirectory directory = _tiny.Create("run");
        SocietyException failed = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario(), directory, progress =>
        {
            if (progress is not { Phase: RunPhase.Edit, Round: 2 }) return;
            foreach (string file in (string[])[directory.Database, $"{directory.Database}-wal"])
            {
                using FileStream damaged = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                damaged.Write(Enumerable.Repeat((byte)'?', (int)damaged.Length).ToArray());
            }
        }));
        Assert.True(failed.BadInput, failed.Message);
        Assert.True(File.Exists(directory.Database));
        Assert.True(File.Exists(Path.Combine(directory.Checkpoint("round-0"), "model.safetensors")));
    }

    [Fact]
    public async Task A_database_that_was_there_before_and_cannot_be_read_is_not_taken_away()
    {
        RunDirectory directory = _tiny.Create("run");
        string damaged = string.Concat(Enumerable.Repeat("damaged ", 1000));
        File.WriteAllText(directory.Database, damaged);
        SocietyException failed = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario(), directory));
        Assert.True(failed.BadInput, failed.Message);
        Assert.Equal(damaged, File.ReadAllText(directory.Database));
    }

    [Fact]
    public async Task Two_processes_cannot_play_one_run()
    {
        RunDirectory directory = _tiny.Create("run");
        TaskCompletionSource begun = new();
        using CancellationTokenSource stop = new();
        Task<RunEnd> first = TinySociety.Run(_tiny.Scenario("pretrain.steps=100000"), directory, progress =>
        {
            if (progress.Phase == RunPhase.Pretrain) begun.TrySetResult();
        }, stop.Token);
        await begun.Task;
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Resume(directory));
        Assert.Contains("another process", refused.Message);
        await stop.CancelAsync();
        Assert.Equal(RunEnd.Interrupted, await first);
    }

    [Fact]
    public async Task Who_looks_whether_a_run_is_being_played_does_not_keep_it_from_being_played()
    {
        RunDirectory directory = _tiny.Create("run");
        RunLock.Take(directory).Dispose();
        FileStream look = new(directory.LockFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Task gone = Task.Delay(200).ContinueWith(_ => look.Dispose(), TaskScheduler.Default);
        RunLock.Take(directory).Dispose();
        await gone;
    }

    [Fact]
    public async Task A_run_whose_scenario_was_changed_is_not_resumed()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), directory);
        File.WriteAllText(directory.ScenarioFile, _tiny.Scenario("selfPlay.rounds=9").Yaml);
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Resume(directory));
        Assert.Contains("was changed", refused.Message);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_fails_the_run_and_keeps_what_was_stored()
    {
        // A number with which texts can be drawn, and whose square is more than sums of its kind can hold.
        await MakeBase(1e25f);
        RunDirectory directory = _tiny.Create("run");
        SocietyException failed = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario("model.base=base"), directory));
        Assert.False(failed.BadInput);
        Assert.True(failed.Repeats);
        Assert.Contains("round 1", failed.Message);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Assert.Equal(0, new RunRecords(database).LastRound()!.Round);
        Assert.Empty(database.CheckIntegrity());
    }

    [Fact]
    public async Task Weights_from_which_no_token_can_be_drawn_fail_the_run_and_say_so()
    {
        await MakeBase(float.MaxValue);
        SocietyException failed = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario("model.base=base"), _tiny.Create("run")));
        Assert.Equal((false, true), (failed.BadInput, failed.Repeats));
        Assert.Contains("the logits are no numbers", failed.Message);
    }

    [Fact]
    public async Task A_base_model_that_holds_no_number_is_refused_by_name()
    {
        await MakeBase(float.NaN);
        RunDirectory directory = _tiny.Create("run");
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario("model.base=base"), directory));
        Assert.True(refused.BadInput);
        Assert.Matches(@"base: tensor \S+ holds values that are no numbers", refused.Message);
        Assert.False(Directory.Exists(directory.Path));
    }

    [Fact]
    public async Task A_run_that_died_before_it_had_begun_begins_when_it_is_resumed()
    {
        RunDirectory whole = _tiny.Create("whole"), dead = new(_tiny.PathOf("dead"));
        await TinySociety.Run(_tiny.Scenario(TinySociety.Literate), whole);
        Directory.CreateDirectory(dead.Checkpoint("base"));
        File.Copy(whole.ScenarioFile, dead.ScenarioFile);
        foreach (string file in Directory.EnumerateFiles(whole.Checkpoint("base"))) File.Copy(file, Path.Combine(dead.Checkpoint("base"), Path.GetFileName(file)));
        File.WriteAllText(dead.Database, "");
        Assert.Contains("go on with it", Assert.Throws<SocietyException>(() => RunDirectory.Create(dead.Path)).Message);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(RunDirectory.Open(dead.Path)));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(dead));
    }

    [Fact]
    public async Task A_run_that_died_before_it_had_its_scenario_leaves_a_place_that_a_run_may_begin_in()
    {
        string path = _tiny.PathOf("dead");
        Directory.CreateDirectory(Path.Combine(path, "checkpoints", "base"));
        File.WriteAllText(Path.Combine(path, "run.lock"), "");
        File.WriteAllText(Path.Combine(path, "scenario.yaml.tmp"), "name: ");
        Assert.Contains("holds no run", Assert.Throws<SocietyException>(() => RunDirectory.Open(path)).Message);
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(), RunDirectory.Create(path)));
        Assert.Contains("not empty", Assert.Throws<SocietyException>(() => RunDirectory.Create(path)).Message);
    }

    [Fact]
    public async Task A_run_that_is_stopped_before_it_begins_leaves_nothing()
    {
        RunDirectory directory = _tiny.Create("run");
        using CancellationTokenSource stop = new();
        stop.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => TinySociety.Run(_tiny.Scenario(), directory, stop: stop.Token));
        Assert.False(Directory.Exists(directory.Path));
    }

    [Fact]
    public async Task A_base_model_of_another_environment_is_refused()
    {
        RunDirectory made = _tiny.Create("made");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), made);
        Directory.Move(made.Checkpoint("round-0"), _tiny.PathOf("base"));
        SocietyException refused = await Assert.ThrowsAsync<SocietyException>(() => TinySociety.Run(_tiny.Scenario("model.base=base", "environment.options.operators=5"), _tiny.Create("run")));
        Assert.Contains("alphabet", refused.Message);
    }

    /// <summary>Makes a model in the folder <c>base</c>, and puts a value in the place of its last weight.</summary>
    private async Task MakeBase(float last)
    {
        RunDirectory made = _tiny.Create("made");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), made);
        Directory.Move(made.Checkpoint("round-0"), _tiny.PathOf("base"));
        string weights = Path.Combine(_tiny.PathOf("base"), "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        BitConverter.GetBytes(last).CopyTo(bytes, bytes.Length - sizeof(float));
        File.WriteAllBytes(weights, bytes);
    }
}
