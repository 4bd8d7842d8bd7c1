using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ProblemSelectionTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    // A vocabulary of characters cannot hold it, and the run would end where the prompt is read.
    [Fact]
    public void A_problem_with_a_character_that_the_alphabet_lacks_is_not_played()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario());
        Problem plain = ProblemDraw.Unreserved(plan.Environment.Name, 1, KeyedRandom.For(1, "plain"), plan.Environment.Generate);
        Problem foreign = plain with { Text = plain.Text + "\u00e9", CanonicalForm = "foreign" };
        ProblemSelection selection = ProblemSelection.Of(plan, 1, [(Proposal.Valid(foreign), "a"), (Proposal.Valid(plain), "b")], new HashSet<string>());
        Assert.Equal([Fate.Malformed, Fate.Played], selection.Fates.Select(fate => fate.Fate));
        Assert.Equal(plain, selection.Problems[0].Problem);
    }
}
