using AgentSociety.Core.Play;
using AgentSociety.Models;

namespace AgentSociety.Learning.Tests;

public sealed class TextCodeTests
{
    private static readonly Segment[] Text = [new(Source.Prompt, "01"), new(Source.Model, "2")];

    [Fact]
    public void A_text_begins_as_plays_prompts_do_and_nobody_learns_to_write_that()
    {
        TextCode plain = CountingWorld.Text, begins = plain with { Tokenizer = new Beginning(plain.Tokenizer) };
        (int[] without, bool[] mask) = plain.Encode(Text);
        Assert.Equal([7, .. without], begins.Encode(Text).Tokens);
        Assert.Equal([false, .. mask], begins.Encode(Text).Mask);
        Assert.Equal([false, true, true], begins.Encode([new(Source.Model, "2")]).Mask);
        Assert.True(begins.Matches(Text, (int[])[7, .. without], (bool[])[false, .. mask]));
        Assert.False(begins.Matches(Text, without, mask));
    }

    [Fact]
    public void Sampled_tokens_are_those_of_a_text_that_would_be_encoded_in_fewer()
    {
        TextCode code = new(BytePairTrainer.Train(["look up the word, look up the word"], 300), Context: 64);
        Segment[] text = [new(Source.Prompt, "look:"), new(Source.Model, "look"), new(Source.Tool, " up"), new(Source.Model, " the word")];
        (int[] whole, bool[] _) = code.Encode(text);
        int[] prompt = code.Tokenizer.Encode("look:"), reply = code.Tokenizer.EncodeContinuation(" up");
        int[] first = [.. "look".SelectMany(letter => code.Tokenizer.Encode(letter.ToString()))], second = [.. " the word".SelectMany(letter => code.Tokenizer.Encode(letter.ToString()))];
        int[] sampled = [.. prompt, .. first, .. reply, .. second];
        bool[] mask = [.. prompt.Select(_ => false), .. first.Select(_ => true), .. reply.Select(_ => false), .. second.Select(_ => true)];
        Assert.True(sampled.Length > whole.Length);
        Assert.True(code.Matches(text, sampled, mask));
        Assert.True(code.Matches(text, (int[])[.. sampled, code.Tokenizer.EndOfText], (bool[])[.. mask, true]));
        Assert.False(code.Matches(text, sampled, [.. mask.Select(written => !written)]));
        Assert.False(code.Matches(text, sampled.AsSpan(..^1), mask.AsSpan(..^1)));
        Assert.False(code.Matches(text, (int[])[.. sampled, first[0]], (bool[])[.. mask, true]));
        Assert.False(code.Matches(text, (int[])[code.Tokenizer.VocabularySize, .. sampled[1..]], mask));
    }

    /// <summary>The same tokenizer, of a model that was trained with a token before each text.</summary>
    private sealed class Beginning(ITokenizer inner) : ITokenizer
    {
        public int VocabularySize => inner.VocabularySize;

        public int EndOfText => inner.EndOfText;

        public int? BeginningOfText => 7;

        public int[] Encode(string text) => inner.Encode(text);

        public string Decode(ReadOnlySpan<int> tokens) => inner.Decode(tokens);

        public void Save(string folder) => inner.Save(folder);
    }
}
