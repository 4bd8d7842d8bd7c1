using System.Text;
using AgentSociety.Models;
using CsCheck;

namespace AgentSociety.Kernel.Tests;

public sealed class TextAssemblyTests
{
    private static readonly Gen<string> Texts = Gen.OneOf("a", "b", "ab", "ä", "語", "🙂", "👩‍🚀", "\n", "stop", "sto").Array[0, 12].Select(string.Concat);

    [Fact]
    public void Pieces_make_the_text_up_to_the_first_stop_and_none_ends_within_a_character() =>
        Gen.Select(Texts, Gen.OneOf("a", "ba", "stop", "🙂", "top\n", "語語").Array[0, 3]).Sample((text, stops) =>
        {
            TextAssembly assembly = new(Bytes.Instance, [256], stops);
            List<TextPiece> pieces = [];
            foreach (byte token in Encoding.UTF8.GetBytes(text))
            {
                if (assembly.Add(new SampledToken(token, -1, [])) is { } piece) pieces.Add(piece);
                if (assembly.Stopped) break;
            }

            pieces.Add(assembly.Finish(new TextEnd(false, 1, assembly.Count)));
            // An oracle of its own: the earliest place of any stop.
            int end = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(place => place >= 0).DefaultIfEmpty(text.Length).Min();
            Assert.Equal(text[..end], string.Concat(pieces.Select(piece => piece.Text)));
            Assert.Equal(end < text.Length, assembly.Stopped);
            Assert.All(pieces, piece => Assert.True(piece.Text.Length == 0 || !char.IsHighSurrogate(piece.Text[^1])));
            if (!assembly.Stopped) Assert.Equal(Encoding.UTF8.GetByteCount(text), pieces.Sum(piece => piece.Tokens.Count));
            Assert.All(pieces.SkipLast(1), piece => Assert.NotEmpty(piece.Text));
        });

    [Fact]
    public void What_cannot_become_a_stop_is_shown_at_once()
    {
        TextAssembly assembly = new(Bytes.Instance, [256], ["xyz"]);
        Assert.Equal("a", Shown('a'));
        Assert.Null(Shown('x'));
        Assert.Null(Shown('y'));
        Assert.Equal("xya", Shown('a'));
        Assert.Null(Shown('x'));
        Assert.Equal("x", assembly.Finish(new TextEnd(true, 0, 6)).Text);

        string? Shown(char letter) => assembly.Add(new SampledToken(letter, 0, []))?.Text;
    }

    [Fact]
    public void Half_a_character_at_the_end_is_shown_as_such_and_nothing_is_withheld()
    {
        TextAssembly assembly = new(Bytes.Instance, [256], []);
        foreach (byte token in Encoding.UTF8.GetBytes("a語")[..3]) assembly.Add(new SampledToken(token, 0, []));
        TextPiece last = assembly.Finish(new TextEnd(true, 0, 3));
        Assert.Equal("\uFFFD", last.Text);
        Assert.Equal(2, last.Tokens.Count);
    }

    [Fact]
    public void Tokens_are_told_by_their_bytes_and_those_that_end_a_text_are_no_part_of_it()
    {
        TextAssembly assembly = new(Bytes.Instance, [256, 'E'], []);
        List<TextPiece> pieces = [];
        foreach (byte token in Encoding.UTF8.GetBytes("ä E"))
        {
            if (assembly.Add(new SampledToken(token, -1, [(0xC3, -2), (256, -3)])) is { } piece) pieces.Add(piece);
        }

        pieces.Add(assembly.Finish(new TextEnd(false, 1, assembly.Count)));
        Assert.Equal("ä ", string.Concat(pieces.Select(piece => piece.Text)));
        WrittenToken[] tokens = [.. pieces.SelectMany(piece => piece.Tokens)];
        Assert.Equal(3, assembly.Count);
        Assert.Equal("C3 A4 20", string.Join(' ', tokens.Select(token => Convert.ToHexString(token.Bytes.Span))));
        Assert.All(tokens, token => Assert.Equal(["C3", ""], token.Alternatives.Select(other => Convert.ToHexString(other.Bytes.Span))));
    }

    /// <summary>One token a byte of UTF-8: most characters are several tokens.</summary>
    private sealed class Bytes : ITokenizer
    {
        public static readonly Bytes Instance = new();

        public int VocabularySize => 257;

        public int EndOfText => 256;

        public int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text)];

        public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString([.. tokens.ToArray().Where(token => token < 256).Select(token => (byte)token)]);

        public ReadOnlyMemory<byte> BytesOf(int token) => token < 256 ? new[] { (byte)token } : ReadOnlyMemory<byte>.Empty;

        public void Save(string folder) => throw new NotSupportedException();
    }
}
