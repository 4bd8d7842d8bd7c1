using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class MetricsTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void Lives_of_a_hand_worked_example()
    {
        // S = 3/4 at 1, 1/2 at 2, 0 at 4. The log(-log) interval of S holds 1/2 from 1 (0.13 to 0.96) until S is 0.
        Assert.Equal(new Survival(2, 1, 4, 3, 1), Survival.Of([(4, true), (1, true), (3, false), (2, true)]));
        Assert.Equal(new Survival(null, null, null, 0, 2), Survival.Of([(4, false), (1, false)]));
        Assert.Null(Survival.Of([]));
    }

    [Fact]
    public void Median_lives_are_found_behind_censoring()
    {
        // Exponential lives with half-life 10, followed for a time that is uniform up to 30.
        Core.Randomness.KeyedRandom random = Core.Randomness.KeyedRandom.For(1, "lives");
        Survival survival = Survival.Of(Enumerable.Range(0, 4_000).Select(_ =>
        {
            double life = -Math.Log(1 - random.NextDouble()) * 10 / Math.Log(2), followed = 30 * random.NextDouble();
            return (Math.Min(life, followed), life <= followed);
        }))!;
        Assert.InRange(survival.Median!.Value, 9.3, 10.7);
        Assert.InRange(10, survival.Low!.Value, survival.High!.Value);
    }

    [Fact]
    public void Shares_means_and_diversity_of_hand_worked_examples()
    {
        Estimate share = Estimate.Share(3, 4)!;
        Assert.Equal((0.75, 0.3006, 0.9544), (share.Value, Math.Round(share.Low, 4), Math.Round(share.High, 4)));
        Estimate mean = Estimate.Mean([1, 2, 3])!;
        Assert.Equal(2 + (1.959964 / Math.Sqrt(3)), mean.High, 6);
        Estimate diversity = Estimate.Diversity([2, 1, 1])!;
        Assert.Equal((2.828, 2.014, 3.972), (Math.Round(diversity.Value, 3), Math.Round(diversity.Low, 3), Math.Round(diversity.High, 3)));
        Assert.Equal(4, Estimate.Diversity([5, 5, 5, 5])!.Value, 12);
        Assert.Equal(1d / 3, Estimate.Gini([4, 1, 1])!.Value, 12);
        Assert.Equal(0, Estimate.Gini([3, 3, 3])!.Value, 12);
        Assert.Null(Estimate.Share(0, 0));
        Assert.Null(Estimate.Mean([]));
        // One observation tells nothing of its own spread.
        Assert.Null(Estimate.Mean([2]));
        Assert.Null(Estimate.Gini([0, 0]));
    }

    [Fact]
    public void The_jackknife_of_ginis_coefficient_is_that_of_leaving_each_out() => Gen.Long[0, 50].Array[3, 12].Where(amounts => amounts.Count(amount => amount > 0) > 1).Sample(amounts =>
    {
        static double Gini(long[] values) => values.Sum() == 0 ? 0 : values.Sum(one => values.Sum(other => Math.Abs(one - other))) / (2d * values.Length * values.Sum());
        double[] without = [.. amounts.Select((_, index) => Gini([.. amounts.Where((_, at) => at != index)]))];
        double half = 1.959964 * Math.Sqrt((amounts.Length - 1d) / amounts.Length * without.Sum(one => (one - without.Average()) * (one - without.Average())));
        Estimate estimate = Estimate.Gini(amounts)!;
        Assert.Equal(Gini(amounts), estimate.Value, 9);
        Assert.Equal(Math.Min(1, Gini(amounts) + half), estimate.High, 9);
    });

    [Fact]
    public void A_small_culture_is_measured_as_by_hand()
    {
        // c5=9 is false. solver-1 writes it, solver-2 reads and repeats it, solver-3 reads both and repeats it; then solver-1 takes it back.
        RunRecords records = new(_society.Database);
        string a = Write("notes/a", "c4=2\nc5=9", "solver-1", 1, "1/solve/0/0");
        records.Append(new RoundRecord { Round = 1, State = "{}", Episodes = [TestEpisode.Of(1, 0, 1, "solver-1")] });
        string b = Write("notes/b", "c5=9\nsee [[notes/a]]", "solver-2", 2, "2/solve/0/0");
        records.Append(new RoundRecord { Round = 2, State = "{}", Episodes = [Reads(TestEpisode.Of(2, 0, 1, "solver-2"), a), Reads(TestEpisode.Of(2, 1, 0, "solver-3"), a)] });
        Write("notes/c", "c5=9\nc4=2", "solver-3", 3, "3/solve/0/0");
        _society.Save("notes/a", "c4=2", a, "solver-1", 3);
        records.Append(new RoundRecord
        {
            Round = 3,
            State = "{}",
            Episodes = [Reads(TestEpisode.Of(3, 0, 1, "solver-3"), a, b), TestEpisode.Of(3, 1, 1, "solver-1")],
            HeldOut = [new HeldOutRecord { Difficulty = 1, Reading = true, Correct = 1, Sound = 1, Count = 10 }, new HeldOutRecord { Difficulty = 1, Reading = false, Correct = 9, Sound = 9, Count = 10 }],
        });
        CultureMetrics metrics = _society.Database.MeasureCulture(new Facts());
        Assert.Equal((3, 3L, 3L), (metrics.Round, metrics.Pages, metrics.PagesFollowed));
        Assert.Equal(Estimate.Share(3, 5), metrics.Adoption);
        Assert.Equal(Estimate.Share(1, 3), metrics.CitedPages);
        // One cited page tells nothing of how pages differ.
        Assert.Null(metrics.CitingAgents);
        // One line went after 2 rounds; the other that was at risk then lasts. The rest are younger.
        Assert.Equal((2d, 1L, 5L), (metrics.LineLife!.Median!.Value, metrics.LineLife.Ended, metrics.LineLife.Lasting));
        Assert.Equal((null, 0L, 2L), (metrics.UseLife!.Median, metrics.UseLife.Ended, metrics.UseLife.Lasting));
        Assert.Equal(2, metrics.Lineage!.Depth);
        Assert.Equal((1.5, 0.5, 1.5), (metrics.Lineage.MeanDepth!.Value, metrics.Lineage.Recombination!.Value, metrics.Lineage.Branching!.Value));
        Assert.Equal(Estimate.Diversity([2, 2, 1]), metrics.Diversity);
        Assert.Equal(Estimate.Share(2, 5), metrics.DuplicateShare);
        Assert.Equal(2d / 15, metrics.AuthorshipGini!.Value, 12);
        Assert.Equal(Estimate.Share(2, 4), metrics.Fidelity);
        Assert.Equal(Estimate.Share(1, 2), metrics.Coverage);
        Assert.Equal(2d / 3, metrics.ErrorReproduction!.Value, 12);
        Assert.Equal(1d / 3, metrics.ErrorExposure!.Value, 12);
        Assert.Equal(0, metrics.Collapse.GuttingEdits);
        Assert.Equal(-0.8, metrics.Collapse.ReadingGain!.Value, 12);
        Assert.True(metrics.Collapse.Alarm);
    }

    [Fact]
    public void A_revision_is_adopted_when_another_agent_read_it()
    {
        string a = _society.Save("notes/a", "one", round: 1), b = _society.Save("notes/b", "two", round: 1);
        RunRecords records = new(_society.Database);
        records.Append(new RoundRecord { Round = 1, State = "{}", Episodes = [TestEpisode.Of(1, 0, 1)] });
        records.Append(new RoundRecord { Round = 2, State = "{}", Episodes = [Reads(TestEpisode.Of(2, 0, 1, "solver-2"), a), Reads(TestEpisode.Of(2, 1, 1, "solver-3"), a), Reads(TestEpisode.Of(2, 2, 1, "solver-1"), b)] });
        _society.Save("notes/c", "of the last round: it could not be read yet", round: 2);
        CultureMetrics metrics = _society.Database.MeasureCulture();
        Assert.Equal((Estimate.Share(1, 2), 1d), (metrics.AdoptedRevisions, metrics.ReadersOfRevision!.Value));
    }

    [Fact]
    public void A_page_out_of_use_is_seen_as_such_and_a_gutted_one_raises_the_alarm()
    {
        string a = _society.Save("notes/a", "one\ntwo\nthree", round: 1);
        RunRecords records = new(_society.Database);
        for (int round = 1; round <= 9; round++) records.Append(new RoundRecord { Round = round, State = "{}", Episodes = [round <= 3 ? Reads(TestEpisode.Of(round, 0, 1), a) : TestEpisode.Of(round, 0, 1)] });
        Assert.False(_society.Database.MeasureCulture().Collapse.Alarm);
        Assert.Equal((2d, 1L, 0L), _society.Database.MeasureCulture().UseLife is { } use ? (use.Median!.Value, use.Ended, use.Lasting) : default);
        _society.Save("notes/a", "x", a, round: 9);
        Assert.Equal(1, _society.Database.MeasureCulture().Collapse.GuttingEdits);
        Assert.True(_society.Database.MeasureCulture().Collapse.Alarm);
    }

    [Fact]
    public void An_empty_culture_has_no_estimates_and_limits_are_kept()
    {
        CultureMetrics empty = _society.Database.MeasureCulture(new Facts());
        Assert.Equal((null, null, null, null), (empty.Adoption, empty.LineLife, empty.Lineage, empty.Diversity));
        Assert.Equal(0, empty.Coverage!.Value);
        foreach (int page in Enumerable.Range(0, 50)) _society.Save($"notes/{page}", "c4=2");
        CultureMetrics bounded = _society.Database.MeasureCulture(scope: new MetricsScope { Revisions = 10 });
        Assert.Equal((50L, 10L), (bounded.Pages, bounded.PagesFollowed));
        Assert.Null(bounded.Fidelity);
    }

    [Fact]
    public void Models_that_cite_pages_in_their_answers_are_counted()
    {
        _society.Save("notes/a", "fact", author: "solver-1");
        _society.Save("notes/c", "another", author: "solver-1");
        EpisodeRecord Cites(int index, string agent, string text) => TestEpisode.Of(1, index, 1, agent) with { Segments = [new Core.Play.Segment(Core.Play.Source.Model, text), new Core.Play.Segment(Core.Play.Source.Tool, "[[notes/b]]")] };
        new RunRecords(_society.Database).Append(new RoundRecord { Round = 1, State = "{}", Episodes = [Cites(0, "solver-2", "by [[notes/a@12ab]] and [[notes/c]] it is 2"), Cites(1, "solver-3", "see [[a]] and [[notes/a]]"), Cites(2, "solver-1", "I wrote [[notes/a]]")] });
        Assert.Equal(1.5, _society.Database.MeasureCulture().CitingAgents!.Value);
    }

    private string Write(string page, string text, string author, int round, string episode) =>
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Commit([_society.Request(EditKind.Append, page, text, author: author, round: round) with { Episode = episode }])[0]).Revision;

    private static EpisodeRecord Reads(EpisodeRecord episode, params string[] revisions) => episode with
    {
        ToolCalls = [.. revisions.Select(revision => new ToolCall { Kind = ToolKind.Read, Request = "", Reply = "", Page = "notes/x", Revision = revision })],
    };

    private sealed class Facts : IFactSource
    {
        IReadOnlyList<FactPage> IFactSource.Facts { get; } = [new FactPage("notes/a", ["c4=2", "c5=7"])];

        public FactTruth Judge(string line) => line is "c4=2" or "c5=7" ? FactTruth.True : line is "c5=9" ? FactTruth.False : FactTruth.NoFact;
    }
}
