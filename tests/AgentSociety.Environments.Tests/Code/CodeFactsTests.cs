using AgentSociety.Environments.Code;

namespace AgentSociety.Environments.Tests.Code;

/// <summary>What is charged to a proposal, with times that are made up: what a machine takes for a program is no part of the rule.</summary>
public sealed class CodeFactsTests
{
    private static readonly Execution Late = new(null, "took too long") { Late = true };

    [Fact]
    public void What_a_proposal_has_used_is_the_same_however_much_of_it_was_run_before()
    {
        int runs = 0;
        CodeFacts facts = Facts(run =>
        {
            runs = run + 1;
            return Ran("1", 60);
        });
        // Two runs of 60 ms each: eight inputs are within a second, the ninth is not.
        for (int proposal = 0; proposal < 4; proposal++)
        {
            CodeFacts.Spent spent = new();
            Assert.All(Enumerable.Range(1, 8), input => Assert.Equal("1", facts.Establish("f", $"{input}", spent).Value));
            Assert.Equal("its runs take longer than 1 s together", facts.Establish("f", "9", spent).Failure);
            // From then on all of it is refused, what was known too.
            Assert.Equal(spent.Refusal, facts.Establish("f", "1", spent).Failure);
        }

        Assert.Equal(2 * 9, runs);
    }

    [Fact]
    public void A_run_that_gave_nothing_says_why_also_where_it_used_up_what_was_left()
    {
        CodeFacts.Spent spent = new();
        Assert.Equal(Late, Facts(_ => new(Late, false, 0, TimeSpan.FromSeconds(2))).Establish("f", "1", spent));
        Assert.NotNull(spent.Refusal);
    }

    [Fact]
    public void Tries_that_are_thrown_away_are_not_charged()
    {
        CodeFacts facts = Facts(run => run % 3 < 2 ? new(Late, false, 0, TimeSpan.FromMilliseconds(400)) : Ran("1", 90));
        CodeFacts.Spent spent = new();
        Assert.All(Enumerable.Range(1, 5), input => Assert.Equal("1", facts.Establish("f", $"{input}", spent).Value));
        Assert.NotNull(facts.Establish("f", "6", spent).Failure);
        Assert.NotNull(spent.Refusal);
    }

    [Fact]
    public void What_takes_many_times_too_long_is_not_tried_again()
    {
        int runs = 0;
        Facts(_ =>
        {
            runs++;
            return new(Late, false, 0, TimeSpan.FromMilliseconds(500));
        }).Establish("f", "1", new());
        Assert.Equal(1, runs);
    }

    private static CodeFacts Facts(Func<int, ProgramRun> run)
    {
        int runs = 0;
        return new(new Sandbox(new()), (_, _) => run(runs++));
    }

    private static ProgramRun Ran(string value, int milliseconds) => new(new(value, ""), true, 0, TimeSpan.FromMilliseconds(milliseconds));
}
