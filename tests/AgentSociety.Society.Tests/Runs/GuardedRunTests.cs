using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class GuardedRunTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Every_round_and_every_checkpoint_is_measured()
    {
        using SocietyDatabase database = await Run("run", TinySociety.Literate);
        RunRecords records = new(database);
        // Entropy is that of what is trained on: a round in which no attempt carries a signal says nothing of it.
        Assert.Contains("entropy/solver", records.MetricNames());
        foreach (string sign in (string[])["entropy/proposer", "distinct-4", "self-bleu", "duplicates", "silent-groups"]) Assert.Equal([1, 2, 3], records.Metric(sign).Select(point => point.Round));
        foreach (int round in (int[])[1, 2, 3])
            Assert.Equal(1, Enumerable.Range(0, 10).Sum(bin => records.Metric(FormattableString.Invariant($"solve-rates/{bin / 10.0:0.0}")).Single(point => point.Round == round).Value), 9);
        // Checkpoints are kept after tests: after rounds 2 and 3, and before the first, when nothing has moved or been played.
        IReadOnlyList<(int Round, double Value)> moved = records.Metric("divergence-from-base");
        Assert.Equal([2, 3], moved.Select(point => point.Round));
        Assert.All(moved, point => Assert.InRange(point.Value, 1e-6, 10));
        Assert.Equal([2, 3], records.Metric("memorisation/gap").Select(point => point.Round));
        Assert.Equal([2, 3], records.Metric("memorisation").Select(point => point.Round));
    }

    [Fact]
    public async Task Probes_change_nothing_that_is_written()
    {
        RunDirectory with = _tiny.Create("with"), without = _tiny.Create("without");
        await TinySociety.Run(_tiny.Scenario(), with);
        await TinySociety.Run(_tiny.Scenario("guards.probeEpisodes=0", "guards.probeProblems=0"), without);
        Assert.Equal(TinySociety.Transcripts(with, probes: false), TinySociety.Transcripts(without, probes: false));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(without.Database);
        Assert.DoesNotContain(new RunRecords(database).MetricNames(), name => name.StartsWith("memorisation", StringComparison.Ordinal) || name == "divergence-from-base");
    }

    [Theory]
    [InlineData("guards.maximumDivergence=0", 2)]
    [InlineData("guards.minimumSolverEntropy=100", 1)]
    [InlineData("guards.minimumProposerEntropy=100", 1)]
    [InlineData("guards.maximumSelfBleu=0", 1)]
    public async Task A_sign_ends_the_run_at_a_safe_point_where_the_scenario_asks_for_it(string bound, int round)
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Stopped, await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, "guards.stop=true", "guards.patience=1", bound]), directory));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal(round, records.LastRound()!.Round);
        Assert.Equal(round, records.HeldOut()[^1].Round);
        Assert.True(File.Exists(Path.Combine(directory.Checkpoint(records.Checkpoints()[^1].Name), "model.safetensors")));
        Assert.Equal(RunEnd.Stopped, await TinySociety.Resume(directory));
        Assert.Equal(round, records.LastRound()!.Round);
    }

    [Fact]
    public async Task While_a_sign_lasts_play_is_warmer_and_is_trained_on_as_it_was_sampled_also_after_a_stop()
    {
        string[] settings = ["selfPlay.rounds=4", "guards.patience=1", "guards.maximumSilentGroups=0", "guards.temperatureFloor=1.5", "learning.stepsPerRound=1", "evaluation.everyRounds=100"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(settings), whole);
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database))
        {
            RunRecords records = new(database);
            Dictionary<int, double> silent = records.Metric("silent-groups").ToDictionary(point => point.Round, point => point.Value);
            Assert.Equal([1, 2, 3, 4], records.Metric("temperature").Select(point => point.Round));
            Assert.All(records.Metric("temperature"), point => Assert.Equal(point.Round > 1 && silent[point.Round - 1] > 0 ? 1.5 : 1, point.Value));
            Assert.Contains(records.Metric("temperature"), point => point.Value == 1.5);
            // One step: its weights are those that sampled, and their probabilities at the same temperature are those recorded.
            Assert.All(records.Metric("divergence"), point => Assert.InRange(point.Value, 0, 1e-6));
        }

        await TinySociety.RunUntil(RunPhase.Solve, 3, _tiny.Scenario(settings), broken);
        await TinySociety.Resume(broken);
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Theory]
    [InlineData(SolverReward.Sound)]
    [InlineData(SolverReward.Correct)]
    public async Task A_resumed_run_reads_the_solutions_that_it_remembered_and_no_more(SolverReward remember)
    {
        // The shipped model guesses where it does not know, so that some of its right answers are lucky.
        using SocietyDatabase database = await Run("run", [.. TinySociety.Literate]);
        Dictionary<string, int> difficulties = new RunRecords(database).Difficulties();
        bool sound = remember == SolverReward.Sound;
        EpisodeRecord[] attempts = [.. database.Episodes(new EpisodeFilter { Role = Core.Play.Role.Solver })];
        EpisodeRecord[] all = [.. attempts.Where(episode => sound ? episode.Sound : episode.Outcome == Core.Environments.Outcome.Correct)];
        Assert.Contains(attempts, attempt => attempt.Outcome == Core.Environments.Outcome.Correct && !attempt.Sound);
        foreach (int each in (int[])[1, 2, 5, 1000])
        {
            SolutionMemory streamed = Memory(each), bounded = Memory(each);
            streamed.Add(attempts, problem => difficulties[problem]);
            EpisodeRecord[] read = [.. database.NewestSolutions(each, fromRound: 1, sound: sound)];
            bounded.Add(read, problem => difficulties[problem]);
            Assert.Equal(Ids(streamed), Ids(bounded));
            Assert.Equal(Ids(streamed).Sum(ids => ids.Split(' ').Length), read.Length);
            if (each == 1000) Assert.Equal(all.Select(episode => episode.Id).Order(), streamed.Snapshot().SelectMany(solutions => solutions).Select(solution => solution.Id).Order());
        }

        Assert.Equal(all.Where(episode => episode.Round >= 3).Select(episode => episode.Id), database.NewestSolutions(1000, fromRound: 3, sound: sound).Select(episode => episode.Id));
        SolutionMemory Memory(int each) => new(new LearningSettings { RememberedSolutions = each, Remember = remember });
        static string[] Ids(SolutionMemory memory) => [.. memory.Snapshot().Select(solutions => string.Join(' ', solutions.Select(solution => solution.Id)))];
    }

    [Fact]
    public async Task What_is_remembered_by_the_answer_alone_holds_lucky_solutions_and_what_is_remembered_by_its_steps_does_not()
    {
        using SocietyDatabase byAnswer = await Run("answer", [.. TinySociety.Literate, "learning.remember=correct"]), bySteps = await Run("steps", [.. TinySociety.Literate]);
        Assert.Contains(new RunRecords(byAnswer).Metric("remembered/lucky"), point => point.Value > 0);
        Assert.All(new RunRecords(bySteps).Metric("remembered/lucky"), point => Assert.Equal(0, point.Value));
        // They differ only in what is replayed, and the first round replays nothing of their own.
        Assert.Equal(Played(byAnswer, 1), Played(bySteps, 1));
        static string[] Played(SocietyDatabase database, int round) =>
            [.. database.Episodes(new EpisodeFilter { FromRound = round, ToRound = round }).Select(episode => $"{string.Concat(episode.Segments.Select(segment => segment.Text))} {episode.LogProbabilities.Sum():r}")];
    }

    private async Task<SocietyDatabase> Run(string name, params string[] settings)
    {
        RunDirectory directory = _tiny.Create(name);
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(settings), directory));
        return SocietyDatabase.OpenReadOnly(directory.Database);
    }
}
