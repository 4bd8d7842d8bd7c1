namespace AgentSociety.Models;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Number of different ids, the end of text included.</summary>
    int VocabularySize { get; }

    /// <summary>The id that ends a text.</summary>
    int EndOfText { get; }

    /// <summary>Ids of a text, without the end of text.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] Encode(string text);

    /// <summary>Text of ids; the end of text decodes to nothing.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Writes the tokenizer into a model's folder.</summary>
    void Save(string folder);
}
