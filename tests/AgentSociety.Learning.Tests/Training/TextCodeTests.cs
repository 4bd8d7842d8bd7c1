using AgentSociety.Core.Play;

namespace AgentSociety.Learning.Tests;

public sealed class TextCodeTests
{
    private static readonly Segment[] Text = [new(Source.Prompt, "01"), new(Source.Model, "2")];

    [Fact]
    public void A_text_begins_as_plays_prompts_do_and_nobody_learns_to_write_that()
    {
        TextCode plain = CountingWorld.Text, begins = plain with { BeginningOfText = 99 };
        (int[] without, bool[] mask) = plain.Encode(Text);
        Assert.Equal([99, .. without], begins.Encode(Text).Tokens);
        Assert.Equal([false, .. mask], begins.Encode(Text).Mask);
        Assert.True(begins.Matches(Text, (int[])[99, .. without]));
        Assert.False(begins.Matches(Text, without));
    }
}
