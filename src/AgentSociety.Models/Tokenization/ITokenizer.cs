using System.Text;

namespace AgentSociety.Models;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Number of different ids, the end of text included.</summary>
    int VocabularySize { get; }

    /// <summary>The id that ends a text.</summary>
    int EndOfText { get; }

    /// <summary>The id that begins a text; null where the model was trained without one.</summary>
    int? BeginningOfText => null;

    /// <summary>Ids of a text, without the end of text. The name of a special token in it is text like any other, so that what people and agents write cannot end a turn.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] Encode(string text);

    /// <summary>Ids of a text that a model is to continue: <see cref="Encode"/> behind the token that begins a text, where the model was trained with one.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] EncodePrompt(string text) => BeginningOfText is { } first ? [first, .. Encode(text)] : Encode(text);

    /// <summary>Ids of a text that goes on from text before it; some tokenizers mark the beginning of a text, which this leaves out.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] EncodeContinuation(string text) => Encode(text);

    /// <summary>Ids of what a <see cref="ChatTemplate"/> made, in which the names of special tokens stand for them. Never for text from outside.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] EncodeMarkup(string text) => Encode(text);

    /// <summary>Ids of a part of what a <see cref="ChatTemplate"/> made that goes on from text before it.</summary>
    /// <exception cref="Core.SocietyException">The text holds a character that the tokenizer cannot express.</exception>
    int[] EncodeMarkupContinuation(string text) => EncodeMarkup(text);

    /// <summary>What <see cref="Shield"/> puts into names of special tokens: a code point that Unicode reserves for such use and that no text holds.</summary>
    const string ShieldMark = "\uFDD0";

    /// <summary>A text from outside, changed so that <see cref="EncodeMarkup"/> takes the names of special tokens in it for text.</summary>
    string Shield(string text) => text;

    /// <summary>Text of ids; the end of text and other special tokens decode to nothing, bytes that are no UTF-8 to U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Text of ids that go on from others before them.</summary>
    string DecodeContinuation(ReadOnlySpan<int> tokens) => Decode(tokens);

    /// <summary>The UTF-8 bytes that a token stands for within a text; they may be part of a character.</summary>
    ReadOnlyMemory<byte> BytesOf(int token) => Encoding.UTF8.GetBytes(DecodeContinuation([token]));

    /// <summary>Writes the tokenizer into a model's folder.</summary>
    void Save(string folder);
}
