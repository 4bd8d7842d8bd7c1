using System.Numerics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Arithmetic;
using CsCheck;

namespace AgentSociety.Environments.Tests.Arithmetic;

public class ArithmeticTests
{
    private static readonly ArithmeticEnvironment All = new(new() { Operations = "+-*" });
    private static readonly Gen<IReadOnlyList<Segment>> Solutions = Gen.Select(Gen.Int[1, 12], Gen.ULong).Select((difficulty, key) => All.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)));
    private static readonly Gen<Problem> Problems = Gen.Select(Gen.Int[1, 12], Gen.ULong).Select((difficulty, key) => All.Generate(difficulty, KeyedRandom.FromKey(key)));

    [Fact]
    public void What_is_generated_can_be_parsed_and_has_the_difficulty_asked_for() => Gen.Select(Gen.Int[1, 12], Gen.ULong).Sample((difficulty, key) =>
    {
        Problem problem = All.Generate(difficulty, KeyedRandom.FromKey(key));
        Assert.Equal(problem, All.Parse(problem.Text).Problem);
        Assert.Equal(difficulty, problem.Difficulty);
    });

    [Fact]
    public void Demonstrations_are_sound_unreserved_and_agree_with_big_integers() => Solutions.Sample(solution =>
    {
        Problem problem = Read(solution[0].Text);
        Verdict verdict = All.Verify(problem, solution);
        Assert.True(verdict.Sound, ScriptedPlay.Render(solution));
        Assert.Equal($"{problem.Text}{Oracle(problem.Text)}", verdict.Reason);
        Assert.False(Reservation.Holds(All.Name, problem.CanonicalForm));
        Assert.All(solution, segment => Assert.All(segment.Text, character => Assert.Contains(character, All.Alphabet)));
    });

    [Fact]
    public void A_changed_character_is_never_sound_and_correct_only_where_the_written_number_is_right() => Gen.Select(Solutions, Gen.Int, Gen.Char["0123456789abcdefz#+=０٣ "]).Sample((solution, where, character) =>
    {
        Problem problem = Read(solution[0].Text);
        char[] text = solution[1].Text.ToCharArray();
        int position = (int)((uint)where % (uint)text.Length);
        if (text[position] == character) return;
        text[position] = character;
        Verdict verdict = All.Verify(problem, [solution[0], new(Source.Model, new(text))]);
        Assert.False(verdict.Sound, $"{problem.Text} {new string(text)}");
        if (verdict.Outcome == Outcome.Correct) Assert.StartsWith($"{problem.Text}{Oracle(problem.Text)}, ", verdict.Reason);
    });

    [Fact]
    public void One_slip_is_one_invalid_step_where_nothing_but_its_carry_goes_on()
    {
        Problem problem = ScriptedPlay.Problem(All, "734+58=");
        Verdict verdict = All.Verify(problem, [new(Source.Prompt, "+d48e35f70g00="), new(Source.Model, "d4802e3508f7007g0000#")]);
        Assert.Equal([false, true, true, true, true], verdict.Steps.Select(step => step.Valid));
        Assert.Equal((Outcome.Wrong, "734+58=792, not 782"), (verdict.Outcome, verdict.Reason));
    }

    [Fact]
    public void Proposers_of_short_sums_are_shown_frontiers_of_every_length_and_still_write_short_sums()
    {
        HashSet<int> shown = [];
        for (int index = 0; index < 500; index++)
        {
            IReadOnlyList<Segment> proposal = All.DemonstrateProposal(2, KeyedRandom.For(1, "proposal", index));
            shown.Add(proposal[0].Text.Count(char.IsAsciiDigit));
            Assert.Equal(2, All.Parse(proposal[1].Text).Problem!.Difficulty);
        }

        Assert.Superset(Enumerable.Range(2, 11).ToHashSet(), shown);
    }

    [Fact]
    public void Swapped_operands_are_one_problem_where_the_operation_commutes()
    {
        Assert.Equal(ScriptedPlay.Problem(All, "7+12=").CanonicalForm, ScriptedPlay.Problem(All, "12+7=").CanonicalForm);
        Assert.Equal(ScriptedPlay.Problem(All, "7*12=").CanonicalForm, ScriptedPlay.Problem(All, "12*7=").CanonicalForm);
        Assert.NotEqual(ScriptedPlay.Problem(All, "12+7=").CanonicalForm, ScriptedPlay.Problem(All, "12-7=").CanonicalForm);
    }

    [Theory]
    [InlineData(""), InlineData("="), InlineData("1+="), InlineData("+1="), InlineData("1+2"), InlineData("01+2="), InlineData("1+02="), InlineData("1+2+3="), InlineData("1 + 2=")]
    [InlineData("1/2="), InlineData("-1+2="), InlineData("1--2="), InlineData("１+2="), InlineData("٣+2="), InlineData("1-2="), InlineData("1234567890123+1="), InlineData("1+2=="), InlineData("1＋2=")]
    public void A_text_that_is_no_problem_is_malformed_with_a_reason(string text)
    {
        Assert.Null(All.Parse(text).Problem);
        Assert.NotEmpty(All.Parse(text).Reason);
    }

    [Fact]
    public void Parse_is_total() => Gen.String.Sample(text => Assert.Equal(All.Parse(text).Problem is null, All.Parse(text).Reason.Length > 0));

    [Fact]
    public void An_operation_that_the_scenario_does_not_name_is_malformed() => Assert.Null(new ArithmeticEnvironment(new()).Parse("3*4=").Problem);

    [Fact]
    public void Short_problems_show_every_place_letter()
    {
        HashSet<char> seen = [];
        ArithmeticEnvironment sums = new(new());
        for (int index = 0; index < 500; index++) seen.UnionWith(sums.SolverPrompt(ScriptedPlay.Problem(sums, "12+34="), KeyedRandom.For(1, "prompt", index)));
        Assert.Superset("abcdefghijklm".ToHashSet(), seen);
    }

    [Fact]
    public void Crafted_answers_are_never_accepted() => Problems.Sample(problem =>
    {
        string prompt = All.SolverPrompt(problem, KeyedRandom.For(1, "prompt")), truth = Oracle(problem.Text).ToString();
        string[] crafted =
        [
            "", "#", "##", truth, $"#{truth}", $"{truth}#", $"={truth}#", string.Concat(truth.Reverse()) + "#", $"{prompt}#", problem.Text + truth, new('#', 10_000),
            new('0', 200_000), string.Concat(Enumerable.Repeat("a0000", 50_000)) + "#x", "\ud800#", string.Concat(truth.Select(digit => (char)(digit - '0' + '０'))) + "#", $"# {truth}", "a\0\0\0\0#",
        ];
        Assert.All(crafted, text => Assert.NotEqual(Outcome.Correct, All.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, text)]).Outcome));
        Assert.NotEqual(Outcome.Correct, All.Verify(problem, []).Outcome);
        Assert.NotEqual(Outcome.Correct, All.Verify(problem, [new(Source.Model, "#")]).Outcome);
        Assert.NotEqual(Outcome.Correct, All.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, "a"), new(Source.Tool, truth), new(Source.Model, "#")]).Outcome);
    });

    [Fact]
    public void Numbers_that_overflow_machine_words_are_exact()
    {
        ArithmeticEnvironment wide = new(new() { Operations = "*", MaximumDifficulty = 24 });
        for (int index = 0; index < 50; index++)
        {
            IReadOnlyList<Segment> solution = wide.DemonstrateSolution(24, KeyedRandom.For(2, "wide", index));
            Assert.True(wide.Verify(Read(solution[0].Text), solution).Sound);
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name() =>
        Assert.Contains("Operations", Assert.Throws<SocietyException>(() => new ArithmeticEnvironment(new() { Operations = "/" })).Message);

    /// <summary>Reads the columns of a prompt back, by a way of its own.</summary>
    private static Problem Read(string prompt)
    {
        string left = "", right = "";
        for (int index = 1; index + 2 < prompt.Length; index += 3) (left, right) = (prompt[index + 1] + left, prompt[index + 2] + right);
        return ScriptedPlay.Problem(new ArithmeticEnvironment(new() { Operations = "+-*", MaximumDifficulty = 24 }), $"{BigInteger.Parse(left)}{prompt[0]}{BigInteger.Parse(right)}=");
    }

    internal static BigInteger Oracle(string text)
    {
        string[] operands = text.TrimEnd('=').Split('+', '-', '*');
        (BigInteger left, BigInteger right) = (BigInteger.Parse(operands[0]), BigInteger.Parse(operands[1]));
        return text.Contains('+') ? left + right : text.Contains('-') ? left - right : left * right;
    }
}
