using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Finds the tokenizer in a model's folder.</summary>
public static class TokenizerFolder
{
    /// <summary>Reads whichever tokenizer the folder holds: <c>character-tokenizer.json</c> before <c>tokenizer.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="endOfText">The token that ends a text, where the tokenizer's own files do not say.</param>
    /// <exception cref="SocietyException">There is none, or it cannot be used.</exception>
    public static ITokenizer Load(string folder, int? endOfText = null)
    {
        if (File.Exists(Path.Combine(folder, CharacterTokenizer.FileName))) return CharacterTokenizer.Load(folder);
        if (File.Exists(Path.Combine(folder, TokenizerFile.FileName))) return new BytePairTokenizer(TokenizerFile.Load(folder, endOfText));
        string advice = File.Exists(Path.Combine(folder, "tokenizer.model"))
            ? "tokenizer.model alone cannot be read: take the tokenizer.json that the model's publisher offers beside it, or convert it with Hugging Face's library"
            : $"a model needs {TokenizerFile.FileName} or {CharacterTokenizer.FileName}";
        throw new SocietyException($"{folder}: holds no tokenizer; {advice}");
    }
}
