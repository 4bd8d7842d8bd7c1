using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>How transcripts become tokens: segment by segment, as they do in play, then the end-of-text token.</summary>
/// <param name="Tokenizer">The model's.</param>
/// <param name="Context">The greatest number of tokens that the model takes.</param>
internal sealed record TextCode(ITokenizer Tokenizer, int Context)
{
    /// <summary>Tokens of a whole text, and which of them the model writes: those of its segments, and the end of text.</summary>
    public (int[] Tokens, bool[] Mask) Encode(IReadOnlyList<Segment> segments)
    {
        List<int> tokens = [];
        List<bool> mask = [];
        foreach (Segment segment in segments)
        {
            tokens.AddRange(tokens.Count == 0 ? Tokenizer.EncodePrompt(segment.Text) : Tokenizer.EncodeContinuation(segment.Text));
            while (mask.Count < tokens.Count) mask.Add(segment.Source == Source.Model);
        }

        // Nobody learns to write the token that begins a text.
        if (Tokenizer.BeginningOfText is not null && mask.Count > 0) mask[0] = false;
        tokens.Add(Tokenizer.EndOfText);
        mask.Add(true);
        return ([.. tokens], [.. mask]);
    }

    /// <summary>Positions of a text that is replayed: with gaps as far as the context reaches, or plain ones.</summary>
    public int[]? Positions(int length, PositionGaps gaps, KeyedRandom random) => gaps.Draw(length, Context, random);

    /// <summary>True where tokens stand for a text, and the mask for what of it the model wrote; a model may have sampled other tokens than its text is encoded as, and an attempt that was cut off has no end.</summary>
    /// <param name="segments">The text.</param>
    /// <param name="tokens">The tokens that are said to be those of the text.</param>
    /// <param name="mask">For each token whether the model wrote it.</param>
    public bool Matches(IReadOnlyList<Segment> segments, ReadOnlySpan<int> tokens, ReadOnlySpan<bool> mask)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)Tokenizer.VocabularySize) return false;
        }

        int first = Tokenizer.BeginningOfText is null ? 0 : 1, start = first;
        if (first == 1 && (tokens.IsEmpty || tokens[0] != Tokenizer.BeginningOfText)) return false;
        foreach ((bool written, string text) in Runs(segments))
        {
            int end = start;
            while (end < tokens.Length && mask[end] == written) end++;
            if ((start == first ? Tokenizer.Decode(tokens[start..end]) : Tokenizer.DecodeContinuation(tokens[start..end])) != text) return false;
            start = end;
        }

        // Behind a text that ends with a prompt or a reply stands at most the end that the model gave it.
        return Tokenizer.DecodeContinuation(tokens[start..]).Length == 0;
    }

    /// <summary>What one side wrote in a row, as one text; a mask does not part it further.</summary>
    private static IEnumerable<(bool Written, string Text)> Runs(IReadOnlyList<Segment> segments)
    {
        for (int first = 0, next; first < segments.Count; first = next)
        {
            bool written = segments[first].Source == Source.Model;
            for (next = first; next < segments.Count && (segments[next].Source == Source.Model) == written;) next++;
            string text = string.Concat(segments.Skip(first).Take(next - first).Select(segment => segment.Text));
            if (text.Length > 0) yield return (written, text);
        }
    }
}
