using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Code;
using CsCheck;

namespace AgentSociety.Environments.Tests.Code;

public class CodeEnvironmentTests
{
    private const string Twice = "function f(x){return x*2}";
    private static readonly CodeEnvironment Environment = new(new());

    [Fact]
    public void What_is_generated_can_be_parsed_and_its_demonstration_is_correct() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = Environment.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, Environment.Parse(problem.Text).Problem);
        if (Reservation.Holds(Environment.Name, problem.CanonicalForm)) return;
        IReadOnlyList<Segment> shown = Environment.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key));
        Verdict verdict = Environment.Verify(problem, shown);
        Assert.True(verdict.Sound, $"{problem.Text}\n{verdict.Reason}");
        Assert.All(shown, segment => Assert.All(segment.Text, character => Assert.Contains(character, Environment.Alphabet)));
    }, iter: 300);

    [Theory]
    [InlineData($"deduce\n{Twice}\nin: 4", "8", Outcome.Correct), InlineData($"deduce\n{Twice}\nin: 4", " 8.0\n", Outcome.Correct), InlineData($"deduce\n{Twice}\nin: 4", "\"8\"", Outcome.Wrong), InlineData($"deduce\n{Twice}\nin: 4", "f(4)", Outcome.Wrong)]
    [InlineData($"abduce\n{Twice}\nin: 4", "4", Outcome.Correct), InlineData($"abduce\n{Twice}\nin: 4", "\"4\"", Outcome.Correct), InlineData($"abduce\n{Twice}\nin: 4", "5", Outcome.Wrong), InlineData($"abduce\n{Twice}\nin: 4", "8/2", Outcome.Malformed)]
    [InlineData($"induce\n{Twice}\nin: 1\nin: 2\nin: 3\nin: 4", "function f(x){return x+x}", Outcome.Correct), InlineData($"induce\n{Twice}\nin: 1\nin: 2\nin: 3\nin: 4", "function f(x){return {1:2,2:4}[x]}", Outcome.Wrong)]
    public void Answers_are_judged_by_running_them(string problem, string answer, Outcome outcome) =>
        Assert.Equal(outcome, Environment.Verify(ScriptedPlay.Problem(Environment, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);

    public static TheoryData<string> Crafted => new(
        "", " ", "undefined", "null", "８", "８\n", "8 8", "8,9", "[8]", "{\"valueOf\":8}", "8//", "8;", "*", "out: 8", "NaN", "return 8", new('9', 100_000), new('[', 100_000), "\ud800", "\0", "8\u200b",
        "function f(x){return globalThis.expected}", "function f(x){return arguments.callee.caller}", "function f(x){return {valueOf(){return 8},toString(){return '8'}}}", "Object.prototype.toString=()=>'8';function f(x){return {}}",
        "function f(x){return [8]}", "function f(x){return '8'}", "function f(x){return new Number(8)}", "function f(x){return 8}", "function f(x){for(;;){try{for(;;);}catch{}finally{continue}}}");

    [Theory, MemberData(nameof(Crafted))]
    public void A_crafted_answer_is_never_accepted(string answer)
    {
        foreach (string problem in new[] { $"deduce\n{Twice}\nin: 4", $"abduce\n{Twice}\nin: 4", $"induce\n{Twice}\nin: 4\nin: 5" })
        {
            Verdict verdict = Environment.Verify(ScriptedPlay.Problem(Environment, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]);
            Assert.NotEqual(Outcome.Correct, verdict.Outcome);
        }
    }

    [Theory]
    [InlineData(""), InlineData("deduce"), InlineData("deduce\n\nin: 1"), InlineData($"guess\n{Twice}\nin: 1"), InlineData($"deduce\n{Twice}"), InlineData($"deduce\n{Twice}\nin: 1\nin: 2"), InlineData($"induce\n{Twice}\nin: 1")]
    [InlineData($"induce\n{Twice}\nin: 1\nin: 1"), InlineData($"deduce\n{Twice}\nin: x"), InlineData("deduce\nfunction f(x){return x}\nin: 1"), InlineData("deduce\nfunction f(x){return 1/}\nin: 1"), InlineData("deduce\nfunction f(x){while(x);}\nin: 1")]
    [InlineData("deduce\nfunction f(x){return Math.random()}\nin: 1"), InlineData("deduce\nfunction f(x){return [1].map(y=>f)}\nin: 1")]
    public void A_text_that_is_no_task_is_malformed_with_a_reason(string text)
    {
        Assert.Null(Environment.Parse(text).Problem);
        Assert.NotEmpty(Environment.Parse(text).Reason);
    }

    [Fact]
    public void Hidden_examples_are_not_shown()
    {
        string prompt = Environment.SolverPrompt(ScriptedPlay.Problem(Environment, $"induce\n{Twice}\nin: 11\nin: 22\nin: 33\nin: 44"), KeyedRandom.For(1, "prompt"));
        Assert.Equal("in: 11\nout: 22\nin: 22\nout: 44\nf: ", prompt);
    }

    [Fact]
    public void Parse_is_total() => Gen.String.Sample(text => Assert.Equal(Environment.Parse($"deduce\n{text}\nin: 1").Problem is null, Environment.Parse($"deduce\n{text}\nin: 1").Reason.Length > 0), iter: 300);

    [Fact]
    public void A_scenario_that_leaves_no_kind_of_task_is_refused() =>
        Assert.Contains("at least one", Assert.Throws<SocietyException>(() => new CodeEnvironment(new() { Deduction = false, Abduction = false, Induction = false })).Message);
}
