using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>One token a character of a fixed alphabet, and one for the end of text: the tokenizer of home-grown models.</summary>
public sealed class CharacterTokenizer : ITokenizer
{
    /// <summary>The file that holds it in a model's folder.</summary>
    public const string FileName = "character-tokenizer.json";

    private const string EndName = "<|endoftext|>";

    private readonly string _alphabet;
    private readonly Dictionary<char, int> _ids = [];

    /// <summary>A tokenizer for an alphabet; the id of a character is its place, and the end of text comes last.</summary>
    public CharacterTokenizer(string alphabet)
    {
        _alphabet = alphabet;
        for (int id = 0; id < alphabet.Length; id++)
        {
            if (!_ids.TryAdd(alphabet[id], id)) throw new ArgumentException($"The alphabet holds '{alphabet[id]}' twice.", nameof(alphabet));
        }
    }

    /// <summary>The characters that can be written, in order of their ids.</summary>
    public string Alphabet => _alphabet;

    /// <inheritdoc />
    public int VocabularySize => _alphabet.Length + 1;

    /// <inheritdoc />
    public int EndOfText => _alphabet.Length;

    /// <inheritdoc />
    public int[] Encode(string text)
    {
        int[] tokens = new int[text.Length];
        for (int place = 0; place < text.Length; place++)
        {
            if (!_ids.TryGetValue(text[place], out tokens[place]))
                throw new SocietyException($"the character '{text[place]}' (U+{(int)text[place]:X4}) is not in the tokenizer's alphabet '{_alphabet}'; the model was trained for another environment");
        }

        return tokens;
    }

    /// <inheritdoc />
    public string Decode(ReadOnlySpan<int> tokens)
    {
        Span<char> text = tokens.Length <= 256 ? stackalloc char[tokens.Length] : new char[tokens.Length];
        int length = 0;
        foreach (int token in tokens)
        {
            if (token != EndOfText) text[length++] = _alphabet[token];
        }

        return new string(text[..length]);
    }

    /// <inheritdoc />
    public void Save(string folder) =>
        WholeFile.Write(Path.Combine(folder, FileName), JsonSerializer.Serialize(new Stored("characters", _alphabet)) + "\n");

    /// <summary>Writes the same tokenizer as <c>tokenizer.json</c> too, for tools that know nothing of alphabets.</summary>
    public void SaveForOthers(string folder)
    {
        JsonObject vocabulary = [];
        foreach ((char character, int id) in _ids) vocabulary[character.ToString()] = id;
        JsonObject end = new() { ["id"] = EndOfText, ["content"] = EndName, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true };
        JsonObject file = new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(end),
            ["normalizer"] = null,
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "Fuse" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null, ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = false, ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
        JsonObject config = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["eos_token"] = EndName, ["clean_up_tokenization_spaces"] = false };
        WholeFile.Write(Path.Combine(folder, TokenizerFile.FileName), file.ToJsonString());
        WholeFile.Write(Path.Combine(folder, TokenizerFile.ConfigName), config.ToJsonString());
    }

    /// <summary>Reads the tokenizer of a model's folder.</summary>
    /// <exception cref="SocietyException">The file is missing or not such a tokenizer.</exception>
    public static CharacterTokenizer Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            Stored? stored = JsonSerializer.Deserialize<Stored>(File.ReadAllText(file));
            return new CharacterTokenizer(stored?.Alphabet ?? throw new SocietyException($"{file}: no alphabet in it"));
        }
        catch (Exception cause) when (cause is IOException or JsonException or ArgumentException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{file}: cannot be read as a character tokenizer ({cause.Message})", cause: cause);
        }
    }

    private sealed record Stored(string Type, string Alphabet);
}
