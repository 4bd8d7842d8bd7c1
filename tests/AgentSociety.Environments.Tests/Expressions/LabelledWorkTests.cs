using System.Numerics;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Expressions;
using CsCheck;

namespace AgentSociety.Environments.Tests.Expressions;

public class LabelledWorkTests
{
    private static readonly ExpressionsEnvironment Labelled = new(new() { Labels = true, Digits = 2, MaximumDifficulty = 10 });
    private static readonly Gen<IReadOnlyList<Segment>> Solutions = Gen.Select(Gen.Int[1, 10], Gen.ULong).Select((difficulty, key) => Labelled.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)));

    [Theory]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=1#", Outcome.Correct, true)]
    [InlineData("6-(2-3)=", "a6-(b2-c3)=", "b2-c3=-1,a6-b-1=7#", Outcome.Correct, true)]
    [InlineData("2*3+4*5=", "d2*e3+f4*g5=", "f4*g5=20,d2*e3=6,d6+f20=26#", Outcome.Correct, true)]
    [InlineData("6/4*5=", "a6/b4*c5=", "a6/b4=3/2,a3/2*c5=15/2#", Outcome.Correct, true)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b5=1#", Outcome.Correct, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=1#", Outcome.Correct, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=1,a1-c3=1#", Outcome.Correct, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=5,a5-c3=2#", Outcome.Wrong, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "b2-c3=-1,a6-b-1=7#", Outcome.Wrong, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6+b2=4,a4-c3=1#", Outcome.Correct, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,4-c3=1#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=a1#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=1,#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=1", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "a6-b2=4,a4-c3=(1)#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c3=", "1#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-c4=", "a6-b2=4,a4-c3=1#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "a6-b2-b3=", "a6-b2=4,a4-b3=1#", Outcome.Malformed, false)]
    [InlineData("6-2-3=", "6-2-3=", "a6-b2=4,a4-c3=1#", Outcome.Malformed, false)]
    public void Each_operation_is_judged_by_what_its_letters_stand_for_by_then(string posed, string prompt, string work, Outcome outcome, bool sound)
    {
        Verdict verdict = Labelled.Verify(ScriptedPlay.Problem(Labelled, posed), [new(Source.Prompt, prompt), new(Source.Model, work)]);
        Assert.Equal((outcome, sound), (verdict.Outcome, verdict.Sound));
    }

    [Fact]
    public void What_follows_from_a_slip_is_no_second_slip()
    {
        Verdict verdict = Labelled.Verify(ScriptedPlay.Problem(Labelled, "6-2-3="), [new(Source.Prompt, "a6-b2-c3="), new(Source.Model, "a6-b2=5,a5-c3=2#")]);
        Assert.Equal([false, true, true], verdict.Steps.Select(step => step.Valid));
        Assert.Equal(["a6-b2=5,", "a5-c3=2", "#"], verdict.Steps.Select(step => "a6-b2=5,a5-c3=2#".Substring(step.Start, step.Length)));
    }

    [Fact]
    public void Demonstrations_are_sound_and_agree_with_big_integers() => Solutions.Sample(solution =>
    {
        string posed = string.Concat(solution[0].Text.Where(character => !char.IsAsciiLetter(character)));
        Verdict verdict = Labelled.Verify(ScriptedPlay.Problem(Labelled, posed), solution);
        Assert.True(verdict is { Outcome: Outcome.Correct, Sound: true }, $"{ScriptedPlay.Render(solution)}: {verdict.Reason}");
        (BigInteger top, BigInteger bottom) = ExpressionsTests.Oracle(posed[..^1]);
        Assert.EndsWith(bottom.IsOne ? $"={top}#" : $"={top}/{bottom}#", solution[1].Text);
        Assert.All(solution, segment => Assert.All(segment.Text, character => Assert.Contains(character, Labelled.Alphabet)));
    }, iter: 2000);

    [Fact]
    public void A_changed_character_is_correct_only_where_the_last_number_is_right() => Gen.Select(Solutions, Gen.Int, Gen.Char["0123456789+-*/%()=#,abcdefgh٣ "]).Sample((solution, where, character) =>
    {
        string posed = string.Concat(solution[0].Text.Where(letter => !char.IsAsciiLetter(letter)));
        char[] text = solution[1].Text.ToCharArray();
        int at = (int)((uint)where % (uint)text.Length);
        bool changed = text[at] != character;
        text[at] = character;
        Verdict verdict = Labelled.Verify(ScriptedPlay.Problem(Labelled, posed), [solution[0], new(Source.Model, new string(text))]);
        if (verdict.Outcome == Outcome.Correct) Assert.Equal(ExpressionsTests.Oracle(posed[..^1]), ExpressionsTests.Oracle(new string(text)[..^1].Split('=')[^1]));
        // Every character of a demonstration is due, and no other could stand there.
        Assert.Equal(!changed, verdict.Sound);
    }, iter: 5000);

    [Fact]
    public void Which_letters_are_shown_is_drawn_anew_and_they_come_in_order()
    {
        HashSet<char> letters = [];
        for (int index = 0; index < 300; index++)
        {
            string[] shown = [.. Labelled.DemonstrateSolution(1 + (index % 8), KeyedRandom.For(1, "labels", index))[0].Text.Where(char.IsAsciiLetter).Select(letter => letter.ToString())];
            Assert.Equal(shown.Distinct().Order(StringComparer.Ordinal), shown);
            letters.UnionWith(string.Concat(shown));
        }

        Assert.Equal(22, letters.Count);
        Assert.Null(Labelled.Parse("a6-b2=").Problem);
    }

    [Fact]
    public void Work_of_any_length_is_read_in_bounded_time()
    {
        Problem problem = ScriptedPlay.Problem(Labelled, "6-2-3=");
        string[] crafted = [string.Concat(Enumerable.Repeat("a6-b2=4,", 100_000)) + "a4-c3=1#", $"a6-b2={new string('9', 1_000_000)}#", new string(',', 1_000_000) + "#", $"a{new string('9', 500_000)}-b{new string('9', 500_000)}=1#"];
        Assert.All(crafted, work => Assert.Equal(Outcome.Malformed, Labelled.Verify(problem, [new(Source.Prompt, "a6-b2-c3="), new(Source.Model, work)]).Outcome));
    }

    [Fact]
    public void Without_parentheses_none_are_drawn_or_posed_and_sums_are_worked_out_from_left_to_right()
    {
        ExpressionsEnvironment rows = new(new() { Labels = true, Parentheses = false, Operations = "+-", LargestNumber = 5 });
        Assert.Contains("parentheses", rows.Parse("1-(2+3)=").Reason);
        for (int index = 0; index < 200; index++)
        {
            IReadOnlyList<Segment> shown = rows.DemonstrateSolution(1 + (index % 8), KeyedRandom.For(1, "rows", index));
            Assert.DoesNotContain('(', shown[0].Text);
            char first = shown[0].Text[0];
            Assert.All(shown[1].Text[..^1].Split(','), (step, place) => Assert.Equal((first, (char)(first + place + 1)), (step[0], step.Last(char.IsAsciiLetter))));
        }
    }
}
