using System.Text;
using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>What <c>tokenizer.json</c> and the <c>tokenizer_config.json</c> beside it say, with both files as they were.</summary>
internal sealed class TokenizerFile
{
    /// <summary>The file of a fast tokenizer in a model's folder.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>The file beside it that names special tokens and often holds the chat template.</summary>
    public const string ConfigName = "tokenizer_config.json";

    private const int LargestId = 1 << 24;
    private readonly byte[] _tokenizer;
    private readonly byte[]? _config;
    private readonly Func<string, string>[] _normalisers;
    private readonly Func<TextPiece, IEnumerable<TextPiece>>[] _preTokenisers;

    private TokenizerFile(byte[] tokenizer, byte[]? config, int? endOfText)
    {
        (_tokenizer, _config) = (tokenizer, config);
        using JsonDocument document = JsonDocument.Parse(tokenizer);
        JsonElement root = document.RootElement, model = root.GetProperty("model");
        if (Optional(model, "type") is { ValueKind: JsonValueKind.String } type && type.GetString() != "BPE") throw new FormatException($"the model '{type.GetString()}' is not supported; BPE is");
        foreach (string key in (string[])["dropout", "continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (Optional(model, key) is { } value && !(value.ValueKind == JsonValueKind.String && value.GetString() == "") && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0))
                throw new FormatException($"'{key}' of {value.GetRawText()} is not supported");
        }

        Vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => Id(entry.Value, entry.Name));
        Merges = [.. model.GetProperty("merges").EnumerateArray().Select(Merge)];
        ByteFallback = Flag(model, "byte_fallback");
        Added = Optional(root, "added_tokens") is { } added ? [.. added.EnumerateArray().Select(AddedOf)] : [];
        int? unknown = Optional(model, "unk_token")?.GetString() is { } name ? Vocabulary.TryGetValue(name, out int id) ? id : throw new FormatException($"unk_token '{name}' is not in the vocabulary") : null;
        TakesWhole = Flag(model, "ignore_merges");
        Model = new BytePairMerges(Vocabulary, Merges, ByteFallback, unknown, Flag(model, "fuse_unk"), TakesWhole);
        Tokens = Spell();
        JsonElement none = JsonDocument.Parse("null").RootElement, normaliser = Optional(root, "normalizer") ?? none, preTokeniser = Optional(root, "pre_tokenizer") ?? none;
        _normalisers = [TextSteps.Normaliser(normaliser, continues: false), TextSteps.Normaliser(normaliser, continues: true)];
        _preTokenisers = [TextSteps.PreTokeniser(preTokeniser, continues: false), TextSteps.PreTokeniser(preTokeniser, continues: true)];
        Normalisers = [.. StepsOf(normaliser, "normalizers").Select(step => step.Clone())];
        Steps = [.. StepsOf(preTokeniser, "pretokenizers").Select(step => step.Clone())];
        JsonElement[] decoders = [.. Optional(root, "decoder") is { } decoder ? StepsOf(decoder, "decoders") : []];
        ByteLevel = decoders.Any(step => Is(step, "ByteLevel"));
        SpaceMark = decoders.FirstOrDefault(step => Is(step, "Metaspace") || (Is(step, "Replace") && step.GetProperty("content").GetString() == " ")) is { ValueKind: JsonValueKind.Object } mark
            ? (Is(mark, "Metaspace") ? mark.GetProperty("replacement") : mark.GetProperty("pattern").GetProperty("String")).GetString() is [char sign, ..] ? sign
                : throw new FormatException($"the decoder {mark.GetProperty("type").GetRawText()} does not say which character stands for a space")
            : null;
        StripsFirstSpace = decoders.Any(step => (Is(step, "Strip") && step.GetProperty("start").GetInt32() > 0)
            || (Is(step, "Metaspace") && Optional(step, "prepend_scheme")?.GetString() != "never" && Optional(step, "add_prefix_space")?.ValueKind != JsonValueKind.False));
        foreach (JsonElement step in decoders)
        {
            if (step.GetProperty("type").GetString() is not ("ByteLevel" or "Metaspace" or "Replace" or "ByteFallback" or "Fuse" or "Strip")) throw new FormatException($"the decoder {step.GetProperty("type").GetRawText()} is not supported");
        }

        using JsonDocument? settings = config is null ? null : JsonDocument.Parse(config);
        EndOfText = (settings is null ? null : Named(settings.RootElement, "eos_token")) ?? endOfText ?? Usual()
            ?? throw new FormatException($"neither {ConfigName} nor generation_config.json says which token ends a text; add eos_token to {ConfigName}");
        BeginningOfText = (settings is not null && Optional(settings.RootElement, "add_bos_token")?.ValueKind == JsonValueKind.False) || root.TryGetProperty("post_processor", out JsonElement post) is false
            ? null
            : StepsOf(post, "processors").Where(step => Is(step, "TemplateProcessing")).Select(First).FirstOrDefault(first => first is not null);
    }

    /// <summary>True where there is a <see cref="ConfigName"/>.</summary>
    public bool HasConfig => _config is not null;

    /// <summary>True where a piece that is a token is taken whole, whatever merges would make of it.</summary>
    public bool TakesWhole { get; }

    /// <summary>Ids by spelling, added tokens left out.</summary>
    public Dictionary<string, int> Vocabulary { get; }

    /// <summary>Pairs in the order in which they were merged in training.</summary>
    public List<(string Left, string Right)> Merges { get; }

    /// <summary>Tokens that are found before anything else.</summary>
    public IReadOnlyList<AddedToken> Added { get; }

    /// <summary>Spellings by id, added tokens included; null for an id that stands for none.</summary>
    public string?[] Tokens { get; }

    /// <summary>The encoding of one piece.</summary>
    public BytePairMerges Model { get; }

    /// <summary>The normaliser's steps as the file has them.</summary>
    public IReadOnlyList<JsonElement> Normalisers { get; }

    /// <summary>The pre-tokeniser's steps as the file has them.</summary>
    public IReadOnlyList<JsonElement> Steps { get; }

    /// <summary>True where spellings are bytes in <see cref="ByteAlphabet"/>.</summary>
    public bool ByteLevel { get; }

    /// <summary>True where a character that is not in the vocabulary is spelt by its bytes.</summary>
    public bool ByteFallback { get; }

    /// <summary>What spellings write for a space; null where they write a space.</summary>
    public char? SpaceMark { get; }

    /// <summary>True where decoding drops a space at the beginning of a text.</summary>
    public bool StripsFirstSpace { get; }

    /// <summary>The token that ends a text.</summary>
    public int EndOfText { get; }

    /// <summary>The token that begins a text; null for none.</summary>
    public int? BeginningOfText { get; }

    /// <summary>The normaliser for text that begins, or that goes on.</summary>
    public Func<string, string> Normaliser(bool continues) => _normalisers[continues ? 1 : 0];

    /// <summary>The pre-tokeniser for text that begins, or that goes on.</summary>
    public Func<TextPiece, IEnumerable<TextPiece>> PreTokeniser(bool continues) => _preTokenisers[continues ? 1 : 0];

    /// <summary>Reads the tokenizer of a model's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="endOfText">The token that ends a text, where the tokenizer's own files do not say.</param>
    /// <exception cref="SocietyException">A file is missing, damaged, or asks for what is not built.</exception>
    public static TokenizerFile Load(string folder, int? endOfText)
    {
        string file = Path.Combine(folder, FileName), config = Path.Combine(folder, ConfigName);
        try
        {
            return new TokenizerFile(File.ReadAllBytes(file), File.Exists(config) ? File.ReadAllBytes(config) : null, endOfText);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new SocietyException($"{file}: cannot be used as a tokenizer: {cause.Message.ReplaceLineEndings(" ")}", cause: cause);
        }
    }

    /// <summary>A tokenizer of the files' texts.</summary>
    public static TokenizerFile Of(string tokenizer, string config) => new(Encoding.UTF8.GetBytes(tokenizer), Encoding.UTF8.GetBytes(config), null);

    /// <summary>Writes both files as they were.</summary>
    public void Save(string folder)
    {
        WholeFile.Write(Path.Combine(folder, FileName), file => file.Write(_tokenizer));
        if (_config is not null) WholeFile.Write(Path.Combine(folder, ConfigName), file => file.Write(_config));
    }

    private string?[] Spell()
    {
        string?[] tokens = new string?[Vocabulary.Values.Concat(Added.Select(token => token.Id)).DefaultIfEmpty(-1).Max() + 1];
        if (tokens.Length == 0) throw new FormatException("the vocabulary is empty");
        foreach ((string spelling, int id) in Vocabulary)
        {
            if (tokens[id] is { } other) throw new FormatException($"tokens '{other}' and '{spelling}' have the same id {id}");
            tokens[id] = spelling;
        }

        foreach (AddedToken token in Added) tokens[token.Id] = token.Content;
        return tokens;
    }

    private static int Id(JsonElement value, string spelling)
    {
        int id = value.GetInt32();
        return id is >= 0 and <= LargestId ? id : throw new FormatException($"token '{spelling}' has the id {id}");
    }

    private static (string, string) Merge(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array) return merge.GetArrayLength() == 2 ? (merge[0].GetString()!, merge[1].GetString()!) : throw new FormatException($"the merge {merge.GetRawText()} does not name two tokens");
        string text = merge.GetString() ?? throw new FormatException("a merge is null");
        int space = text.IndexOf(' ');
        return space > 0 && text.IndexOf(' ', space + 1) < 0 ? (text[..space], text[(space + 1)..]) : throw new FormatException($"the merge '{text}' does not name two tokens");
    }

    private static AddedToken AddedOf(JsonElement token)
    {
        string content = token.GetProperty("content").GetString() ?? "";
        if (content.Length == 0) throw new FormatException("an added token is empty");
        bool special = Flag(token, "special");
        return new AddedToken(Id(token.GetProperty("id"), content), content, special, Flag(token, "normalized"), Flag(token, "lstrip"), Flag(token, "rstrip"), Flag(token, "single_word"));
    }

    private static JsonElement? Optional(JsonElement parent, string key) => parent.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static bool Flag(JsonElement parent, string key) => parent.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private static bool Is(JsonElement step, string type) => step.GetProperty("type").GetString() == type;

    private static IEnumerable<JsonElement> StepsOf(JsonElement step, string key) =>
        step.ValueKind == JsonValueKind.Null ? [] : Is(step, "Sequence") ? step.GetProperty(key).EnumerateArray().SelectMany(part => StepsOf(part, key)) : [step];

    /// <summary>The token that a template puts before the text.</summary>
    private int? First(JsonElement template) =>
        template.GetProperty("single").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first && first.TryGetProperty("SpecialToken", out JsonElement token)
            ? Find(token.GetProperty("id").GetString() ?? "")
            : null;

    /// <summary>A token that the settings name, as text or as an object with its content.</summary>
    private int? Named(JsonElement settings, string key) => Optional(settings, key) switch
    {
        { ValueKind: JsonValueKind.String } text => Find(text.GetString()!),
        { ValueKind: JsonValueKind.Object } token when token.TryGetProperty("content", out JsonElement content) => Find(content.GetString() ?? ""),
        _ => null,
    };

    private int? Usual() => ((string[])["</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>"]).Select(Find).FirstOrDefault(id => id is not null);

    private int? Find(string spelling) => Array.IndexOf(Tokens, spelling) is >= 0 and int id ? id : null;
}
