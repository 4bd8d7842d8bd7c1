using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>How many characters of a text each of its tokens stands for.</summary>
/// <remarks>
/// Of the text as a whole and not token by token: a token by itself may lose the space that it begins with, and a character may be split over several. Such a character counts for the
/// token that makes it whole, and the others of it have length 0.
/// </remarks>
public static class TokenLengths
{
    /// <summary>The lengths, which add up to that of the decoded text; 0 for the end of text.</summary>
    public static IReadOnlyList<int> In(ITokenizer tokenizer, IReadOnlyList<int> tokens)
    {
        TextStream stream = new(tokenizer);
        int[] lengths = new int[tokens.Count];
        int last = -1;
        for (int index = 0; index < lengths.Length; index++)
        {
            lengths[index] = stream.Append(tokens[index]).Length;
            if (!tokenizer.BytesOf(tokens[index]).IsEmpty) last = index;
        }

        if (last >= 0) lengths[last] += stream.Finish().Length;
        // Some tokenizers begin a text with a space that is not in it.
        int[] all = [.. tokens];
        int added = tokenizer.DecodeContinuation(all).Length - tokenizer.Decode(all).Length, first = Array.FindIndex(lengths, length => length > 0);
        if (first >= 0) lengths[first] -= added;
        return lengths;
    }
}
