using System.Text;

namespace AgentSociety.Models;

/// <summary>The byte-pair tokenizer of a <c>tokenizer.json</c>: byte-level (GPT-2, Llama 3, Qwen, SmolLM) or of SentencePiece's kind (Llama 2, Mistral).</summary>
/// <remarks>
/// Added tokens are found first, the text between them is normalised, cut into pieces, and each piece merged. Written here rather than taken
/// from Microsoft.ML.Tokenizers, which has no reader for the file, cuts by UTF-16 units and does not normalise without ICU.
/// </remarks>
public sealed class BytePairTokenizer : ITokenizer
{
    private readonly TokenizerFile _file;
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalised;
    private readonly AddedTokens _rawText;
    private readonly AddedTokens _normalisedText;
    private readonly byte[][] _bytes;
    private readonly string[] _shielded;

    internal BytePairTokenizer(TokenizerFile file)
    {
        _file = file;
        _raw = new AddedTokens(file.Added.Where(token => !token.Normalised));
        _normalised = new AddedTokens(file.Added.Where(token => token.Normalised));
        _rawText = new AddedTokens(file.Added.Where(token => !token.Normalised && !token.Special));
        _normalisedText = new AddedTokens(file.Added.Where(token => token.Normalised && !token.Special));
        Dictionary<int, AddedToken> added = file.Added.DistinctBy(token => token.Id).ToDictionary(token => token.Id);
        _shielded = [.. file.Added.Where(token => token.Special).Select(token => token.Content).OrderByDescending(content => content.Length)];
        _bytes = [.. Enumerable.Range(0, file.Tokens.Length).Select(token => BytesInText(token, added.GetValueOrDefault(token)))];
    }

    /// <inheritdoc />
    public int VocabularySize => _file.Tokens.Length;

    /// <inheritdoc />
    public int EndOfText => _file.EndOfText;

    /// <inheritdoc />
    public int? BeginningOfText => _file.BeginningOfText;

    /// <summary>What the tokenizer is made of.</summary>
    internal TokenizerFile File => _file;

    /// <summary>One line for people: kind, vocabulary, merges, added tokens.</summary>
    public string Description =>
        $"{(_file.ByteLevel ? "byte-level BPE" : "SentencePiece-style BPE")}, {VocabularySize} tokens, {_file.Merges.Count} merges, {_file.Added.Count} added tokens";

    /// <summary>The id of an added token's or vocabulary entry's text; null where there is none.</summary>
    public int? IdOf(string token) => _file.Added.FirstOrDefault(added => added.Content == token)?.Id ?? (_file.Vocabulary.TryGetValue(token, out int id) ? id : null);

    /// <summary>A token as the vocabulary spells it; empty for an id that stands for none.</summary>
    public string Spelling(int token) => (uint)token < (uint)_file.Tokens.Length ? _file.Tokens[token] ?? "" : "";

    /// <inheritdoc />
    public int[] Encode(string text) => Encode(text, _rawText, _normalisedText, continues: false);

    /// <inheritdoc />
    public int[] EncodeContinuation(string text) => Encode(text, _rawText, _normalisedText, continues: true);

    /// <inheritdoc />
    public int[] EncodeMarkup(string text) => Encode(text, _raw, _normalised, continues: false, markup: true);

    /// <inheritdoc />
    public int[] EncodeMarkupContinuation(string text) => Encode(text, _raw, _normalised, continues: true, markup: true);

    /// <inheritdoc />
    public string Shield(string text)
    {
        foreach (string name in _shielded) text = text.Replace(name, name[..1] + ITokenizer.ShieldMark + name[1..], StringComparison.Ordinal);
        return text;
    }

    /// <inheritdoc />
    public string Decode(ReadOnlySpan<int> tokens)
    {
        string text = DecodeContinuation(tokens);
        return _file.StripsFirstSpace && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <inheritdoc />
    public string DecodeContinuation(ReadOnlySpan<int> tokens)
    {
        using MemoryStream bytes = new();
        foreach (int token in tokens) bytes.Write(BytesOf(token).Span);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> BytesOf(int token) => (uint)token < (uint)_bytes.Length ? _bytes[token] : ReadOnlyMemory<byte>.Empty;

    /// <inheritdoc />
    public void Save(string folder) => _file.Save(folder);

    private int[] Encode(string text, AddedTokens raw, AddedTokens normalised, bool continues, bool markup = false)
    {
        List<int> ids = [];
        bool first = true;
        foreach ((string part, int? token) in raw.Split(text))
        {
            if (token is { } id) ids.Add(id);
            else Normalised(part, normalised, continues && first, first, markup, ids);
            first = false;
        }

        return [.. ids];
    }

    private void Normalised(string text, AddedTokens added, bool continues, bool first, bool markup, List<int> ids)
    {
        // Marks of Shield go last: some special tokens are looked for in what the normaliser made.
        foreach ((string part, int? token) in added.Split(_file.Normaliser(continues)(text)))
        {
            if (token is { } id) ids.Add(id);
            else
            {
                string plain = markup ? part.Replace(ITokenizer.ShieldMark, "", StringComparison.Ordinal) : part;
                foreach (TextPiece piece in _file.PreTokeniser(continues)(new TextPiece(plain, first))) _file.Model.Encode(piece.Text, ids);
            }

            first = false;
        }
    }

    private byte[] BytesInText(int token, AddedToken? added)
    {
        if (added is { } known) return known.Special ? [] : Encoding.UTF8.GetBytes(known.Content);
        if (_file.Tokens[token] is not { } spelling) return [];
        if (_file.ByteLevel) return ByteAlphabet.Read(spelling) ?? Encoding.UTF8.GetBytes(spelling);
        if (_file.ByteFallback && spelling.Length == 6 && spelling.StartsWith("<0x", StringComparison.Ordinal) && byte.TryParse(spelling.AsSpan(3, 2), System.Globalization.NumberStyles.HexNumber, null, out byte value)) return [value];
        return Encoding.UTF8.GetBytes(_file.SpaceMark is { } mark ? spelling.Replace(mark, ' ') : spelling);
    }
}
