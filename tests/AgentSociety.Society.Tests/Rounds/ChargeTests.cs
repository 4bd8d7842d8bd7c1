using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;

namespace AgentSociety.Society.Tests;

/// <summary>What proposals are charged for being alike, and what a judge is asked.</summary>
public class ChargeTests
{
    [Fact]
    public void A_proposal_is_charged_for_its_part_of_all_that_was_proposed_and_not_of_what_is_valid()
    {
        ProposerReward reward = new(new ProposerSettings { Repetition = 0.5 });
        Problem one = Posed("one farmer sells seven eggs"), other = Posed("take the square root of ninety and round it");
        // Four texts: two that are one cluster of two fourths, one of a fourth, and one that is no problem.
        Assert.Equal([0.25, 0, 0.25, 0.125], RoundResult.Charges([one, null, one, other], reward));
        Assert.Equal([0, 0, 0, 0.125], RoundResult.Charges([null, null, null, other], reward));
        Assert.Equal([0.5, 0.5], RoundResult.Charges([one, one], reward));
    }

    [Fact]
    public void A_judge_is_shown_what_the_solver_was_asked()
    {
        JudgeSettings settings = new() { Remote = new() { Endpoint = "http://127.0.0.1:9/v1", Model = "judge" } };
        // The text of the problem, ax%7,9=, holds an answer and no question.
        Assert.Equal("Problem:\nx%7=2,\n\nAnswer:\n16\n\nIs the answer right? Reply with yes or no.\n", JudgeAgreement.Question(settings, [new(Source.Prompt, "x%7=2,"), new(Source.Model, "16")]));
    }

    private static Problem Posed(string text) => new() { Text = text, Difficulty = 1, CanonicalForm = text };
}
