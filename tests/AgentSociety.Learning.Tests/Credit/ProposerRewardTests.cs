using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Tests;

public sealed class ProposerRewardTests
{
    [Theory]
    [InlineData("learnability", 0, 0.75, 1, 0.75, 0)]
    [InlineData("difficulty", 1, 0.75, 0.5, 0.25, 0)]
    [InlineData("uncertainty", 0, 0.5, 1, 0.5, 0)]
    [InlineData("solvable-difficulty", 0, 0.75, 0.5, 0.25, 0)]
    public void A_reward_has_the_values_of_its_formula(string name, double never, double rarely, double evenly, double mostly, double always)
    {
        ProposerReward reward = new(new ProposerSettings { Reward = name, Smoothing = 0 });
        Assert.Equal([never, rarely, evenly, mostly, always], new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(rate => reward.Of(3, rate)));
    }

    [Fact]
    public void One_lucky_group_moves_the_rate_of_its_class_by_its_share_only()
    {
        ProposerReward reward = new(new ProposerSettings { Smoothing = 0.9 });
        for (int group = 0; group < 200; group++) reward.Observe(4, 0);
        reward.Observe(4, 1);
        Assert.Equal(0.1, reward.SolveRate(4)!.Value, 6);
        Assert.Equal(4 * 0.1 * 0.9, reward.Of(4, solveRate: 1), 6);
    }

    [Fact]
    public void The_first_group_of_a_class_counts_in_full()
    {
        ProposerReward reward = new(new ProposerSettings { Smoothing = 0.9, Optimism = 0 });
        reward.Observe(2, 0.25);
        Assert.Equal(0.25, reward.SolveRate(2)!.Value, 12);
        Assert.Null(reward.SolveRate(3));
        Assert.Equal([null, 0.25, null], reward.Frontier(3).SolveRates.Select(rate => rate is { } known ? Math.Round(known, 12) : (double?)null));
    }

    [Fact]
    public void A_difficulty_that_nobody_played_is_promising_until_it_is_known()
    {
        ProposerReward reward = new(new ProposerSettings { Smoothing = 0.9, Optimism = 2 });
        reward.Observe(7, 0);
        double first = reward.SolveRate(7)!.Value;
        Assert.Equal((0.9 * 0.1 + 0.1 * 0) / (0.9 * 0.2 + 0.1), first, 12); // two groups at one half, one of them a smoothing step ago
        Assert.True(reward.Of(7, 0) > 0.8);
        for (int group = 0; group < 60; group++) reward.Observe(7, 0);
        Assert.True(reward.Of(7, 0) < 0.01);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0)]
    public void A_problem_that_was_not_played_is_worth_what_is_known_of_its_difficulty_and_nothing_where_nothing_is(double smoothing)
    {
        ProposerReward reward = new(new ProposerSettings { Smoothing = smoothing, Optimism = 2 });
        reward.Observe(4, 1);
        Assert.Equal(ProposerReward.Learnability(reward.SolveRate(4)!.Value), reward.Of(4, null));
        Assert.Equal(0, reward.Of(5, null));
    }

    [Theory]
    [InlineData(0.9, 2)]
    [InlineData(0.9, 0)]
    [InlineData(0, 0)]
    public void Solvable_difficulty_pays_nothing_for_a_problem_that_none_of_its_own_attempts_solved(double smoothing, double optimism)
    {
        ProposerReward reward = new(new ProposerSettings { Reward = "solvable-difficulty", Smoothing = smoothing, Optimism = optimism });
        for (int group = 0; group < 20; group++) reward.Observe(9, 0, "solver-1");
        Assert.Equal(0, reward.Of(9, solveRate: 0));
        // Surplus and reserved problems are not played: what is known of their difficulty speaks for them, and promise is no success.
        Assert.Equal(0, reward.Of(9, solveRate: null));
        reward.Observe(9, 0.125, "solver-2");
        Assert.Equal(0, reward.Of(9, solveRate: 0));
        Assert.Equal(1 - (smoothing == 0 ? 0.125 : reward.SolveRate(9)!.Value), reward.Of(9, solveRate: 0.125));
        Assert.Equal(1 - reward.SolveRate(9)!.Value, reward.Of(9, solveRate: null));
        ProposerReward again = new(new ProposerSettings { Reward = "solvable-difficulty", Smoothing = smoothing, Optimism = optimism });
        again.LoadState(reward.SaveState());
        Assert.Equal(reward.Of(9, null), again.Of(9, null));
    }

    [Fact]
    public void A_restored_reward_goes_on_to_the_last_bit()
    {
        ProposerReward first = new(new ProposerSettings()), second = new(new ProposerSettings());
        for (int group = 0; group < 20; group++) first.Observe(1 + group % 3, group / 20.0);
        second.LoadState(first.SaveState());
        first.Observe(2, 0.3);
        second.Observe(2, 0.3);
        Assert.Equal(first.Of(2, 0), second.Of(2, 0));
        Assert.Equal(first.SaveState(), second.SaveState());
    }

    [Fact]
    public void An_unknown_reward_is_refused_with_the_names_that_exist()
    {
        SocietyException refusal = Assert.Throws<SocietyException>(() => new ProposerReward(new ProposerSettings { Reward = "learnabilty" }));
        Assert.Contains("learnabilty", refusal.Message);
        Assert.Contains("learnability, regret, solvable-difficulty", refusal.Message);
    }
}
