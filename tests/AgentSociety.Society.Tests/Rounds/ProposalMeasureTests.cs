using AgentSociety.Culture;
using AgentSociety.Environments.Code;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ProposalMeasureTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task Programs_that_were_proposed_are_measured_by_how_unlike_one_another_and_how_branched_they_are()
    {
        string[] proposed = ["dx*2,9=", "dx<5?x:x+1,7=", "d(x+3)*2%5,4=", "no program"];
        RunDirectory directory = _tiny.Create("run");
        LoadedScenario scenario = _tiny.Scenario("environment={name: code, options: {language: restricted, maximumDifficulty: 6}}", "selfPlay.rounds=1", "selfPlay.proposalsPerRound=4", "culture.sharing=off",
            "population=[{role: proposer, count: 1, remote: {endpoint: 'http://127.0.0.1:9/v1', model: quoter}}, {role: solver, count: 1}]");
        await RunLauncher.Run(scenario, directory, new RunOptions { OpenRemote = _ => new Quoter(proposed) }, static _ => { }, default);
        CodeVariety variety = CodeVariety.Of(proposed[..3].Select(text => $"function f(x){{return {text[1..text.IndexOf(',', StringComparison.Ordinal)]}}}"));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        Assert.Equal(variety.Distance, Assert.Single(records.Metric("proposals/variety")).Value, 9);
        Assert.Equal(4 / 3.0, Assert.Single(records.Metric("proposals/cyclomatic")).Value, 9);
        Assert.Equal(variety.Depth, Assert.Single(records.Metric("proposals/depth")).Value, 9);
        Assert.InRange(variety.Distance, 0.2, 0.9);
    }
}
