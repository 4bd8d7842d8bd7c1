using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Code;
using CsCheck;

namespace AgentSociety.Environments.Tests.Code;

public class TracedCodeTests
{
    private static readonly CodeEnvironment Traced = new(new() { Language = CodeLanguage.Restricted, Trace = true });
    private static readonly Sandbox Sandbox = new(new());

    [Fact]
    public void What_is_demonstrated_is_sound_and_stays_within_the_alphabet() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = Traced.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, Traced.Parse(problem.Text).Problem);
        if (Reservation.Holds(Traced, problem)) return;
        IReadOnlyList<Segment> shown = Traced.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key));
        Assert.All(shown, segment => Assert.All(segment.Text, character => Assert.Contains(character, Traced.Alphabet)));
        Verdict verdict = Traced.Verify(problem, shown);
        Assert.True(verdict.Sound, $"{ScriptedPlay.Render(shown)} {verdict.Reason}");
        if (problem.Text[0] != 'i') Assert.Equal(shown[1].Text.Count(mark => mark is ',' or '#') + 1, verdict.Steps.Count);
    }, iter: 300);

    [Theory]
    [InlineData("x"), InlineData("x+x*x-3"), InlineData("(x<3)+x"), InlineData("-x%3-2"), InlineData("-(x-9)*0"), InlineData("3-(-x)"), InlineData("+(x<5)"), InlineData("x%0"), InlineData("x%-3"), InlineData("x<2?x<0?1:2:x%3?x+1:5*x"), InlineData("(x%0)<1?1:2"), InlineData("9999*9999*9999*x*9999*9999")]
    public void A_trace_comes_to_what_the_sandbox_says_and_each_line_is_true_there(string body)
    {
        ExecutionTrace trace = ExecutionTrace.Of($"function f(x){{return {body}}}")!;
        foreach (int input in Enumerable.Range(-12, 30))
        {
            (IReadOnlyList<string> lines, string value) = trace.On(input);
            Assert.Equal(Sandbox.Run($"function f(x){{return {body}}}", $"{input}").Value, value);
            foreach (string line in lines)
            {
                string[] sides = line.Split('=');
                // An operand that is negative stands in parentheses only here: 3--2 is no JavaScript.
                string said = System.Text.RegularExpressions.Regex.Replace(sides[0], @"(?<=[-+*%<])([-+].*)$", "($1)");
                Assert.Equal(Sandbox.Run($"function f(x){{return {said}}}", "0").Value, sides[1]);
            }
        }
    }

    [Theory, InlineData("x**2"), InlineData("x++"), InlineData("x--"), InlineData("x<<1"), InlineData("x??1")]
    public void An_operation_that_no_trace_knows_is_no_problem(string body)
    {
        Assert.Null(ExecutionTrace.Of($"function f(x){{return {body}}}"));
        Assert.NotEmpty(Traced.Parse($"d{body},4=").Reason);
    }

    [Theory]
    [InlineData("d(x+3)*2,9=", "9+3=12,12*2=24#24", Outcome.Correct, "vvv")]
    [InlineData("d(x+3)*2,9=", "#24", Outcome.Correct, "x"), InlineData("d(x+3)*2,9=", "9+3=12#24", Outcome.Correct, "xx"), InlineData("d(x+3)*2,9=", "9+3=12,#24", Outcome.Correct, "vx")]
    [InlineData("d(x+3)*2,9=", "9+3=13,12*2=24#24", Outcome.Correct, "xxx"), InlineData("d(x+3)*2,9=", "9+3=12,12*2=25#25", Outcome.Wrong, "vxx"), InlineData("d(x+3)*2,9=", "9+3=12,12*2=2#24", Outcome.Correct, "vxx")]
    [InlineData("d(x+3)*2,9=", "24", Outcome.Malformed, ""), InlineData("d(x+3)*2,9=", "9+3=12,12*2=24#24#24", Outcome.Wrong, "vvx"), InlineData("d(x+3)*2,9=", "9+3=12,12*2=24,24+0=24#24", Outcome.Correct, "vxxx")]
    [InlineData("a(x+3)*2,9=", "12*2=24,9+3=12#9", Outcome.Correct, "vvv"), InlineData("a(x+3)*2,9=", "12*2=24,8+3=12#8", Outcome.Wrong, "vxx"), InlineData("a(x+3)*2,9=", "9+3=12,12*2=24#9", Outcome.Correct, "xxx")]
    [InlineData("ax%7,9=", "16%7=2#16", Outcome.Correct, "vv"), InlineData("ax%7,9=", "7002%7=2#7002", Outcome.Correct, "vv"), InlineData("ax%7,9=", "16%7=2#9", Outcome.Correct, "vx"), InlineData("ax%7,9=", "16%7=2#\"16\"", Outcome.Correct, "vx")]
    [InlineData("dx<5?x:x*2,8=", "8<5=false,8*2=16#16", Outcome.Correct, "vvv"), InlineData("dx<5?x:x*2,3=", "3<5=true#3", Outcome.Correct, "vv"), InlineData("ax<5?x:x*2,8=", "8*2=16,8<5=false#8", Outcome.Correct, "vvv")]
    public void Every_line_of_the_work_is_judged(string problem, string answer, Outcome outcome, string steps)
    {
        Verdict verdict = Traced.Verify(ScriptedPlay.Problem(Traced, problem), [new(Source.Prompt, ""), new(Source.Model, answer)]);
        Assert.Equal(outcome, verdict.Outcome);
        Assert.Equal(steps, string.Concat(verdict.Steps.Select(step => step.Valid ? 'v' : 'x')));
        if (steps.Length > 0) Assert.Equal(answer.Replace(",", ""), string.Concat(verdict.Steps.Select(step => answer.Substring(step.Start, step.Length))).Replace(",", ""));
    }

    [Theory, InlineData("d(x+3)*2,9="), InlineData("ax%7,9=")]
    public void Verify_is_total(string problem) => Gen.String.Sample(text => Assert.NotNull(Traced.Verify(ScriptedPlay.Problem(Traced, problem), [new(Source.Prompt, ""), new(Source.Model, text + "#")])), iter: 200);

    [Theory, InlineData("dx*2,4="), InlineData("dx%2,4="), InlineData("dx<2?x:3,4="), InlineData("dx+4,4="), InlineData("dx+1,8="), InlineData("dx+1,-1="), InlineData("d9999999999+x,1=")]
    public void What_the_scenario_does_not_name_is_neither_drawn_nor_posed(string text)
    {
        CodeEnvironment small = new(new() { Language = CodeLanguage.Restricted, Operators = "+-", LargestNumber = 3 });
        Assert.NotEmpty(small.Parse(text).Reason);
        Assert.All(Enumerable.Range(0, 20), index => Assert.Matches("^[dai][x()+-]*([1-3][x()+-]*)+(,[0-7])+=$", small.Generate(4, KeyedRandom.For(1, "small", index)).Text));
    }

    [Fact]
    public void A_language_without_operations_is_refused() => Assert.Contains("Operators", Assert.Throws<SocietyException>(() => new CodeEnvironment(new() { Operators = "<" })).Message);

    [Fact]
    public void The_full_language_has_no_trace() => Assert.Contains("restricted", Assert.Throws<SocietyException>(() => new CodeEnvironment(new() { Trace = true })).Message);
}
