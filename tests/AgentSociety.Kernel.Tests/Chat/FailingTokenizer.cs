using AgentSociety.Models;

namespace AgentSociety.Kernel.Tests;

/// <summary>A tokenizer with a defect: it says what tokens stand for so many times, and then fails in a way that nobody foresaw.</summary>
public sealed class FailingTokenizer(int fails) : ITokenizer
{
    private readonly ITokenizer _whole = new CharacterTokenizer(Torch.Alphabet);

    /// <summary>How often it still answers.</summary>
    public int Fails { get; set; } = fails;

    public int VocabularySize => _whole.VocabularySize;

    public int EndOfText => _whole.EndOfText;

    public int[] Encode(string text) => _whole.Encode(text);

    public string Decode(ReadOnlySpan<int> tokens) => _whole.Decode(tokens);

    public ReadOnlyMemory<byte> BytesOf(int token) => Fails-- > 0 ? _whole.BytesOf(token) : throw new NotSupportedException("a defect");

    public void Save(string folder) => _whole.Save(folder);
}
