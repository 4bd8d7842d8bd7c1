using AgentSociety.Culture;

namespace AgentSociety.Society.Tests.Evaluation;

[Collection("Torch")]
public sealed class CultureSeriesTests : IDisposable
{
    private readonly TinySociety _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public async Task Each_test_measures_the_culture_as_it_then_is_with_intervals()
    {
        RunDirectory directory = _society.Create("measured");
        await TinySociety.Run(_society.Scenario(TinySociety.Literate), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Dictionary<string, Series> curves = database.Curves([.. database.SeriesNames()]).ToDictionary(curve => curve.Name);
        int[] tests = [.. curves["frontier"].Points.Select(point => point.Round)];
        Assert.Equal([0, 2, 3], tests);
        // Nothing is written before the first round, so that there is nothing true or false then.
        Assert.Equal([2, 3], curves["culture/fidelity"].Points.Select(point => point.Round));
        Assert.Equal(tests, curves["culture/coverage"].Points.Select(point => point.Round));
        Assert.Equal(0, curves["culture/coverage"].Points[0].Value);
        Assert.True(curves["culture/coverage"].Points[^1].Value > 0);
        Assert.All(curves["culture/fidelity"].Points, point => Assert.Equal(1, point.Value));
        foreach (Series curve in curves.Values.Where(curve => curve.Name.StartsWith("culture/", StringComparison.Ordinal)))
            Assert.All(curve.Points, point => Assert.True((point.Low ?? 0) <= point.Value && point.Value <= (point.High ?? double.MaxValue), $"{curve.Name}: {point}"));
    }

    [Fact]
    public async Task Where_nothing_is_written_down_no_culture_is_measured()
    {
        RunDirectory directory = _society.Create("silent");
        await TinySociety.Run(_society.Scenario("culture.sharing=off"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        Assert.DoesNotContain(database.SeriesNames(), name => name.StartsWith("culture/", StringComparison.Ordinal));
    }
}
