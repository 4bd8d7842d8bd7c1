using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Environments.Games;

namespace AgentSociety.Society.Tests;

/// <summary>Games of two are measured against opponents that never change, and past selves against each other, in runs.</summary>
[Collection("Torch")]
public sealed class GameMeasureTests : IDisposable
{
    private static readonly string[] Kuhn =
    [
        "environment.name=kuhn-poker", "environment.options={opponent: past-selves}", "pretrain.maximumDifficulty=1", "evaluation.difficulties=[1]", "culture.sharing=off",
    ];

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Every_test_is_measured_against_fixed_opponents_and_the_last_one_rates_all_that_were_tested()
    {
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Kuhn), whole));
        await TinySociety.RunUntil(RunPhase.Learn, 3, _tiny.Scenario(Kuhn), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        foreach (string name in (string[])["score/random", "score/optimal", "accuracy/random", "accuracy/optimal"])
        {
            Assert.Equal([0, 2, 3], Metric(whole, name).Select(point => point.Round));
            Assert.All(Metric(whole, name), point => Assert.InRange(point.Value, 0, 1));
            Assert.Equal(Metric(whole, name), Metric(broken, name));
        }

        foreach (string player in (string[])["0", "2", "3", "random", "optimal"])
        {
            (int round, double value) = Assert.Single(Metric(whole, $"rating/{player}"));
            Assert.Equal(3, round);
            Assert.InRange(value, Metric(whole, $"rating/{player}/low")[0].Value, Metric(whole, $"rating/{player}/high")[0].Value);
            Assert.Equal(Metric(whole, $"rating/{player}"), Metric(broken, $"rating/{player}"));
        }
    }

    [Fact]
    public async Task What_a_run_plays_can_be_frozen_and_sits_opposite_in_another()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario(Kuhn), directory);
        StrategyReading read = RunLauncher.ReadStrategy(directory.Path, null, new RunOptions(), default);
        using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database))
            Assert.Equal(SocietyState.Load(new RunRecords(database).LastRound()!.State).Strategy, JsonSerializer.Serialize(read.Table));
        Assert.Equal(Metric(directory, "exploitability")[^1].Value, read.Metrics.Single(metric => metric.Name == "exploitability").Value, 9);
        Assert.Equal(Metric(directory, "score/random")[^1].Value, read.Metrics.Single(metric => metric.Name == "score/random").Value, 9);
        // Beside the scenario, which is where its folder is and not the program's.
        StrategyTable.Write(_tiny.PathOf("past-self.json"), read.Table);
        RunDirectory against = _tiny.Create("against");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario([.. Kuhn, "environment.options={opponent: frozen, strategy: past-self.json}", "selfPlay.rounds=1"]), against));
        Assert.Equal(2, Metric(against, "score/frozen").Count);
    }

    [Fact]
    public async Task A_strategy_is_read_of_games_alone()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("selfPlay.rounds=0"), directory);
        Assert.Contains("no game of two", Assert.Throws<SocietyException>(() => RunLauncher.ReadStrategy(directory.Path, null, new RunOptions(), default)).Message);
        Assert.Empty(Metric(directory, "score/random"));
    }

    [Fact]
    public async Task A_sample_of_positions_is_no_strategy()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("environment.name=nim", "environment.options={measured: 5}", "pretrain.maximumDifficulty=1", "evaluation.difficulties=[1]", "culture.sharing=off", "selfPlay.rounds=0"), directory);
        Assert.Contains("environment.options.measured=0", Assert.Throws<SocietyException>(() => RunLauncher.ReadStrategy(directory.Path, null, new RunOptions(), default)).Message);
    }

    private static IReadOnlyList<(int Round, double Value)> Metric(RunDirectory directory, string name)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        return [.. new RunRecords(database).Metric(name)];
    }
}
