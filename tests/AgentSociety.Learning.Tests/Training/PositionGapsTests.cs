using AgentSociety.Core.Randomness;
using CsCheck;

namespace AgentSociety.Learning.Tests;

public sealed class PositionGapsTests
{
    private static readonly Gen<(int Length, int Room, int Slack, int Jump, int Seed)> Cases = Gen.Select(Gen.Int[1, 60], Gen.Int[0, 80], Gen.Int[0, 20], Gen.Int[0, 90], Gen.Int[0, 1_000_000]);

    [Fact]
    public void Positions_rise_and_stay_within_what_is_allowed_and_within_the_context() => Cases.Sample(one =>
    {
        int[]? positions = new PositionGaps(one.Slack, one.Jump).Draw(one.Length, one.Length + one.Room, KeyedRandom.For(1, "gaps", one.Seed));
        Assert.Equal(one.Room == 0 || (one.Slack == 0 && (one.Jump == 0 || one.Length < 2)), positions is null);
        if (positions is null) return;

        Assert.Equal(one.Length, positions.Length);
        Assert.InRange(positions[0], 0, one.Slack);
        for (int index = 1; index < positions.Length; index++) Assert.True(positions[index] > positions[index - 1]);
        Assert.InRange(positions[^1], one.Length - 1, one.Length - 1 + Math.Min(one.Room, one.Slack + one.Jump));
    });

    [Fact]
    public void A_jump_is_one_gap_and_what_stands_on_either_side_of_it_keeps_its_distances() => Cases.Sample(one =>
    {
        int[]? positions = new PositionGaps(Slack: 0, one.Jump).Draw(one.Length, one.Length + one.Room, KeyedRandom.For(1, "gaps", one.Seed));
        Assert.Equal(one.Room == 0 || one.Jump == 0 || one.Length < 2, positions is null);
        if (positions is null) return;
        Assert.Equal(0, positions[0]);
        Assert.InRange(Enumerable.Range(1, positions.Length - 1).Count(index => positions[index] != positions[index - 1] + 1), 0, 1);
    });

    [Fact]
    public void Every_place_and_every_size_of_a_jump_comes_up()
    {
        HashSet<(int Place, int Skipped)> seen = [];
        for (int draw = 0; draw < 2_000; draw++)
        {
            int[] positions = new PositionGaps(Slack: 0, Jump: 3).Draw(5, 100, KeyedRandom.For(1, "gaps", draw))!;
            int place = Array.FindIndex(positions, 1, position => position != positions[Array.IndexOf(positions, position) - 1] + 1);
            seen.Add(place < 0 ? (0, 0) : (place, positions[place] - positions[place - 1] - 1));
        }

        Assert.Equal([(0, 0), .. from place in Enumerable.Range(1, 4) from skipped in Enumerable.Range(1, 3) select (place, skipped)], seen.Order());
    }

    /// <summary>So that scenarios give the transcripts that they gave before there was such a jump: what slack alone draws was written down then.</summary>
    [Fact]
    public void Without_a_jump_positions_and_draws_are_those_of_slack_alone()
    {
        KeyedRandom random = KeyedRandom.For(1, "gaps");
        Assert.Equal("1 2 3 4 6 7 9 11 12 13 15 16", string.Join(" ", new PositionGaps(Slack: 6, Jump: 0).Draw(12, 100, random)!));
        Assert.Equal(108_179, random.Next(1_000_000));
    }

    [Theory]
    [InlineData(0, 0, 10, 100)]
    [InlineData(0, 5, 10, 10)]
    [InlineData(5, 5, 10, 10)]
    [InlineData(5, 5, 10, 7)]
    [InlineData(0, 5, 1, 100)]
    public void Where_there_is_nothing_to_skip_nothing_is_drawn(int slack, int jump, int length, int context)
    {
        KeyedRandom random = KeyedRandom.For(1, "gaps");
        Assert.Null(new PositionGaps(slack, jump).Draw(length, context, random));
        Assert.Equal(KeyedRandom.For(1, "gaps").Next(1_000_000), random.Next(1_000_000));
    }
}
