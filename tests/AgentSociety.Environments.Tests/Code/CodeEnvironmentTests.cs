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
    private static readonly CodeEnvironment Few = new(new() { Language = CodeLanguage.Restricted, EarlierShown = 2 });

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
    public void The_restricted_language_is_the_same_task_in_few_characters() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = Few.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, Few.Parse(problem.Text).Problem);
        Assert.Equal(difficulty, problem.Difficulty);
        IReadOnlyList<Segment> shown = Few.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)), posed = Few.DemonstrateProposal(difficulty, KeyedRandom.FromKey(key));
        Assert.All(shown.Concat(posed), segment => Assert.All(segment.Text, character => Assert.Contains(character, Few.Alphabet)));
        Problem proposed = ScriptedPlay.Problem(Few, posed[1].Text);
        Assert.False(Reservation.Holds(Few.Name, proposed.CanonicalForm));
        if (!Reservation.Holds(Few.Name, problem.CanonicalForm)) Assert.True(Few.Verify(problem, shown).Sound, ScriptedPlay.Render(shown));
    }, iter: 300);

    [Theory]
    [InlineData("d(x+3)*2,4=", "14", Outcome.Correct), InlineData("d(x+3)*2,4=", "15", Outcome.Wrong), InlineData("ax%7,9=", "16", Outcome.Correct), InlineData("ax%7,9=", "17", Outcome.Wrong), InlineData("ix*2,1,2,3,4=", "x+x", Outcome.Correct), InlineData("ix*2,1,2,3,4=", "x<3?x*2:0", Outcome.Wrong)]
    [InlineData("ix*2,1,2,3,4=", "function f(x){return x*2}", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "x*2}//", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "", Outcome.Malformed), InlineData("ix*2,1,2,3,4=", "x**2", Outcome.Wrong), InlineData("d(x+3)*2,4=", "１４", Outcome.Wrong)]
    public void Answers_in_the_restricted_language_are_judged_by_running_them(string problem, string answer, Outcome outcome) =>
        Assert.Equal(outcome, Few.Verify(ScriptedPlay.Problem(Few, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]).Outcome);

    [Theory, InlineData(""), InlineData("d="), InlineData("dx,1="), InlineData("dx+1="), InlineData("dx+1,1,2="), InlineData("ix+1,1="), InlineData("dx+1,01="), InlineData("dx+1,-0="), InlineData("dx/1,1="), InlineData("dy+1,1="), InlineData("dx+,1="), InlineData("dx(1),1="), InlineData("zx+1,1="), InlineData("dx+1,１=")]
    public void A_text_that_is_none_of_the_restricted_language_is_malformed(string text) => Assert.NotEmpty(Few.Parse(text).Reason);

    [Fact]
    public void Layout_and_comments_make_no_other_problem()
    {
        string one = ScriptedPlay.Problem(Environment, "deduce\nfunction f(x){return x*2}\nin: 4").CanonicalForm;
        Assert.Equal(one, ScriptedPlay.Problem(Environment, "deduce\nfunction  f ( x ) {\n  // twice\n  return x * 2\n}\nin: 4").CanonicalForm);
        Assert.NotEqual(one, ScriptedPlay.Problem(Environment, "deduce\nfunction f(x){return x*3}\nin: 4").CanonicalForm);
    }

    [Fact]
    public void A_proposer_is_shown_earlier_problems()
    {
        CodeEnvironment shown = new(new() { EarlierShown = 2 });
        Problem[] earlier = [.. Enumerable.Range(1, 3).Select(number => ScriptedPlay.Problem(shown, $"deduce\nfunction f(x){{return x*{number}}}\nin: 4"))];
        string prompt = shown.ProposerPrompt(new([0.5]), earlier, KeyedRandom.For(1, "prompt"));
        Assert.Contains(earlier[0].Text, prompt);
        Assert.Contains(earlier[1].Text, prompt);
        Assert.DoesNotContain(earlier[2].Text, prompt);
        Assert.Equal(Environment.ProposerPrompt(new([0.5]), KeyedRandom.For(1, "prompt")), Environment.ProposerPrompt(new([0.5]), earlier, KeyedRandom.For(1, "prompt")));
    }

    [Fact]
    public void Variety_grows_with_programs_of_another_make()
    {
        CodeVariety same = CodeVariety.Of(["function f(x){return x+1}", "function f(x){return x+2}", "not JavaScript ("]);
        CodeVariety mixed = CodeVariety.Of(["function f(x){return x+1}", "function f(x){if(x>2&&x<9){return [x]}return x.map(y=>y*2)}"]);
        Assert.Equal((2, 0, 1), (same.Programs, same.Distance, same.Cyclomatic));
        Assert.InRange(mixed.Distance, 0.5, 1);
        Assert.Equal(2, mixed.Cyclomatic); // 1 and 3
        Assert.True(mixed.Kinds > same.Kinds && mixed.Depth > same.Depth);
        Assert.Equal(0, CodeVariety.Of([]).Programs);
        Assert.InRange(CodeVariety.Between("x+1", "x*1"), 0.1, 0.9);
    }

    [Fact]
    public void A_scenario_that_leaves_no_kind_of_task_is_refused() =>
        Assert.Contains("at least one", Assert.Throws<SocietyException>(() => new CodeEnvironment(new() { Deduction = false, Abduction = false, Induction = false })).Message);
}
