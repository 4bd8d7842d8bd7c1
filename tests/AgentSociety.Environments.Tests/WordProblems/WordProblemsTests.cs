using System.Numerics;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.WordProblems;
using CsCheck;

namespace AgentSociety.Environments.Tests.WordProblems;

public partial class WordProblemsTests
{
    private const string Told = "Ada has 12 apples. Ada gets 5 more. Ada keeps one of 2 equal shares. How many apples has Ada now?";
    private static readonly WordProblemsEnvironment Stories = new(new());
    private static readonly Gen<IReadOnlyList<Segment>> Solutions = Gen.Select(Gen.Int[1, 6], Gen.ULong).Select((difficulty, key) => Stories.DemonstrateSolution(difficulty, KeyedRandom.FromKey(key)));

    [Fact]
    public void Demonstrations_are_sound_unreserved_and_agree_with_big_integers() => Solutions.Sample(solution =>
    {
        Problem problem = ScriptedPlay.Problem(Stories, solution[0].Text.TrimEnd('\n'));
        Verdict verdict = Stories.Verify(problem, solution);
        Assert.True(verdict.Sound, ScriptedPlay.Render(solution));
        Assert.Equal($"the answer is {Oracle(problem.Text)}", verdict.Reason);
        Assert.False(Reservation.Holds(Stories.Name, problem.CanonicalForm));
        Assert.All(solution, segment => Assert.All(segment.Text, character => Assert.Contains(character, Stories.Alphabet)));
    }, iter: 1000);

    [Theory]
    [InlineData("12 + 5 = 17\n17 / 2 = 17/2\n#### 17/2", Outcome.Correct, true), InlineData("#### 17/2", Outcome.Correct, false), InlineData("#### 8.5", Outcome.Correct, false), InlineData("12 + 5 = 18\n18 / 2 = 9\n#### 9", Outcome.Wrong, false)]
    [InlineData("12 + 5 = 17\n#### 17/2", Outcome.Correct, false), InlineData("12 + 5 = 17\n17 / 2 = 17/2\n17/2 + 0 = 17/2\n#### 17/2", Outcome.Correct, false), InlineData("well\n#### 17/2", Outcome.Correct, false)]
    [InlineData("17/2", Outcome.Malformed, false), InlineData("#### 17/2 apples", Outcome.Malformed, false), InlineData("#### 17/2 #### 3", Outcome.Malformed, false), InlineData("####17/2", Outcome.Malformed, false)]
    public void Work_is_judged_line_by_line_and_by_its_last_number(string work, Outcome outcome, bool sound)
    {
        Verdict verdict = Stories.Verify(ScriptedPlay.Problem(Stories, Told), [new(Source.Prompt, Told + "\n"), new(Source.Model, work)]);
        Assert.Equal((outcome, sound), (verdict.Outcome, verdict.Sound));
    }

    [Theory]
    [InlineData("(d) ", "(e) ", "d: 12 + 5 = 17\ne: 17 / 2 = 17/2\n#### 17/2", Outcome.Correct, true), InlineData("(d) ", "(e) ", "12 + 5 = 17\n17 / 2 = 17/2\n#### 17/2", Outcome.Correct, false)]
    [InlineData("(d) ", "(e) ", "e: 12 + 5 = 17\nd: 17 / 2 = 17/2\n#### 17/2", Outcome.Correct, false), InlineData("(d) ", "(e) ", "d: 12 + 5 = 17\ne: 17 / 2 = 8\n#### 8", Outcome.Wrong, false)]
    [InlineData("", "", "d: 12 + 5 = 17\ne: 17 / 2 = 17/2\n#### 17/2", Outcome.Malformed, false), InlineData("(d) ", "(f) ", "d: 12 + 5 = 17\nf: 17 / 2 = 17/2\n#### 17/2", Outcome.Malformed, false), InlineData("(l) ", "(m) ", "l: 12 + 5 = 17\nm: 17 / 2 = 17/2\n#### 17/2", Outcome.Malformed, false)]
    public void Where_what_happens_has_letters_each_line_begins_with_its_own(string first, string second, string work, Outcome outcome, bool sound)
    {
        WordProblemsEnvironment labelled = new(new() { Labels = true });
        string shown = $"Ada has 12 apples. {first}Ada gets 5 more. {second}Ada keeps one of 2 equal shares. How many apples has Ada now?\n";
        Verdict verdict = labelled.Verify(ScriptedPlay.Problem(labelled, Told), [new(Source.Prompt, shown), new(Source.Model, work)]);
        Assert.Equal((outcome, sound), (verdict.Outcome, verdict.Sound));
    }

    [Fact]
    public void Letters_are_drawn_anew_for_each_solver_and_posed_by_nobody()
    {
        WordProblemsEnvironment labelled = new(new() { Labels = true });
        Assert.Null(labelled.Parse("Ada has 12 apples. (a) Ada gets 5 more. How many apples has Ada now?").Problem);
        HashSet<char> letters = [];
        for (int index = 0; index < 300; index++)
        {
            IReadOnlyList<Segment> shown = labelled.DemonstrateSolution(1 + (index % 6), KeyedRandom.For(1, "labels", index));
            string posed = LetterInBrackets().Replace(shown[0].Text, "").TrimEnd('\n');
            Verdict verdict = labelled.Verify(ScriptedPlay.Problem(labelled, posed), shown);
            Assert.True(verdict.Sound, $"{ScriptedPlay.Render(shown)}: {verdict.Reason}");
            Assert.Equal($"the answer is {Oracle(posed)}", verdict.Reason);
            Assert.All(shown, segment => Assert.All(segment.Text, character => Assert.Contains(character, labelled.Alphabet)));
            letters.UnionWith(LetterInBrackets().Matches(shown[0].Text).Select(match => match.Value[1]));
        }

        Assert.Equal(12, letters.Count);
    }

    [GeneratedRegex(@"\([a-z]\) ")]
    private static partial Regex LetterInBrackets();

    [Fact]
    public void Stories_that_differ_in_names_alone_are_one_problem() =>
        Assert.Equal(ScriptedPlay.Problem(Stories, Told).CanonicalForm, ScriptedPlay.Problem(Stories, Told.Replace("Ada", "Ben", StringComparison.Ordinal).Replace("apples", "coins", StringComparison.Ordinal)).CanonicalForm);

    [Theory]
    [InlineData(""), InlineData("Ada has 12 apples. How many apples has Ada now?"), InlineData("Ada has 12 apples. Ada gives 13 away. How many apples has Ada now?"), InlineData("Ada has 12 apples. Ben gets 5 more. How many apples has Ada now?")]
    [InlineData("Zoe has 12 apples. Zoe gets 5 more. How many apples has Zoe now?"), InlineData("Ada has 12 apples. Ada gets 5 more. How many coins has Ada now?"), InlineData("Ada has 012 apples. Ada gets 5 more. How many apples has Ada now?"), InlineData("Ada has 12 apples. Ada gets １ more. How many apples has Ada now?")]
    [InlineData("Ada has 12 apples. Ada eats 5. How many apples has Ada now?"), InlineData("Ada has 12 apples. Ada keeps one of 0 equal shares. How many apples has Ada now?"), InlineData("Ada has 12 apples. Ada gets 21 more. How many apples has Ada now?"), InlineData("Аda has 12 apples. Аda gets 5 more. How many apples has Аda now?")]
    public void A_text_that_is_no_story_is_malformed_with_a_reason(string text)
    {
        Assert.Null(Stories.Parse(text).Problem);
        Assert.NotEmpty(Stories.Parse(text).Reason);
    }

    [Fact]
    public void A_story_whose_numbers_grow_beyond_what_can_be_answered_is_none()
    {
        WordProblemsEnvironment large = new(new() { MaximumDifficulty = 20, LargestNumber = 999_999 });
        string grown = string.Concat(Enumerable.Repeat("Ada now has 999999 times as many. ", 20));
        Assert.Contains("nobody could answer", large.Parse($"Ada has 12 apples. {grown}How many apples has Ada now?").Reason);
        for (int index = 0; index < 100; index++)
        {
            IReadOnlyList<Segment> shown = large.DemonstrateSolution(20, KeyedRandom.For(1, "large", index));
            Assert.True(large.Verify(ScriptedPlay.Problem(large, shown[0].Text.TrimEnd('\n')), shown).Sound, shown[1].Text);
        }
    }

    [Fact]
    public void What_the_scenario_does_not_name_does_not_happen()
    {
        WordProblemsEnvironment whole = new(new() { Operations = "+-" });
        Assert.Contains("equal shares", whole.Parse(Told).Reason);
        Assert.All(Enumerable.Range(0, 50), index => Assert.DoesNotMatch("times|shares", whole.Generate(6, KeyedRandom.For(1, "whole", index)).Text));
        Assert.Contains("Operations", Assert.Throws<SocietyException>(() => new WordProblemsEnvironment(new() { Operations = "%" })).Message);
    }

    [Fact]
    public void Crafted_answers_are_never_accepted() => Solutions.Sample(solution =>
    {
        Problem problem = ScriptedPlay.Problem(Stories, solution[0].Text.TrimEnd('\n'));
        string truth = Oracle(problem.Text);
        string[] crafted =
        [
            "", "####", "#### ", truth, $"### {truth}", $"#### {truth}#### {truth}", $"#### {truth}\n#### {truth}", $"#### {truth} or 1", $"#### ={truth}", $"#### {truth}.", $"#### {truth}\0", $"#### {truth}\u200b", $"＃＃＃＃ {truth}", $"#### +{truth}", $"#### ({truth})", $"#### {truth}e0", $"#### --{truth}", $"#### {truth}/1/1",
            $"#### {string.Concat(truth.Select(character => (char)(character + 0xfee0)))}", new string('\n', 200_000), new string('#', 200_000), string.Concat(Enumerable.Repeat("#### ", 50_000)), $"#### {new string('9', 100_000)}", "\ud800", $"answer: {truth}", $"#### {truth}%", $"#### ${truth}",
        ];
        Assert.All(crafted, text => Assert.NotEqual(Outcome.Correct, Stories.Verify(problem, [solution[0], new(Source.Model, text)]).Outcome));
        Assert.NotEqual(Outcome.Correct, Stories.Verify(problem, []).Outcome);
    }, iter: 200);

    [Fact]
    public void Parse_is_total() => Gen.Select(Gen.Int[0, Told.Length - 1], Gen.Char).Sample((at, character) =>
    {
        Proposal proposal = Stories.Parse(Told[..at] + character + Told[(at + 1)..]);
        Assert.Equal(proposal.Problem is null, proposal.Reason.Length > 0);
    }, iter: 2000);

    /// <summary>Reads the numbers of a story in order and knows the verbs, nothing else.</summary>
    internal static string Oracle(string story)
    {
        BigInteger top = 0, bottom = 1;
        foreach (Match match in Numbers().Matches(story))
        {
            BigInteger number = BigInteger.Parse(match.Groups[2].Value);
            (top, bottom) = match.Groups[1].Value switch
            {
                "has" => (number, BigInteger.One),
                "gets" => (top + number * bottom, bottom),
                "gives" => (top - number * bottom, bottom),
                "now has" => (top * number, bottom),
                _ => (top, bottom * number),
            };
        }

        BigInteger common = BigInteger.GreatestCommonDivisor(top, bottom);
        return bottom == common ? $"{top / common}" : $"{top / common}/{bottom / common}";
    }

    [GeneratedRegex(@"(now has|has|gets|gives|keeps one of) (\d+)")]
    private static partial Regex Numbers();
}
