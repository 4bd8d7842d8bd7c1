using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Curricula;
using CsCheck;

namespace AgentSociety.Learning.Tests;

public sealed class CurriculaTests
{
    private static readonly CurriculumSettings Plain = new() { Staleness = 0, Novelty = 0, Exploration = 0, Temperature = 1 };

    [Fact]
    public void The_archive_prefers_by_rank_of_learnability()
    {
        PrioritisedArchive archive = new(Plain);
        archive.Observe("always", 1, 1);
        archive.Observe("evenly", 1, 0.5);
        archive.Observe("mostly", 1, 0.75);
        // Ranks 3, 1, 2: weights 1/3, 1, 1/2 of 11/6.
        Assert.Equal([2 / 11.0, 6 / 11.0, 3 / 11.0], archive.Probabilities(2).Select(entry => entry.Probability).Select(value => Math.Round(value, 12)), (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Fact]
    public void The_stale_and_the_new_have_their_shares()
    {
        PrioritisedArchive stale = new(Plain with { Staleness = 1 }), fresh = new(Plain with { Novelty = 1 });
        foreach (PrioritisedArchive archive in (PrioritisedArchive[])[stale, fresh])
        {
            for (int round = 1; round <= 4; round++) archive.Observe("often", round, 0.5);
            archive.Observe("once", 2, 0);
        }

        Assert.Equal([1 / 4.0, 3 / 4.0], stale.Probabilities(5).Select(entry => entry.Probability));
        Assert.Equal([1 / 3.0, 2 / 3.0], fresh.Probabilities(5).Select(entry => entry.Probability), (one, other) => Math.Abs(one - other) < 1e-9);
    }

    [Fact]
    public void Whatever_was_played_the_archives_probabilities_are_a_distribution_and_draws_come_from_it() => Gen.Select(Gen.Int[1, 9], Gen.Int[1, 20], Gen.Double[0, 1]).Array[1, 30].Sample(played =>
    {
        PrioritisedArchive archive = new(new CurriculumSettings());
        foreach ((int text, int round, double rate) in played) archive.Observe($"{text}", round, rate);
        Assert.Equal(1, archive.Probabilities(20).Sum(entry => entry.Probability), 9);
        Assert.Equal(archive.Count, archive.Probabilities(20).Select(entry => entry.Text).Distinct().Count());
        Assert.Subset(played.Select(one => $"{one.Item1}").ToHashSet(), archive.Draw(20, 16, KeyedRandom.For(1, "draw")).ToHashSet());
    }, iter: 200);

    [Fact]
    public void A_tutor_gives_each_pupil_the_difficulty_at_its_own_edge()
    {
        Tutor tutor = new(Plain, known: 2, hardest: 6);
        for (int group = 0; group < 50; group++)
        {
            tutor.Observe("able", 1, 1);
            tutor.Observe("able", 2, 1);
            tutor.Observe("able", 3, 0.5);
            tutor.Observe("slow", 1, 0.5);
            tutor.Observe("slow", 2, 0);
        }

        Assert.Equal(4, tutor.Probabilities("able").Count);
        Assert.Equal(2, tutor.Probabilities("slow").Count);
        Assert.True(tutor.Probabilities("able").Take(2).All(value => value < 0.01), "what is mastered is not asked again");
        Assert.True(tutor.Probabilities("slow")[0] > 0.45 && tutor.Probabilities("slow")[1] < 0.01);
        Assert.Equal([0.5, 0.5], tutor.Probabilities("newborn"));
    }

    [Fact]
    public void A_tutor_goes_no_further_with_a_pupil_than_one_beyond_what_that_pupil_has_solved()
    {
        Tutor tutor = new(Plain with { Exploration = 1 }, known: 2, hardest: 9);
        for (int group = 0; group < 50; group++) tutor.Observe("pupil", tutor.Draw("pupil", KeyedRandom.For(1, "draw", group)), 0);
        Assert.Equal(2, tutor.Probabilities("pupil").Count);
        tutor.Observe("pupil", 2, 0.125);
        Assert.Equal(3, tutor.Probabilities("pupil").Count);
        tutor.Observe("pupil", 3, 0);
        Assert.Equal(3, tutor.Probabilities("pupil").Count);
    }

    [Fact]
    public void A_tutor_never_leaves_a_difficulty_in_reach_out_for_good_and_never_goes_beyond_the_hardest()
    {
        Tutor tutor = new(new CurriculumSettings { Exploration = 0.2 }, known: 9, hardest: 3);
        for (int group = 0; group < 30; group++) for (int difficulty = 1; difficulty <= 3; difficulty++) tutor.Observe("pupil", difficulty, 1);
        Assert.Equal(3, tutor.Probabilities("pupil").Count);
        Assert.Equal(1, tutor.Probabilities("pupil").Sum(), 9);
        Assert.All(tutor.Probabilities("pupil"), value => Assert.True(value >= 0.2 / 3));
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 200).Select(draw => tutor.Draw("pupil", KeyedRandom.For(1, "draw", draw))).Distinct().Order());
    }

    [Fact]
    public void Proposals_that_say_the_same_share_a_charge_and_a_lone_one_pays_its_own()
    {
        double[] shares = Repetition.Shares(["abcabcabc1", "abcabcabc2", "abcabcabc1", "zyxwvutsr9"], 0.5);
        Assert.Equal([0.75, 0.75, 0.75, 0.25], shares);
        Assert.Equal([1.0, 1.0], Repetition.Shares(["same", "same"], 0));
        Assert.Empty(Repetition.Shares([], 0.5));
    }

    [Fact]
    public void Regret_is_what_the_best_solver_has_over_the_mean()
    {
        ProposerReward reward = new(new ProposerSettings { Reward = "regret", Smoothing = 0 });
        reward.Observe(3, 1, "knows");
        reward.Observe(3, 0, "wonders");
        reward.Observe(4, 1, "knows");
        reward.Observe(4, 1, "wonders");
        Assert.Equal(0.5, reward.Of(3, solveRate: 0));
        Assert.Equal(0, reward.Of(4, solveRate: 1));
        Assert.Equal(0, reward.Of(9, solveRate: 0.5));
        ProposerReward again = new(new ProposerSettings { Reward = "regret", Smoothing = 0 });
        again.LoadState(reward.SaveState());
        Assert.Equal(0.5, again.Of(3, solveRate: 0));
    }
}
