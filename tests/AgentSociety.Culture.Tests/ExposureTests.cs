using AgentSociety.Core.Culture;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class ExposureTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void A_withheld_page_reads_as_none_is_logged_once_and_falls_the_same_way_again()
    {
        for (int page = 0; page < 200; page++) _society.Save($"notes/{page}", $"fact {page}");
        INotes notes = _society.Scratchpad.Snapshot();
        WithheldNotes reader = new(notes, 0.2, 7, "3/solve/1/2"), again = new(notes, 0.2, 7, "3/solve/1/2"), other = new(notes, 0.2, 7, "3/solve/1/3");
        foreach (string page in notes.List(""))
        {
            NotePage? first = reader.Read(page);
            Assert.Equal(first, reader.Read(page));
            Assert.Equal(first, again.Read(page));
            Assert.Equal(first is null, reader.Withheld.Any(withheld => withheld == new WithheldNote(page, notes.Read(page)!.Revision)));
            other.Read(page);
        }

        Assert.InRange(reader.Withheld.Count, 20, 62);
        Assert.NotEqual(reader.Withheld, other.Withheld);
        Assert.Null(reader.Read("notes/none"));
        Assert.DoesNotContain(reader.Withheld, withheld => withheld.Page == "notes/none");
        Assert.Equal(notes.List("notes/"), reader.List("notes/"));
        WithheldNotes never = new(notes, 0, 7, "x");
        Assert.All(notes.List(""), page => Assert.NotNull(never.Read(page)));
        Assert.Empty(never.Withheld);
    }

    [Fact]
    public void Uplift_of_a_hand_worked_example()
    {
        // Probability 1/4. Shown rewards 1, 1, 0 (weight 4/3 each), withheld 0 (weight 4): means 2/3 and 0.
        string revision = _society.Save("notes/a", "fact");
        Store(0.25, [(revision, false, 1), (revision, false, 1), (revision, false, 0), (revision, true, 0)]);
        Uplift uplift = Assert.Single(_society.Database.UpliftOfPages());
        Assert.Equal((3, 1), (uplift.Shown, uplift.Withheld));
        Assert.Equal(2d / 3, uplift.RewardShown!.Value, 12);
        Assert.Equal(0, uplift.RewardWithheld!.Value, 12);
        // Squares within arms 2/3 on 2 degrees of freedom: v = 1/3; se^2 = 1/3 (1/3 + 1) = 4/9; d^2 = 4/9, so that t^2 is the floor v / 100.
        double prior = 1d / 300, error = 4d / 9, shrink = prior / (prior + error);
        Assert.Equal(shrink * 2 / 3, uplift.Value, 12);
        Assert.Equal(1.96 * Math.Sqrt(shrink * error), uplift.High - uplift.Value, 12);
        Assert.Equal(uplift with { Revision = revision }, Assert.Single(_society.Database.UpliftOfRevisions("notes/a")));
        Assert.Empty(_society.Database.UpliftOfPages(fromRound: 2));
    }

    [Fact]
    public void Known_uplifts_are_recovered_whatever_readers_ask_for_and_intervals_cover_them()
    {
        // Notes help or harm by known amounts. Able readers ask for other notes than the rest: a comparison without randomisation would be misled.
        double[] truth = [.. Enumerable.Range(0, 40).Select(note => -0.3 + (0.6 * note / 39))];
        string[] revisions = [.. truth.Select((_, note) => _society.Save($"notes/{note:00}", $"fact {note}"))];
        KeyedRandom random = KeyedRandom.For(11, "simulated-readers");
        List<(string, bool, double)> rows = [];
        double[] probabilities = [0.1, 0.3];
        foreach (double probability in probabilities)
        {
            rows.Clear();
            for (int episode = 0; episode < 12_000; episode++)
            {
                bool able = random.NextDouble() < 0.5;
                int note = able ? random.Next(20) : random.Next(40);
                bool withheld = random.NextDouble() < probability;
                double success = (able ? 0.65 : 0.35) + (withheld ? 0 : truth[note]);
                rows.Add((revisions[note], withheld, random.NextDouble() < success ? 1 : 0));
            }

            Store(probability, rows, round: probability < 0.2 ? 1 : 2);
        }

        IReadOnlyList<Uplift> uplifts = _society.Database.UpliftOfPages();
        Assert.Equal(40, uplifts.Count);
        double Truth(Uplift uplift) => truth[int.Parse(uplift.Page[6..])];
        Assert.InRange(uplifts.Count(uplift => uplift.Low <= Truth(uplift) && Truth(uplift) <= uplift.High), 34, 40);
        Assert.InRange(uplifts.Average(uplift => Math.Abs(uplift.Value - Truth(uplift))), 0, 0.06);
        Assert.InRange(uplifts.Average(uplift => uplift.Value - Truth(uplift)), -0.03, 0.03);
        // Worth orders retrieval; what harms goes, and of those that do not no more than chance allows (one side of a 95 % interval of 40 notes: one).
        Assert.Equal(40, _society.Database.RefreshWorth());
        Assert.InRange(int.Parse(new RankedNotes(_society.Scratchpad.Snapshot(), _society.Database.Worth()).List("notes/")[0][6..]), 30, 39);
        Assert.InRange(int.Parse(_society.Database.Search("fact")[0].Page[6..]), 30, 39);
        IReadOnlyList<string> gone = _society.Scratchpad.Retire(uplifts, 0, "keeper", 3);
        Assert.InRange(gone.Count, 8, 20);
        Assert.InRange(gone.Count(page => truth[int.Parse(page[6..])] >= 0), 0, 1);
        Assert.All(gone, page => Assert.True(truth[int.Parse(page[6..])] < 0.1));
        Assert.Contains("uplift -0", _society.Archive.History(gone[0])[0].Comment);
    }

    [Fact]
    public void Where_nothing_was_ever_withheld_there_is_no_uplift()
    {
        Store(0.5, [(_society.Save("notes/a", "a"), false, 1), (_society.Save("notes/b", "b"), false, 0)]);
        Assert.Empty(_society.Database.UpliftOfPages());
        Assert.Empty(_society.Database.UpliftOfRevisions());
        Assert.Equal(0, _society.Database.RefreshWorth());
    }

    [Fact]
    public void A_note_that_was_hardly_ever_seen_stays_near_zero_with_a_wide_interval()
    {
        string often = _society.Save("notes/often", "a"), once = _society.Save("notes/once", "b"), never = _society.Save("notes/never-shown", "c");
        List<(string, bool, double)> rows = [.. Enumerable.Range(0, 400).Select(episode => (often, episode % 2 == 0, episode % 4 == 0 ? 0d : 1d))];
        Store(0.5, [.. rows, (once, false, 1), (once, true, 0), (never, true, 1)]);
        IReadOnlyDictionary<string, Uplift> uplifts = _society.Database.UpliftOfPages().ToDictionary(uplift => uplift.Page);
        Assert.Equal(1, uplifts["notes/once"].Difference);
        Assert.True(uplifts["notes/often"].Value > 0.4);
        Assert.True(uplifts["notes/once"].Value < 0.5);
        Assert.True(uplifts["notes/once"].Low < 0);
        Assert.True(uplifts["notes/once"].High - uplifts["notes/once"].Low > 3 * (uplifts["notes/often"].High - uplifts["notes/often"].Low));
        Assert.Equal((0, null), (uplifts["notes/never-shown"].Value, uplifts["notes/never-shown"].Difference));
    }

    [Fact]
    public void Weights_and_shrinking_hold_for_any_rewards() => Gen.Select(Gen.Double[0, 1].Array[1, 20], Gen.Double[0, 1].Array[1, 20], Gen.Double[0.05, 0.5]).Sample((shown, withheld, probability) =>
    {
        ArmSums Arm(double[] rewards, double chance) => new(rewards.Length, rewards.Length / chance, rewards.Length / chance / chance, rewards.Sum() / chance, rewards.Sum(reward => reward * reward) / chance);
        Uplift uplift = UpliftEstimate.Of([new ExposureSums("a", null, Arm(shown, 1 - probability), Arm(withheld, probability))])[0];
        Assert.Equal(shown.Average(), uplift.RewardShown!.Value, 9);
        Assert.Equal(withheld.Average(), uplift.RewardWithheld!.Value, 9);
        Assert.True(Math.Abs(uplift.Value) <= Math.Abs(uplift.Difference!.Value) + 1e-12);
        Assert.True(uplift.Low <= uplift.Value && uplift.Value <= uplift.High && double.IsFinite(uplift.Low) && double.IsFinite(uplift.High));
    });

    private void Store(double probability, IReadOnlyList<(string Revision, bool Withheld, double Reward)> rows, int round = 1) => new RunRecords(_society.Database).Append(new RoundRecord
    {
        Round = round,
        State = "{}",
        Episodes = [.. rows.Select((row, index) => TestEpisode.Reading(round, index, row.Reward, "notes/x", row.Withheld ? null : row.Revision) with
        {
            WithholdingProbability = probability,
            Withheld = row.Withheld ? [new WithheldNote("notes/x", row.Revision)] : [],
        })],
    });
}
