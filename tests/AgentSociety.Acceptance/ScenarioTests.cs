using AgentSociety.Core.Environments;
using AgentSociety.Culture;
using AgentSociety.Environments;
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

    [Fact]
    public void Every_environment_has_a_scenario()
    {
        HashSet<string> shown = [.. Directory.EnumerateFiles(Repository.Folder("scenarios"), "*.yaml").Select(file => ScenarioFile.Load(file).Scenario.Environment.Name)];
        // Those of other people have theirs in the templates.
        Assert.Empty(EnvironmentCatalog.All.Select(entry => entry.Name).Except(["plugin", "external", .. shown]));
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void No_fact_of_a_shipped_world_is_taken_for_another_where_duplicates_are_refused(string file)
    {
        LoadedScenario scenario = ScenarioFile.Load(Path.Combine(Repository.Folder("scenarios"), file));
        if (RunPlan.Of(scenario).Environment is not IFactSource world) return;
        foreach (FactPage page in world.Facts)
        {
            string[] forms = [.. page.Lines.Select(LineSimilarity.Form)];
            Assert.Equal(page.Lines.Count, forms.Where(form => form.Length > 0).Distinct().Count());
            // On one page of a thousand facts that are long enough to be compared by their shingles, the first of them stand for all.
            string[] compared = [.. forms.Take(200)];
            for (int one = 0; one < compared.Length; one++)
                for (int other = 0; other < one; other++)
                    Assert.False(LineSimilarity.SayTheSame(compared[one], compared[other], scenario.Scenario.Culture.DuplicateSimilarity), $"{compared[one]} and {compared[other]}");
        }
    }
}
