using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Learning.Tests;

public sealed class StepCreditTests
{
    // "ba4=" asked; the model writes "a4", the tool says "7", the model writes "b7", the tool says "1", the model writes "#1" and ends.
    private static readonly Segment[] Transcript =
    [
        new(Source.Prompt, "ba4="), new(Source.Model, "a4"), new(Source.Tool, "7"), new(Source.Model, "b7"), new(Source.Tool, "1"), new(Source.Model, "#1"),
    ];

    private static CheckedAttempt Attempt(params StepVerdict[] steps) => new()
    {
        Segments = Transcript,
        TokenLengths = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0],
        LossMask = [false, false, false, false, true, true, false, true, true, false, true, true, true],
        Steps = steps,
    };

    [Fact]
    public void Credit_lands_on_the_tokens_of_the_step_and_nowhere_else()
    {
        float[] credit = StepCredit.Spread(Attempt(new StepVerdict(3, 0, 2, false)), step => step.Valid ? 1 : -1);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0], credit);
    }

    [Fact]
    public void A_token_of_several_characters_is_credited_where_the_step_touches_it()
    {
        CheckedAttempt attempt = Attempt(new StepVerdict(1, 1, 1, true)) with
        {
            TokenLengths = [4, 2, 1, 2, 1, 2, 0],
            LossMask = [false, true, false, true, false, true, true],
        };
        Assert.Equal([0, 1, 0, 0, 0, 0, 0], StepCredit.Spread(attempt, step => 1));
    }

    [Fact]
    public void Steps_are_measured_against_the_mean_of_their_group()
    {
        float[]?[] credit = StepCredit.OfGroup(
            [Attempt(new StepVerdict(1, 0, 2, true), new StepVerdict(3, 0, 2, true)), Attempt(new StepVerdict(1, 0, 2, true), new StepVerdict(3, 0, 2, false))],
            weight: 2);
        Assert.Equal([0, 0, 0, 0, 0.5f, 0.5f, 0, 0.5f, 0.5f, 0, 0, 0, 0], credit[0]!);
        Assert.Equal([0, 0, 0, 0, 0.5f, 0.5f, 0, -1.5f, -1.5f, 0, 0, 0, 0], credit[1]!);
    }

    [Fact]
    public void A_group_without_checks_has_no_step_credit() =>
        Assert.Equal([null, null], StepCredit.OfGroup([Attempt(), Attempt()], weight: 1));
}
