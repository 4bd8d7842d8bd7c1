using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments.DataSets;

namespace AgentSociety.Society.Tests;

/// <summary>Proposals that repeat the words of a held-out question, in a society whose proposer quotes a file of questions.</summary>
[Collection("Torch")]
public sealed class ContaminationTests : IDisposable
{
    private const string Shared = "a farmer with seven hens sells every egg of the week at the market";
    private static readonly string[] Alike = [.. Enumerable.Range(1, 40).Select(day => $"On day {day} {Shared}. How many are {day} and 1?")];
    private static readonly string[] Plain = [.. Enumerable.Range(1, 40).Select(number => $"How many are {number} and 1?")];

    // What is proposed, the same in every round: four that may be played, four that repeat reserved questions, four that are reserved.
    private static readonly string[] Proposed = [.. Plain.Where(IsFree).Take(4), .. Alike.Where(IsFree).Take(4), .. Alike.Where(question => !IsFree(question)).Take(4)];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_question_that_repeats_a_held_out_one_is_paid_once_and_never_played()
    {
        RunDirectory directory = _tiny.Create("run");
        RunOptions options = new() { OpenRemote = _ => new Quoter(Proposed) };
        LoadedScenario scenario = Scenario("{path: questions.jsonl, levels: 1}");
        using CancellationTokenSource stop = new();
        // What was posed in the first round is known after a resumption as well.
        await RunLauncher.Run(scenario, directory, options, progress =>
        {
            if (progress is { Phase: RunPhase.Propose, Round: 2 }) stop.Cancel();
        }, stop.Token);
        Assert.Equal(RunEnd.Done, await RunLauncher.Resume(directory, options, static _ => { }, default));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal([(1, 4.0), (2, 0.0)], records.Metric("proposals/contaminated"));
        Assert.Equal(Proposed[..4].Order(), records.Played().Select(problem => problem.Text).Order());
        Dictionary<(int Round, string Text), EpisodeRecord> posed = database.Episodes(new EpisodeFilter { Role = Role.Proposer }).ToDictionary(episode => (episode.Round, AgentActor.Written(episode.Segments)));
        Assert.All(Proposed[4..8], text => Assert.Equal((Outcome.Correct, "repeats words of a held-out question, and so not played"), (posed[(1, text)].Outcome, posed[(1, text)].Reason)));
        Assert.All(Proposed[8..], text => Assert.Equal("kept for held-out tests, and so not played", posed[(1, text)].Reason));
        Assert.All(Proposed, text => Assert.Equal("posed before", posed[(2, text)].Reason));
    }

    [Fact]
    public void What_may_not_be_repeated_are_the_questions_of_the_test_where_problems_are_told_in_words()
    {
        Assert.NotNull(HeldOutTest.Guarded(RunPlan.Of(Scenario("{path: questions.jsonl, levels: 1}"))));
        Assert.Null(HeldOutTest.Guarded(RunPlan.Of(Scenario("{path: questions.jsonl, levels: 1, sharedWords: 0}"))));
        Assert.Null(HeldOutTest.Guarded(RunPlan.Of(_tiny.Scenario())));
        // Stories of the small English share their sentences; they are told apart by their numbers.
        Assert.Null(HeldOutTest.Guarded(RunPlan.Of(_tiny.Scenario("environment={name: word-problems}"))));
    }

    [Theory, InlineData("selfPlay.topUp=true"), InlineData("selfPlay.enabled=false"), InlineData("selfPlay.curriculum=bandit")]
    public void Nothing_that_is_drawn_repeats_a_held_out_question_either(string setting)
    {
        RunPlan plan = RunPlan.Of(Scenario("{path: questions.jsonl, levels: 1}", setting, "selfPlay.problemsPerRound=30"));
        Contamination? heldOut = HeldOutTest.Guarded(plan);
        ProblemSelection selection = plan.Scenario.SelfPlay.Curriculum == ProblemSource.Proposer ? ProblemSelection.Of(plan, 1, [], new HashSet<string>(), heldOut) : new ProblemCurriculum(plan, heldOut).Draw(1);
        Assert.Equal(30, selection.Problems.Count);
        Assert.All(selection.Problems, problem => Assert.Contains(problem.Problem.Text, Plain));
        IDemonstrator material = GuardedDraw.Material(plan.Environment, heldOut)!;
        for (ulong key = 0; key < 60; key++)
        {
            Assert.Contains(material.DemonstrateSolution(1, KeyedRandom.FromKey(key))[0].Text.TrimEnd(), Plain);
            Assert.Contains(material.DemonstrateProposal(1, KeyedRandom.FromKey(key))[1].Text, Plain);
        }
    }

    private static bool IsFree(string question) => !Reservation.Holds("data-set", question);

    private LoadedScenario Scenario(string options, params string[] settings)
    {
        File.WriteAllLines(_tiny.PathOf("questions.jsonl"), Alike.Concat(Plain).Select(question => $$"""{"question":"{{question}}","answer":"#### 7"}"""));
        return _tiny.Scenario([$"environment={{name: data-set, options: {options}}}", "model.architecture.context=192", "pretrain.maximumDifficulty=1", "evaluation.difficulties=[1]", "evaluation.finalProblemsPerDifficulty=80",
            "culture.sharing=off", "selfPlay.rounds=2", "selfPlay.problemsPerRound=12", "selfPlay.topUp=false", "population=[{role: proposer, count: 1, remote: {endpoint: 'http://127.0.0.1:9/v1', model: quoter}}, {role: solver, count: 1}]", .. settings]);
    }
}
