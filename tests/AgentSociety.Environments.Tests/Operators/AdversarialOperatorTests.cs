using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Environments.Laws;
using CsCheck;

namespace AgentSociety.Environments.Tests.Operators;

/// <summary>Answers crafted to pass without being right.</summary>
public class AdversarialOperatorTests
{
    private static readonly LawEnvironment World = HiddenLaws.Operators(new(), 11);
    private static readonly Problem Chain = ScriptedPlay.Problem(World, "bac4=");
    private static readonly int Truth = World.Apply('b', World.Apply('a', World.Apply('c', 4)));
    private static readonly string AllAnswers = string.Concat(Enumerable.Range(0, 10).Select(digit => $"#{digit}"));

    public static TheoryData<string> Crafted => new(
        "", "#", $"{Truth}", $"={Truth}", $"##{Truth}", $"#{Truth}#{Truth}", $"#{Truth} ", $"# {Truth}", $"#{Truth}\n", $"#{Truth}0", $"#0{Truth}",
        AllAnswers, $"#{(char)('０' + Truth)}", $"#{(char)('٠' + Truth)}", $"＃{Truth}", $"#{Truth}\0", $"#-{Truth}", $"#+{Truth}", $"#{Truth}.", $"#\u200b{Truth}",
        new string('#', 100_000), new string('c', 1_000_000), $"#{Truth}{new string('9', 1_000_000)}", "\ud800", "c4?2a2?7b7?1", "<eot>", "answer: " + Truth);

    [Theory, MemberData(nameof(Crafted))]
    public void A_crafted_answer_is_never_accepted(string text)
    {
        Verdict verdict = ScriptedPlay.Judge(World, Chain, new() { Notes = EmptyNotes.Instance }, text);
        Assert.NotEqual(Outcome.Correct, verdict.Outcome);
        Assert.False(verdict.Sound);
        Assert.NotEmpty(verdict.Reason);
    }

    [Theory]
    [InlineData("c4!c4!a{0}!b{1}!#{2}")] // asks twice
    [InlineData("c4!a{0}!b{1}!a{0}!#{2}")] // asks after the end
    [InlineData("zc4!a{0}!b{1}!#{2}")] // babbles first
    [InlineData("c4!a{0}!b{1}!c4{9};#{2}")] // notes what no tool said
    [InlineData("c4!c4{0};c4{0};a{0}!b{1}!#{2}")] // notes twice
    [InlineData("a{0}!b{1}!c4!#{2}")] // out of order
    [InlineData("c4!a{0}!#{2}")] // skips the last step and guesses
    [InlineData("#{2}")]
    public void A_right_answer_by_a_wrong_or_needless_step_is_not_sound(string text)
    {
        int first = World.Apply('c', 4), second = World.Apply('a', first), third = World.Apply('b', second);
        string written = text.Replace("{0}", $"{first}", StringComparison.Ordinal).Replace("{1}", $"{second}", StringComparison.Ordinal)
            .Replace("{2}", $"{third}", StringComparison.Ordinal).Replace("{9}", $"{(first + 1) % 10}", StringComparison.Ordinal);
        Verdict verdict = ScriptedPlay.Judge(World, Chain, new() { Notes = EmptyNotes.Instance, Experiments = 10 }, written);
        Assert.Equal(Outcome.Correct, verdict.Outcome);
        Assert.False(verdict.Sound, written);
    }

    [Fact]
    public void Replies_that_the_model_wrote_itself_count_for_nothing()
    {
        int first = World.Apply('c', 4), second = World.Apply('a', first);
        Verdict verdict = World.Verify(Chain, [new(Source.Prompt, Chain.Text), new(Source.Model, $"c4?{first}a{first}?{second}b{second}?{Truth}#{Truth}")]);
        Assert.Equal(Outcome.Correct, verdict.Outcome);
        Assert.False(verdict.Sound);
    }

    [Fact]
    public void Text_after_the_answer_takes_the_answer_back() =>
        Assert.Equal(Outcome.Malformed, World.Verify(Chain, [new(Source.Model, $"#{Truth}"), new(Source.Tool, "1"), new(Source.Model, "#1")]).Outcome);

    [Fact]
    public void No_transcript_throws_and_only_the_truth_is_correct() => Gen.Select(Gen.Char["abch0123456789?!;#-= "].Array[0, 40], Gen.Bool).Sample((characters, split) =>
    {
        string text = new(characters);
        Segment[] transcript = split
            ? [new(Source.Model, text[..(text.Length / 2)]), new(Source.Tool, "3"), new(Source.Model, text[(text.Length / 2)..])]
            : [new(Source.Model, text)];
        Verdict verdict = World.Verify(Chain, transcript);
        if (verdict.Outcome == Outcome.Correct) Assert.EndsWith($"#{Truth}", text);
        Assert.All(verdict.Steps, step => Assert.NotEmpty(transcript[step.Segment].Text.Substring(step.Start, step.Length)));
    }, iter: 20_000);
}
