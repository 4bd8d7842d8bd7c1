using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Tests;

public sealed class RetrospectionTests
{
    [Fact]
    public void A_reviewer_is_believed_as_far_as_it_tells_right_from_wrong()
    {
        // 8 valid steps, 6 praised; 4 wrong ones, 3 blamed: J = 6/8 + 3/4 - 1, and the 4 count as 4/9.
        Assert.Equal(0.5 * 4 / 9, Retrospection.Trust([.. Steps(6, true, true), .. Steps(2, false, true), .. Steps(3, false, false), .. Steps(1, true, false)]), 12);
        // Praise for everything is worth nothing, however many steps are valid; nor is the opposite of the truth.
        Assert.Equal(0, Retrospection.Trust([.. Steps(1000, true, true), .. Steps(10, true, false)]));
        // Nor is blame at random, where no step is wrong, or where wrong ones are blamed as seldom as valid ones.
        Assert.Equal(0, Retrospection.Trust([.. Steps(900, true, true), .. Steps(100, false, true)]));
        Assert.Equal(0, Retrospection.Trust([.. Steps(900, true, true), .. Steps(100, false, true), .. Steps(90, true, false), .. Steps(10, false, false)]), 12);
        // Who is always right is believed nearly, once there is enough to be right about.
        Assert.InRange(Retrospection.Trust([.. Steps(1000, true, true), .. Steps(500, false, false)]), 0.98, 1);
        Assert.Equal(0, Retrospection.Trust([.. Steps(5, false, true), .. Steps(5, true, false)]));
        Assert.Equal(0, Retrospection.Trust([]));
    }

    [Fact]
    public void Marks_credit_the_tokens_of_their_steps_times_the_trust_and_add_to_the_verifiers_credit()
    {
        LearningSettings settings = new() { RetrospectiveCredit = 2 };
        JudgedEpisode[] round = [Attempt(0, [true, true], [true, true]), Attempt(1, [true, false], [true, false]), Attempt(2, [true, true], null)];
        double trust = Retrospection.Trust(Retrospection.Compared(round));
        // All marks agree, and one step alone is wrong.
        Assert.Equal(1.0 / 6, trust, 12);
        // Three of four marks praise: b = 3/4.
        IReadOnlyList<EpisodeRecord> assigned = new CreditAssignment(settings, OneEach).Assign(round);
        Assert.Equal([0f, Credit(0.25), Credit(0.25)], assigned[0].TokenAdvantages!);
        Assert.Equal([0f, Credit(0.25), Credit(-0.75)], assigned[1].TokenAdvantages!);
        Assert.Equal([0f, 0f, 0f], assigned[2].TokenAdvantages!);

        IReadOnlyList<EpisodeRecord> both = new CreditAssignment(settings with { StepCredit = 1 }, OneEach).Assign(round);
        // Of six steps five are valid.
        Assert.Equal(1.0 / 6 + 2 * trust * 0.25, both[0].TokenAdvantages![1], 5);
        Assert.Equal(-5.0 / 6 - 2 * trust * 0.75, both[1].TokenAdvantages![2], 5);

        float Credit(double share) => (float)(2 * trust * share);
    }

    [Fact]
    public void Marks_that_do_not_fit_the_steps_are_no_marks()
    {
        Assert.Empty(Retrospection.Marked([new StepVerdict(1, 0, 1, true)], [true, false]));
        Assert.Empty(Retrospection.Marked([new StepVerdict(1, 0, 1, true)], null));
        Assert.False(Retrospection.Marked([new StepVerdict(1, 0, 1, true)], [false])[0].Valid);
    }

    private static int[] OneEach(IReadOnlyList<int> tokens) => [.. tokens.Select(_ => 1)];

    private static IEnumerable<(bool, bool)> Steps(int count, bool mark, bool valid) => Enumerable.Repeat((mark, valid), count);

    /// <summary>A prompt of one token and two steps of one token each.</summary>
    private static JudgedEpisode Attempt(int attempt, bool[] valid, bool[]? marks) => new(new EpisodeRecord
    {
        Id = $"1/solve/0/{attempt}",
        Round = 1,
        Agent = "ada",
        Role = Role.Solver,
        Problem = "1/0",
        Attempt = attempt,
        Checkpoint = "base",
        Segments = [new(Source.Prompt, "p"), new(Source.Model, "ab")],
        Tokens = [1, 2, 3],
        LogProbabilities = [0, 0, 0],
        LossMask = [false, true, true],
        Outcome = Outcome.Correct,
        Reason = "",
        Sound = valid.All(one => one),
        Reward = 1,
    }, [new StepVerdict(1, 0, 1, valid[0]), new StepVerdict(1, 1, 1, valid[1])], 1)
    { Marks = marks };
}
