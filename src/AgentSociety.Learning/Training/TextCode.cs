using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning;

/// <summary>How transcripts become tokens: segment by segment, as they do in play, then the end-of-text token.</summary>
/// <param name="Tokenize">Token ids of a text.</param>
/// <param name="EndOfText">The id that ends a text.</param>
/// <param name="Context">The greatest number of tokens that the model takes.</param>
internal sealed record TextCode(Func<string, IReadOnlyList<int>> Tokenize, int EndOfText, int Context)
{
    /// <summary>The id that begins a text, as play's prompts have it; null for none.</summary>
    public int? BeginningOfText { get; init; }

    /// <summary>Tokens of a whole text, and which of them the model writes: those of its segments, and the end of text.</summary>
    public (int[] Tokens, bool[] Mask) Encode(IReadOnlyList<Segment> segments)
    {
        List<int> tokens = [];
        List<bool> mask = [];
        if (BeginningOfText is { } first)
        {
            tokens.Add(first);
            mask.Add(false);
        }

        foreach (Segment segment in segments)
        {
            foreach (int token in Tokenize(segment.Text))
            {
                tokens.Add(token);
                mask.Add(segment.Source == Source.Model);
            }
        }

        tokens.Add(EndOfText);
        mask.Add(true);
        return ([.. tokens], [.. mask]);
    }

    /// <summary>Positions of a text that is replayed: with gaps as far as the context reaches, or plain ones.</summary>
    public int[]? Positions(int length, int slack, KeyedRandom random) => PositionGaps.Draw(length, Math.Min(slack, Context - length), random);

    /// <summary>True where tokens are those of a text, whole or without its end: an attempt that was cut off has none.</summary>
    public bool Matches(IReadOnlyList<Segment> segments, ReadOnlySpan<int> tokens)
    {
        ReadOnlySpan<int> expected = Encode(segments).Tokens;
        return tokens.Length >= expected.Length - 1 && tokens.StartsWith(expected[..Math.Min(expected.Length, tokens.Length)]);
    }
}
