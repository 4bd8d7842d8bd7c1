using System.Text;

namespace AgentSociety.Models;

/// <summary>Turns tokens into text as they come, holding back the bytes of a character until it is whole.</summary>
/// <remarks>The pieces together are what <see cref="ITokenizer.DecodeContinuation"/> gives for all tokens at once.</remarks>
public sealed class TextStream(ITokenizer tokenizer)
{
    private readonly System.Text.Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The characters that this token makes whole; often none.</summary>
    public string Append(int token) => Convert(tokenizer.BytesOf(token).Span, flush: false);

    /// <summary>What is left when no more tokens come: U+FFFD for a character that was never finished, or nothing.</summary>
    public string Finish() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        char[] characters = new char[_decoder.GetCharCount(bytes, flush)];
        return new string(characters, 0, _decoder.GetChars(bytes, characters, flush));
    }
}
