namespace AgentSociety.Society.Tests;

/// <summary>Rules that are made for prose do not come between tools and the facts that they note.</summary>
[Collection("Torch")]
public sealed class FactRulesTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("culture.duplicates=off")]
    [InlineData("culture.readFirst=true")]
    public async Task Facts_are_noted_the_same_whether_or_not_the_rule_holds(string rule)
    {
        RunDirectory usual = _tiny.Create("usual"), changed = _tiny.Create("changed");
        await TinySociety.Run(_tiny.Scenario(TinySociety.Literate), usual);
        await TinySociety.Run(_tiny.Scenario([.. TinySociety.Literate, rule]), changed);
        IReadOnlyList<string> transcripts = TinySociety.Transcripts(usual);
        Assert.Contains(transcripts, line => line.StartsWith("page notes/operator-", StringComparison.Ordinal));
        Assert.Equal(transcripts, TinySociety.Transcripts(changed));
    }
}
