using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Writes a tokenizer under the keys by which llama.cpp makes its own of it.</summary>
internal static class GgufTokenizer
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    /// <summary>Patterns whose cutting llama.cpp has built in, and its names for them: one with which it takes a piece that is a token whole (<c>ignore_merges</c>), one with which it merges always.</summary>
    private static readonly Dictionary<string, (string? Whole, string? Merged)> Patterns = new()
    {
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = ("llama-bpe", "dbrx"),
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = (null, "qwen2"),
    };

    /// <summary>Adds the tokenizer and the chat template.</summary>
    /// <exception cref="SocietyException">The tokenizer is none that llama.cpp knows.</exception>
    public static void Add(GgufFile file, LanguageModel model)
    {
        switch (model.Tokenizer)
        {
            case CharacterTokenizer characters:
                AddCharacters(file, characters, model.Decoder.Config.VocabularySize);
                break;
            case BytePairTokenizer pairs:
                AddPairs(file, pairs, model.Decoder.Config.VocabularySize);
                break;
            default:
                throw new SocietyException($"GGUF has no place for a tokenizer of the kind {model.Tokenizer.GetType().Name}; export the Hugging Face format instead");
        }

        file.Add("tokenizer.ggml.eos_token_id", model.Tokenizer.EndOfText);
        if (model.Tokenizer.BeginningOfText is { } first) file.Add("tokenizer.ggml.bos_token_id", first);
        file.Add("tokenizer.ggml.add_bos_token", model.Tokenizer.BeginningOfText is not null);
        if (model.Template is { } template) file.Add("tokenizer.chat_template", template.Source);
    }

    /// <summary>Characters become a byte-level vocabulary without merges, which spells one byte at a time.</summary>
    private static void AddCharacters(GgufFile file, CharacterTokenizer characters, int size)
    {
        if (characters.Alphabet.FirstOrDefault(character => character > '\x7F') is var foreign and > '\0')
            throw new SocietyException($"the model's alphabet holds '{foreign}' (U+{(int)foreign:X4}), and llama.cpp has no tokenizer of characters beyond ASCII; export the Hugging Face format instead");
        string[] tokens = [.. characters.Alphabet.Select(character => ByteAlphabet.Of((byte)character).ToString()), "<|endoftext|>"];
        AddVocabulary(file, "gpt2", tokens, size, id => id == characters.EndOfText ? Control : Normal);
        file.Add("tokenizer.ggml.pre", "gpt-2");
        file.Add("tokenizer.ggml.merges", (IReadOnlyList<string>)[]);
    }

    private static void AddPairs(GgufFile file, BytePairTokenizer tokenizer, int size)
    {
        TokenizerFile source = tokenizer.File;
        Dictionary<int, AddedToken> added = source.Added.DistinctBy(token => token.Id).ToDictionary(token => token.Id);
        int? unknown = source.Model.Unknown;
        int Kind(int id) => added.TryGetValue(id, out AddedToken? token) ? id == unknown ? Unknown : token.Special ? Control : UserDefined
            : id == unknown ? Unknown
            : source.ByteFallback && source.Tokens[id] is ['<', '0', 'x', _, _, '>'] ? Byte : Normal;
        string[] tokens = [.. source.Tokens.Select((token, id) => token ?? $"[UNUSED{id}]")];
        if (source.ByteLevel)
        {
            AddVocabulary(file, "gpt2", tokens, size, id => source.Tokens[id] is null ? Unused : Kind(id));
            file.Add("tokenizer.ggml.pre", Cutting(source));
            file.Add("tokenizer.ggml.merges", [.. source.Merges.Select(merge => $"{merge.Left} {merge.Right}")]);
            return;
        }

        if (source.SpaceMark != TextSteps.Space || !source.ByteFallback) throw new SocietyException("the tokenizer is neither byte-level nor SentencePiece's kind with byte fallback, and llama.cpp knows no other BPE; export the Hugging Face format instead");
        // llama.cpp writes the mark for each space, and one before the text; no more.
        if (source.Normalisers.FirstOrDefault(step => !IsMark(step)) is { ValueKind: JsonValueKind.Object } other)
            throw new SocietyException($"the tokenizer normalises by {other.GetProperty("type").GetString()}, which llama.cpp does not; export the Hugging Face format instead");
        AddVocabulary(file, "llama", tokens, size, id => source.Tokens[id] is null ? Unused : Kind(id));
        // llama.cpp merges the pair whose result has the best score: the earlier merged, the better.
        const float Never = -1e6f;
        float[] scores = [.. Enumerable.Range(0, size).Select(id => id < source.Tokens.Length && source.Tokens[id] is { Length: > 1 } ? Never : 0)];
        for (int rank = source.Merges.Count - 1; rank >= 0; rank--) scores[source.Vocabulary[source.Merges[rank].Left + source.Merges[rank].Right]] = -1 - rank;
        file.Add("tokenizer.ggml.scores", scores);
        if (unknown is { } id) file.Add("tokenizer.ggml.unknown_token_id", id);
        file.Add("tokenizer.ggml.add_space_prefix", source.Normaliser(false)("a").StartsWith(TextSteps.Space) || source.PreTokeniser(false)(new TextPiece("a", First: true)).First().Text.StartsWith(TextSteps.Space));
    }

    private static void AddVocabulary(GgufFile file, string kind, string[] tokens, int size, Func<int, int> type)
    {
        file.Add("tokenizer.ggml.model", kind);
        // Ids beyond the tokenizer's are only there to round the matrix up.
        file.Add("tokenizer.ggml.tokens", [.. tokens, .. Enumerable.Range(tokens.Length, size - tokens.Length).Select(id => $"[PAD{id}]")]);
        file.Add("tokenizer.ggml.token_type", [.. Enumerable.Range(0, size).Select(id => id < tokens.Length ? type(id) : Unused)]);
    }

    private static string Cutting(TokenizerFile source)
    {
        JsonElement[] steps = [.. source.Steps];
        string[] types = [.. steps.Select(step => step.GetProperty("type").GetString()!)];
        foreach (string normaliser in source.Normalisers.Select(step => step.GetProperty("type").GetString()!).Where(normaliser => normaliser != "NFC"))
            throw new SocietyException($"the tokenizer normalises by {normaliser}, which llama.cpp does not; export the Hugging Face format instead");
        JsonElement bytes = steps.LastOrDefault(step => step.GetProperty("type").GetString() == "ByteLevel");
        if (bytes.ValueKind == JsonValueKind.Object && Says(bytes, "add_prefix_space")) throw new SocietyException("the tokenizer puts a space before a text (add_prefix_space), which llama.cpp does not for byte-level vocabularies; export the Hugging Face format instead");
        bool cutsItself = bytes.ValueKind == JsonValueKind.Object && (!bytes.TryGetProperty("use_regex", out JsonElement cuts) || cuts.ValueKind != JsonValueKind.False);
        (string? Whole, string? Merged) names = types switch
        {
            ["ByteLevel"] when cutsItself => (null, "gpt-2"),
            ["Digits", "ByteLevel"] when cutsItself && Says(steps[0], "individual_digits") => (null, "smollm"),
            ["Split", "ByteLevel"] when !cutsItself && IsIsolated(steps[0]) && steps[0].GetProperty("pattern").TryGetProperty("Regex", out JsonElement pattern) => Patterns.GetValueOrDefault(pattern.GetString()!),
            _ => default,
        };
        return (source.TakesWhole ? names.Whole : names.Merged)
            ?? throw new SocietyException($"llama.cpp has no name for the way this tokenizer cuts text ({string.Join(", ", types)}{(source.TakesWhole ? ", with ignore_merges" : "")}); export the Hugging Face format instead");
    }
    private static bool IsMark(JsonElement step) => step.GetProperty("type").GetString() switch
    {
        "Prepend" => step.GetProperty("prepend").GetString() == TextSteps.Space.ToString(),
        "Replace" => step.GetProperty("content").GetString() == TextSteps.Space.ToString() && step.GetProperty("pattern").TryGetProperty("String", out JsonElement sought) && sought.GetString() == " ",
        _ => false,
    };

    private static bool Says(JsonElement step, string name) => step.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static bool IsIsolated(JsonElement split) => split.GetProperty("behavior").GetString() == "Isolated" && !Says(split, "invert");
}
