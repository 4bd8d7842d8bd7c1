using System.Globalization;

namespace AgentSociety.Culture.Tests;

public sealed class RunCatalogueTests : IDisposable
{
    private readonly RunCatalogue _catalogue = RunCatalogue.Open(null);

    public RunCatalogueTests()
    {
        RunGlance Glance(string name, int? round, long pages, double? accuracy, long lasted) => new()
        {
            Name = name,
            Round = round,
            Pages = pages,
            Begun = 1_000,
            LastRoundAt = lasted == 0 ? 0 : 1_000 + lasted,
            Accuracy = accuracy is { } share ? [new SeriesPoint { Value = 0.01 }, new SeriesPoint { Round = round!.Value, Value = share }] : [],
        };
        _catalogue.Remember([
            (new RunOnDisk("alpha", "1", 4_000, true, false), Glance("Zebra", 9, 20, 0.5, 300), "adders", 10, ""),
            (new RunOnDisk("beta", "1", 3_000, false, true), Glance("Yak", 100, 3, 0.9, 100), "operators", 200, ""),
            (new RunOnDisk("gamma", "1", 2_000, false, false), Glance("Xerus", 20, 100, 0.1, 200), "operators", 200, ""),
            (new RunOnDisk("delta", "1", 1_000, false, null), Glance("Wolf", null, 0, null, 0), "adders", 0, ""),
            (new RunOnDisk("broken", "1", 500, false, null), null, "", 0, "not a society database"),
        ]);
        _catalogue.Label("gamma", "", ["keep", "baseline"]);
        _catalogue.Label("beta", "Aardvark", ["keeper"]);
    }

    public void Dispose() => _catalogue.Dispose();

    [Theory]
    [InlineData("changed", false, "alpha beta gamma delta broken")]
    [InlineData("changed", true, "broken delta gamma beta alpha")]
    [InlineData("nonsense; DROP TABLE run", false, "alpha beta gamma delta broken")]
    // By the name that people gave, else its own, else the key.
    [InlineData("name", true, "beta delta gamma alpha broken")]
    [InlineData("scenario", true, "broken alpha delta beta gamma")]
    // What has no figure stands last, whichever way is up.
    [InlineData("accuracy", false, "beta alpha gamma broken delta")]
    [InlineData("accuracy", true, "gamma alpha beta broken delta")]
    [InlineData("duration", false, "alpha gamma beta broken delta")]
    // As numbers, not as texts.
    [InlineData("round", true, "alpha gamma beta broken delta")]
    [InlineData("pages", false, "gamma alpha beta broken delta")]
    public void Runs_are_sorted_by_each_column_either_way(string sort, bool ascending, string order) => Assert.Equal(order, Keys(new RunQuery { Sort = sort, Ascending = ascending }));

    [Theory]
    [InlineData("", "running", "", "beta")]
    [InlineData("", "done", "", "alpha")]
    [InlineData("", "stopped", "", "gamma delta")]
    [InlineData("", "unreadable", "", "broken")]
    // A tag is a whole word.
    [InlineData("", "", "keep", "gamma")]
    [InlineData("OPER", "", "", "beta gamma")]
    [InlineData("oper base", "", "", "gamma")]
    [InlineData("aardvark", "", "", "beta")]
    [InlineData("yak", "", "", "")]
    [InlineData("alph", "", "", "alpha")]
    [InlineData("%", "", "", "")]
    [InlineData("oper", "running", "keep", "")]
    public void Runs_are_filtered_by_words_state_and_tag_together(string text, string state, string tag, string keys)
    {
        RunQuery query = new() { Text = text, State = state, Tag = tag };
        Assert.Equal(keys, Keys(query));
        Assert.Equal(keys.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, _catalogue.List(query with { Limit = 1 }).Count);
    }

    [Fact]
    public void Pages_of_the_list_follow_each_other_and_count_all()
    {
        Assert.Equal(["alpha beta", "gamma delta", "broken", ""], Enumerable.Range(0, 4).Select(page => Keys(new RunQuery { Limit = 2, Offset = 2 * page })));
        Assert.Equal(5, _catalogue.List(new RunQuery { Limit = 2 }).Count);
        Assert.Equal(["baseline", "keep", "keeper"], _catalogue.Tags());
        Assert.Equal("0.9", _catalogue.Find("beta")!.Accuracy!.Value.ToString(CultureInfo.InvariantCulture));
    }

    private string Keys(RunQuery query) => string.Join(' ', _catalogue.List(query).Runs.Select(run => run.Key));
}
