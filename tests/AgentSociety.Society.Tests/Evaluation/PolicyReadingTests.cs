using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Environments.Games;
using AgentSociety.Models;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class PolicyReadingTests : IDisposable
{
    private static readonly string[] Kuhn =
    [
        "environment.name=kuhn-poker", "environment.options={opponent: past-selves}", "pretrain.maximumDifficulty=1", "evaluation.difficulties=[1]", "evaluation.temperature=1", "culture.sharing=off",
    ];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Samples_with_their_probabilities_are_read_as_the_policy_that_wrote_them()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario(Kuhn));
        PolicyReading reading = PolicyReading.Due(plan, 0, test: true, final: true)!;
        IReadOnlyList<DecisionPoint> decisions = ((IMeasuredPlay)plan.Environment).Decisions;
        Assert.Equal(decisions.Select(decision => decision.Prompt), reading.Requests.Select(request => request.Prompt).Distinct());
        Assert.Equal(reading.Requests.Count, reading.Requests.Select(request => request.Key).Distinct().Count());
        // Everybody always bets but for a pass in ten: what such players lose is known from the rules (see the tests of the environment).
        IReadOnlyDictionary<string, double>[] policy = [.. decisions.Select(_ => new Dictionary<string, double> { ["b;"] = 0.9, ["p;"] = 0.1 })];
        for (int index = 0; index < reading.Requests.Count; index++)
        {
            string written = index % 3 == 0 ? "p;" : "b;";
            Assert.Equal(index == reading.Requests.Count - 1, reading.Take(Generation(reading.Requests[index].Id, written, policy[0][written])));
        }

        IReadOnlyList<MetricRecord> expected = ((IMeasuredPlay)plan.Environment).Measure(policy);
        foreach ((MetricRecord one, MetricRecord other) in expected.Zip(reading.Metrics()))
        {
            Assert.Equal(one.Name, other.Name);
            Assert.Equal(one.Value, other.Value, 5);
        }

        Assert.NotEqual(((ILeaguePlay)plan.Environment).PastSelves, ((ILeaguePlay)reading.Next().Environment).PastSelves);
    }

    [Fact]
    public void Many_decisions_are_asked_in_the_first_test_and_the_last_alone_and_few_in_every_test()
    {
        RunPlan board = RunPlan.Of(_tiny.Scenario("environment.name=tic-tac-toe", "environment.options={}", "pretrain.maximumDifficulty=7"));
        Assert.Null(PolicyReading.Due(board, 2, test: true, final: false));
        Assert.Equal(((BoardEnvironment)board.Environment).Decisions.Count, PolicyReading.Due(board, 3, test: true, final: true)!.Requests.Count);
        RunPlan fixedOpponent = RunPlan.Of(_tiny.Scenario([.. Kuhn, "environment.options={opponent: equilibrium}"]));
        Assert.Null(PolicyReading.Due(fixedOpponent, 1, test: false, final: false));
        Assert.NotNull(PolicyReading.Due(fixedOpponent, 2, test: true, final: false));
        Assert.Null(PolicyReading.Due(RunPlan.Of(_tiny.Scenario()), 0, test: true, final: true));
    }

    [Fact]
    public async Task A_league_is_measured_every_round_and_goes_on_where_it_was_interrupted()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Kuhn), whole));
        await TinySociety.RunUntil(RunPhase.Learn, 3, _tiny.Scenario(Kuhn), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        Assert.Equal(4, Metric(whole, "exploitability").Count);
        Assert.Equal(Metric(whole, "exploitability/past-selves"), Metric(broken, "exploitability/past-selves"));
        Assert.Equal(Metric(whole, "exploitability"), Metric(broken, "exploitability"));
        Assert.All(Metric(whole, "exploitability"), value => Assert.InRange(value.Value, 0, 2));
    }

    [Fact]
    public async Task Play_against_the_past_self_goes_on_where_it_was_interrupted_and_learns_from_what_that_self_found_best()
    {
        string[] board = ["environment.name=tic-tac-toe", "environment.options={opponent: past-self}", "pretrain.maximumDifficulty=5", "evaluation.difficulties=[2]", "culture.sharing=off", "learning.replayShare=0.5", "learning.rememberedShare=0"];
        RunDirectory whole = _tiny.Create("whole-board"), broken = _tiny.Create("broken-board");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(board), whole));
        await TinySociety.RunUntil(RunPhase.Learn, 3, _tiny.Scenario(board), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        Assert.Equal(4, Metric(whole, "optimal-play-rate").Count);
        Assert.Equal(Metric(whole, "optimal-play-rate"), Metric(broken, "optimal-play-rate"));
    }

    private static IReadOnlyList<(int Round, double Value)> Metric(RunDirectory directory, string name)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        return [.. new RunRecords(database).Metric(name)];
    }

    // The model's tokens share the probability; the prompt's have none.
    private static Generation Generation(string id, string written, double probability) => new()
    {
        Id = id,
        Segments = [new(Source.Prompt, "x:J="), new(Source.Model, written)],
        Tokens = [0, 1, 2],
        LogProbabilities = [0, (float)(Math.Log(probability) / 2), (float)(Math.Log(probability) / 2)],
        LossMask = [false, true, true],
        FinishReason = FinishReason.MaximumTokens,
    };
}
