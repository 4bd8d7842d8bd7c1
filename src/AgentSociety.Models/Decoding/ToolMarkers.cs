using System.Text;

namespace AgentSociety.Models;

/// <summary>Which tokens of a vocabulary can complete a call of a tool, wherever in the token the marker stands.</summary>
internal sealed class ToolMarkers
{
    private readonly ITokenizer _tokenizer;
    private readonly string _markers;
    private readonly bool[] _candidates;

    public ToolMarkers(ITokenizer tokenizer, string markers, int vocabularySize)
    {
        _tokenizer = tokenizer;
        _markers = markers;
        // A marker may be spread over tokens: the one with its last byte completes it.
        bool[] last = new bool[256];
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune marker in markers.EnumerateRunes())
        {
            last[bytes[marker.EncodeToUtf8(bytes) - 1]] = true;
        }

        _candidates = new bool[vocabularySize];
        for (int token = 0; token < Math.Min(vocabularySize, tokenizer.VocabularySize); token++)
        {
            foreach (byte value in tokenizer.BytesOf(token).Span) _candidates[token] |= last[value];
        }
    }

    /// <summary>False where a token completes no call, whatever stands before it.</summary>
    public bool MayEndIn(int token) => _candidates[token];

    /// <summary>The calls that a text holds, each with its marker, and what stands behind the last.</summary>
    /// <param name="before">What was written behind the marker of the call before.</param>
    /// <param name="tokens">What was written since.</param>
    public (IReadOnlyList<string> Calls, string Behind) Read(string before, ReadOnlySpan<int> tokens)
    {
        string text = before + _tokenizer.DecodeContinuation(tokens);
        List<string> calls = [];
        int start = 0;
        for (int marker; (marker = text.AsSpan(start).IndexOfAny(_markers)) >= 0; start += marker + 1) calls.Add(text.Substring(start, marker + 1));
        return (calls, text[start..]);
    }
}
