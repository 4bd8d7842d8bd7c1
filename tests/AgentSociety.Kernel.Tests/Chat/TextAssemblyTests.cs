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
            TextAssembly assembly = new(Bytes.Instance, stops);
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
        TextAssembly assembly = new(Bytes.Instance, ["xyz"]);
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
        TextAssembly assembly = new(Bytes.Instance, []);
        foreach (byte token in Encoding.UTF8.GetBytes("a語")[..3]) assembly.Add(new SampledToken(token, 0, []));
        TextPiece last = assembly.Finish(new TextEnd(true, 0, 3));
        Assert.Equal("\uFFFD", last.Text);
        Assert.Equal(2, last.Tokens.Count);
    }

    /// <summary>One token a byte of UTF-8: most characters are several tokens.</summary>
    private sealed class Bytes : ITokenizer
    {
        public static readonly Bytes Instance = new();

        public int VocabularySize => 257;

        public int EndOfText => 256;

        public int[] Encode(string text) => [.. Encoding.UTF8.GetBytes(text)];

        public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString([.. tokens.ToArray().Where(token => token < 256).Select(token => (byte)token)]);

        public void Save(string folder) => throw new NotSupportedException();
    }
}
