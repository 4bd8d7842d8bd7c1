using AgentSociety.Models;

namespace AgentSociety.Kernel.Tests;

/// <summary>A tokenizer that takes its time to say what its last token stands for, which only preparing a pattern asks.</summary>
public sealed class SlowTokenizer(ManualResetEventSlim ready) : ITokenizer
{
    private readonly ITokenizer _whole = new CharacterTokenizer(Torch.Alphabet);

    public int VocabularySize => _whole.VocabularySize;

    public int EndOfText => _whole.EndOfText;

    public int[] Encode(string text) => _whole.Encode(text);

    public string Decode(ReadOnlySpan<int> tokens) => _whole.Decode(tokens);

    public ReadOnlyMemory<byte> BytesOf(int token)
    {
        if (token == EndOfText) ready.Wait();
        return _whole.BytesOf(token);
    }

    public void Save(string folder) => _whole.Save(folder);
}
