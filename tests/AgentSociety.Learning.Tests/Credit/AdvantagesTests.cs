using CsCheck;

namespace AgentSociety.Learning.Tests;

public sealed class AdvantagesTests
{
    private static readonly Gen<double[]> Rewards = Gen.Double[-2, 2].Array[2, 16];

    [Fact]
    public void A_group_of_one_right_answer_in_four_gives_the_worked_numbers()
    {
        double[] rewards = [1, 0, 0, 0];
        Assert.Equal([0.75, -0.25, -0.25, -0.25], Advantages.GroupCentred(rewards));
        double root3 = Math.Sqrt(3);
        Assert.Equal([root3, -1 / root3, -1 / root3, -1 / root3], Advantages.GroupNormalised(rewards), Close);
        Assert.Equal([1, -1 / 3.0, -1 / 3.0, -1 / 3.0], Advantages.LeaveOneOut(rewards), Close);
    }

    [Fact]
    public void Every_group_baseline_leaves_a_sum_of_zero() => Rewards.Sample(rewards =>
    {
        Assert.Equal(0, Advantages.GroupCentred(rewards).Sum(), 9);
        Assert.Equal(0, Advantages.GroupNormalised(rewards).Sum(), 6);
        Assert.Equal(0, Advantages.LeaveOneOut(rewards).Sum(), 9);
    });

    [Fact]
    public void Leaving_one_out_stretches_the_centred_advantage_by_n_over_n_minus_1() => Rewards.Sample(rewards =>
    {
        double stretch = rewards.Length / (rewards.Length - 1.0);
        Assert.Equal(Advantages.GroupCentred(rewards).Select(advantage => advantage * stretch), Advantages.LeaveOneOut(rewards), Close);
    });

    [Fact]
    public void Normalising_is_blind_to_the_scale_and_the_offset_of_rewards() => Gen.Select(Rewards, Gen.Double[0.5, 4], Gen.Double[-3, 3]).Sample((rewards, scale, offset) =>
    {
        if (rewards.Max() - rewards.Min() < 1e-3) return;
        Assert.Equal(Advantages.GroupNormalised(rewards), Advantages.GroupNormalised([.. rewards.Select(reward => scale * reward + offset)]), Near);
    });

    [Fact]
    public void A_group_that_agrees_carries_no_signal()
    {
        double[] rewards = [0.1, 0.1, 0.1];
        Assert.All(Advantages.GroupNormalised(rewards), advantage => Assert.Equal(0, advantage));
        Assert.Equal([0], Advantages.LeaveOneOut([1]));
    }

    [Fact]
    public void Task_relative_advantages_compare_with_the_same_task_only()
    {
        double[] advantages = Advantages.TaskRelative([1, 0, 5, 7], ["easy", "easy", "hard", "hard"]);
        Assert.Equal([1, -1, -1, 1], advantages, Close);
    }

    [Fact]
    public void A_role_is_measured_against_its_own_past()
    {
        RoleBaseline baseline = new(decay: 0.5);
        Assert.Equal([0.5, -0.75], baseline.Advance("solver", [1, 0]), Close); // starts at 0.5, moves to 0.75
        Assert.Equal(0.375, baseline.Values["solver"], 12);
        Assert.Equal([0], baseline.Advance("proposer", [-3]));
        RoleBaseline again = new(0.5, baseline.Values);
        Assert.Equal(baseline.Advance("solver", [1, 1, 0]), again.Advance("solver", [1, 1, 0]));
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-12;

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;
}
