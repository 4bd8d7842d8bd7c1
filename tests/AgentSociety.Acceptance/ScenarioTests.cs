using AgentSociety.Society;

namespace AgentSociety.Acceptance;

/// <summary>What is shipped must load: every scenario, with the checkpoint that it names.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Shipped => [.. Directory.EnumerateFiles(Repository.Folder("scenarios"), "*.yaml").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_scenario_loads_and_its_society_can_be_made(string file)
    {
        LoadedScenario scenario = ScenarioFile.Load(Path.Combine(Repository.Folder("scenarios"), file));
        RunPlan plan = RunPlan.Of(scenario);
        Assert.NotEmpty(HeldOutTest.Questions(plan, 2));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), scenario.Scenario.Name);
    }
}
