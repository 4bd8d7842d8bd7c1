using System.Numerics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Expressions;
using CsCheck;

namespace AgentSociety.Environments.Tests.Expressions;

public class ExpressionsTests
{
    private static readonly ExpressionsEnvironment All = new(new() { Digits = 3, MaximumDifficulty = 10 });
    private static readonly Gen<Problem> Problems = Gen.Select(Gen.Int[1, 10], Gen.ULong).Select((difficulty, key) => All.Generate(difficulty, KeyedRandom.FromKey(key)));
    private static readonly Gen<IReadOnlyList<Segment>> Solutions = Gen.Select(Gen.Int[1, 10], Gen.ULong).Select((difficulty, key) => All.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)));

    [Fact]
    public void What_is_generated_can_be_parsed_and_has_the_difficulty_asked_for() => Gen.Select(Gen.Int[1, 10], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = All.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, All.Parse(problem.Text).Problem);
        Assert.Equal(difficulty, problem.Difficulty);
    });

    [Fact]
    public void Demonstrations_are_sound_unreserved_and_agree_with_big_integers() => Solutions.Sample(solution =>
    {
        Problem problem = ScriptedPlay.Problem(All, solution[0].Text);
        Verdict verdict = All.Verify(problem, solution);
        Assert.True(verdict.Sound, ScriptedPlay.Render(solution));
        Assert.InRange(verdict.Steps.Count, 1, problem.Difficulty);
        (BigInteger top, BigInteger bottom) = Oracle(problem.Text[..^1]);
        Assert.Equal(bottom.IsOne ? $"{problem.Text}{top}" : $"{problem.Text}{top}/{bottom}", verdict.Reason);
        Assert.False(Reservation.Holds(All.Name, problem.CanonicalForm));
        Assert.All(solution, segment => Assert.All(segment.Text, character => Assert.Contains(character, All.Alphabet)));
    }, iter: 2000);

    [Theory]
    [InlineData("(3+4)*5=", "7*5=35#", Outcome.Correct, true), InlineData("(3+4)*5=", "35#", Outcome.Correct, false), InlineData("(3+4)*5=", "(7)*5=35#", Outcome.Correct, true), InlineData("(3+4)*5=", "8*5=40#", Outcome.Wrong, false)]
    [InlineData("2*3+4*5=", "2*3+20=6+20=26#", Outcome.Correct, true), InlineData("2*3+4*5=", "6+4*5=6+20=26#", Outcome.Correct, true), InlineData("3-5=", "-2#", Outcome.Correct, true), InlineData("7-(3-5)=", "7-(-2)=9#", Outcome.Correct, true)]
    [InlineData("6/4=", "3/2#", Outcome.Correct, true), InlineData("6/4=", "6/4#", Outcome.Malformed, false), InlineData("1/2+1/3=", "5/6#", Outcome.Correct, true), InlineData("(1-8)%5=", "(-7)%5=3#", Outcome.Correct, true), InlineData("7/(6/4)=", "7/(3/2)=14/3#", Outcome.Correct, true)]
    [InlineData("9-4-3=", "9-1=8#", Outcome.Wrong, false), InlineData("(3+4)*5=", "7*5=35", Outcome.Malformed, false), InlineData("(3+4)*5=", "7*5=#", Outcome.Malformed, false), InlineData("(3+4)*5=", "7*5#", Outcome.Malformed, false), InlineData("(3+4)*5=", "7*5=35#35#", Outcome.Malformed, false)]
    public void Work_is_judged_step_by_step_and_by_its_last_number(string problem, string work, Outcome outcome, bool sound)
    {
        Verdict verdict = All.Verify(ScriptedPlay.Problem(All, problem), [new(Source.Prompt, problem), new(Source.Model, work)]);
        Assert.Equal((outcome, sound), (verdict.Outcome, verdict.Sound));
    }

    [Fact]
    public void Needless_parentheses_make_no_other_problem() => Assert.Equal(ScriptedPlay.Problem(All, "(1+2)+3=").CanonicalForm, ScriptedPlay.Problem(All, "1+2+3=").CanonicalForm);

    [Theory, InlineData("2+3=", "3+2="), InlineData("1+2+3=", "3+(1+2)="), InlineData("2*3*4=", "4*(3*2)="), InlineData("7-2*3=", "7-3*2="), InlineData("(1+2)*(3-4)=", "(3-4)*(2+1)="), InlineData("4*(3/2)=", "3/2*4=")]
    public void The_order_of_terms_and_factors_makes_no_other_problem(string one, string other) => Assert.Equal(ScriptedPlay.Problem(All, one).CanonicalForm, ScriptedPlay.Problem(All, other).CanonicalForm);

    [Theory, InlineData("3-2=", "2-3="), InlineData("4/2=", "2/4="), InlineData("1+2*3=", "(1+2)*3="), InlineData("7%3=", "3%7="), InlineData("4*(3/2)=", "4*3/2="), InlineData("1-2+3=", "1-(2+3)=")]
    public void What_comes_to_something_else_or_is_done_otherwise_is_another_problem(string one, string other) => Assert.NotEqual(ScriptedPlay.Problem(All, one).CanonicalForm, ScriptedPlay.Problem(All, other).CanonicalForm);

    [Fact]
    public void A_problem_is_posed_only_where_its_work_can_be_read()
    {
        ExpressionsEnvironment large = new(new() { Digits = 6, MaximumDifficulty = 32, Operations = "*+/-" });
        Assert.Contains("60 digits", large.Parse($"{string.Join('*', Enumerable.Repeat("999999", 11))}=").Reason);
        Assert.NotNull(large.Parse($"{string.Join('*', Enumerable.Repeat("999999", 10))}=").Problem);
        for (int index = 0; index < 40; index++)
        {
            IReadOnlyList<Segment> shown = large.DemonstrateSolution(12 + (index % 8), KeyedRandom.For(1, "large", index));
            Assert.True(large.Verify(ScriptedPlay.Problem(large, shown[0].Text), shown).Sound, ScriptedPlay.Render(shown));
        }
    }

    [Theory]
    [InlineData(""), InlineData("="), InlineData("12="), InlineData("1/2="), InlineData("1+2"), InlineData("1+="), InlineData("(1+2="), InlineData("1+2)="), InlineData("1/0="), InlineData("1%0="), InlineData("5%(1/2)="), InlineData("01+2="), InlineData("1 + 2="), InlineData("1++2=")]
    [InlineData("--1+2="), InlineData("-0+2="), InlineData("1234+1="), InlineData("１+2="), InlineData("1＋2="), InlineData("1+2=="), InlineData("1^2="), InlineData("()+1="), InlineData("1+1+1+1+1+1+1+1+1+1+1+1="), InlineData("1,000+1=")]
    public void A_text_that_is_no_problem_is_malformed_with_a_reason(string text)
    {
        Assert.Null(All.Parse(text).Problem);
        Assert.NotEmpty(All.Parse(text).Reason);
    }

    [Fact]
    public void Parse_is_total() => Gen.Char["0123456789+-*/%()= "].Array[0, 60].Sample(characters =>
    {
        string text = new string(characters) + "=";
        Proposal proposal = All.Parse(text);
        Assert.Equal(proposal.Problem is null, proposal.Reason.Length > 0);
        if (proposal.Problem is { } problem) Assert.Equal(problem.CanonicalForm, ScriptedPlay.Problem(All, problem.CanonicalForm).CanonicalForm);
    }, iter: 20_000);

    [Fact]
    public void A_changed_character_is_correct_only_where_the_last_number_is_right_and_sound_only_where_every_step_still_holds() => Gen.Select(Solutions, Gen.Int, Gen.Char["0123456789+-*/%()=#٣ "]).Sample((solution, where, character) =>
    {
        Problem problem = ScriptedPlay.Problem(All, solution[0].Text);
        char[] text = solution[1].Text.ToCharArray();
        text[(int)((uint)where % (uint)text.Length)] = character;
        string work = new(text);
        Verdict verdict = All.Verify(problem, [solution[0], new(Source.Model, work)]);
        if (verdict.Outcome != Outcome.Correct) return;
        Assert.Equal(Oracle(problem.Text[..^1]), Oracle(work[..^1].Split('=')[^1]));
        if (verdict.Sound) Assert.All(work[..^1].Split('='), step => Assert.Equal(Oracle(problem.Text[..^1]), Oracle(step)));
    }, iter: 5000);

    [Fact]
    public void Crafted_answers_are_never_accepted() => Problems.Sample(problem =>
    {
        (BigInteger top, BigInteger bottom) = Oracle(problem.Text[..^1]);
        string truth = bottom.IsOne ? $"{top}" : $"{top}/{bottom}";
        string[] crafted =
        [
            "", "#", truth, $"#{truth}", $"{truth}##", $"{truth}# ", $" {truth}#", $"{truth} #", $"{truth}#\n", $"={truth}#", $"{truth}=#", $"{truth}#{truth}#", $"{truth}.0#", $"+{truth}#", $"0{truth}#", $"{truth}e0#", $"({truth}#", $"{problem.Text}#", $"{problem.Text[..^1]}#",
            $"{2 * top}/{2 * bottom}#", string.Concat(truth.Select(character => (char)(character + 0xfee0))) + "#", $"{truth}\u200b#", $"{truth}＃", new('(', 100_000), new string('9', 100_000) + "#", string.Concat(Enumerable.Repeat("9*", 50_000)) + "9#",
            string.Concat(Enumerable.Repeat("1=", 100_000)) + $"{truth}#", "\ud800#", $"\u2212{truth}#", $"0-{truth}#", $"{top - bottom}/{bottom}#",
        ];
        Assert.All(crafted, text => Assert.NotEqual(Outcome.Correct, All.Verify(problem, [new(Source.Prompt, problem.Text), new(Source.Model, text)]).Outcome));
        Assert.NotEqual(Outcome.Correct, All.Verify(problem, []).Outcome);
        Assert.NotEqual(Outcome.Correct, All.Verify(problem, [new(Source.Model, $"{truth}#"), new(Source.Model, $"{truth}#")]).Outcome);
    }, iter: 200);

    [Fact]
    public void Numbers_above_the_largest_are_neither_drawn_nor_posed()
    {
        ExpressionsEnvironment small = new(new() { Operations = "+-", LargestNumber = 5 });
        Assert.Contains("larger than 5", small.Parse("1+6=").Reason);
        Assert.NotNull(small.Parse("1+5=").Problem);
        string drawn = string.Concat(Enumerable.Range(0, 200).Select(index => small.Generate(4, KeyedRandom.For(1, "small", index)).Text));
        Assert.DoesNotContain(drawn, character => character is >= '6' and <= '9');
        Assert.Contains('5', drawn);
    }

    [Fact]
    public void An_operation_that_the_scenario_does_not_name_is_malformed() => Assert.Contains("'%'", new ExpressionsEnvironment(new() { Operations = "+-" }).Parse("1+7%3=").Reason);

    [Fact]
    public void Options_out_of_range_are_refused_by_name() => Assert.Contains("Operations", Assert.Throws<SocietyException>(() => new ExpressionsEnvironment(new() { Operations = "^" })).Message);

    /// <summary>Exact value by Dijkstra's two stacks, in lowest terms.</summary>
    internal static (BigInteger Top, BigInteger Bottom) Oracle(string text)
    {
        Stack<(BigInteger Top, BigInteger Bottom)> values = [];
        Stack<char> operators = [];
        for (int at = 0; at < text.Length; at++)
        {
            char character = text[at];
            if (char.IsAsciiDigit(character))
            {
                int start = at;
                while (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])) at++;
                values.Push((BigInteger.Parse(text[start..(at + 1)]), 1));
            }
            else if (character == '(') operators.Push(character);
            else if (character == ')')
            {
                while (operators.Peek() != '(') Apply();
                operators.Pop();
            }
            else if (character == '-' && (at == 0 || text[at - 1] == '('))
            {
                int start = ++at;
                while (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])) at++;
                values.Push((-BigInteger.Parse(text[start..(at + 1)]), 1));
            }
            else
            {
                while (operators.TryPeek(out char before) && before != '(' && ("*/%".Contains(before) || "+-".Contains(character))) Apply();
                operators.Push(character);
            }
        }

        while (operators.Count > 0) Apply();
        return values.Single();

        void Apply()
        {
            ((BigInteger a, BigInteger b), (BigInteger c, BigInteger d)) = (values.Pop(), values.Pop());
            (BigInteger top, BigInteger bottom) = operators.Pop() switch
            {
                '+' => (c * b + a * d, d * b),
                '-' => (c * b - a * d, d * b),
                '*' => (c * a, d * b),
                '/' => (c * b, d * a),
                _ => (((c % a) + a) % a, BigInteger.One),
            };
            BigInteger common = BigInteger.GreatestCommonDivisor(top, bottom) * bottom.Sign;
            values.Push((top / common, bottom / common));
        }
    }
}
