using System.Text.Json.Nodes;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Trains byte-level byte-pair vocabularies for home-grown models and writes them as other tools read them.</summary>
/// <remarks>
/// Sennrich et al. (2016), algorithm 1, over bytes. Of pairs that are equally frequent the one of lower ids is merged, so that the
/// same texts give the same vocabulary. Counts change only where a merge changes a word.
/// </remarks>
public static class BytePairTrainer
{
    /// <summary>How GPT-2 cuts text: short forms, words and numbers with the space before them, runs of signs, white space.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The special tokens that a vocabulary gets unless others are given: the end of text, and the turns of a conversation.</summary>
    public static IReadOnlyList<string> UsualSpecialTokens { get; } = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    /// <summary>Trains a tokenizer.</summary>
    /// <param name="texts">What it is to be good at.</param>
    /// <param name="vocabularySize">Tokens to have, the 256 bytes and special tokens included; fewer where no pair occurs twice.</param>
    /// <param name="specialTokens">Tokens that steer the model; the first ends a text. Null for <see cref="UsualSpecialTokens"/>.</param>
    /// <param name="eachDigit">True to make each digit a token of its own, which helps arithmetic.</param>
    /// <exception cref="SocietyException">The vocabulary has no room for the bytes and the special tokens.</exception>
    public static BytePairTokenizer Train(IEnumerable<string> texts, int vocabularySize, IReadOnlyList<string>? specialTokens = null, bool eachDigit = false)
    {
        specialTokens ??= UsualSpecialTokens;
        int least = 256 + specialTokens.Count;
        if (vocabularySize < least || specialTokens.Count == 0) throw new SocietyException($"a vocabulary of {vocabularySize} has no room for 256 bytes and {specialTokens.Count} special tokens; at least one special token is needed, and {least} tokens");
        JsonArray steps = [];
        if (eachDigit) steps.Add(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true });
        steps.Add(new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true });
        JsonObject preTokenizer = new() { ["type"] = "Sequence", ["pretokenizers"] = steps };
        (JsonObject vocabulary, JsonArray merges) = Merge(Count(texts, preTokenizer), vocabularySize - specialTokens.Count);
        JsonArray added = [];
        for (int special = 0; special < specialTokens.Count; special++)
        {
            added.Add(new JsonObject
            {
                ["id"] = vocabulary.Count + special,
                ["content"] = specialTokens[special],
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            });
        }

        JsonObject file = new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = preTokenizer,
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = merges,
            },
        };
        JsonObject config = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["eos_token"] = specialTokens[0], ["clean_up_tokenization_spaces"] = false };
        return new BytePairTokenizer(TokenizerFile.Of(file.ToJsonString(), config.ToJsonString()));
    }

    private static Dictionary<string, long> Count(IEnumerable<string> texts, JsonObject preTokenizer)
    {
        using System.Text.Json.JsonDocument step = System.Text.Json.JsonDocument.Parse(preTokenizer.ToJsonString());
        Func<TextPiece, IEnumerable<TextPiece>> cut = TextSteps.PreTokeniser(step.RootElement, continues: false);
        Dictionary<string, long> words = [];
        foreach (TextPiece piece in texts.SelectMany(text => cut(new TextPiece(text, First: true)))) words[piece.Text] = words.GetValueOrDefault(piece.Text) + 1;
        return words;
    }

    private static (JsonObject Vocabulary, JsonArray Merges) Merge(Dictionary<string, long> counts, int size)
    {
        List<string> spellings = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Of((byte)value).ToString()).Order(StringComparer.Ordinal)];
        Dictionary<char, int> ids = spellings.Select((spelling, id) => (spelling[0], id)).ToDictionary();
        (List<int> Symbols, long Count)[] words = [.. counts.OrderBy(word => word.Key, StringComparer.Ordinal).Select(word => (word.Key.Select(character => ids[character]).ToList(), word.Value))];
        Dictionary<(int, int), long> pairs = [];
        Dictionary<(int, int), HashSet<int>> places = [];
        PriorityQueue<((int Left, int Right) Pair, long Count), (long, int, int)> queue = new();
        for (int word = 0; word < words.Length; word++) Note(word, 1, []);
        foreach (((int Left, int Right) pair, long count) in pairs) queue.Enqueue((pair, count), (-count, pair.Left, pair.Right));
        JsonArray merges = [];
        while (spellings.Count < size && queue.TryDequeue(out ((int Left, int Right) Pair, long Count) next, out _))
        {
            if (next.Count < 2) break;
            // Counts that have fallen since are in the queue again under their new value.
            if (pairs.GetValueOrDefault(next.Pair) != next.Count) continue;
            int merged = spellings.Count;
            spellings.Add(spellings[next.Pair.Left] + spellings[next.Pair.Right]);
            merges.Add($"{spellings[next.Pair.Left]} {spellings[next.Pair.Right]}");
            HashSet<(int Left, int Right)> changed = [];
            foreach (int word in places[next.Pair].ToArray())
            {
                Note(word, -1, changed);
                List<int> symbols = words[word].Symbols;
                for (int place = 0; place + 1 < symbols.Count; place++)
                {
                    if (symbols[place] != next.Pair.Left || symbols[place + 1] != next.Pair.Right) continue;
                    symbols[place] = merged;
                    symbols.RemoveAt(place + 1);
                }

                Note(word, 1, changed);
            }

            foreach ((int Left, int Right) pair in changed)
            {
                if (pairs.TryGetValue(pair, out long count) && count > 0) queue.Enqueue((pair, count), (-count, pair.Left, pair.Right));
            }
        }

        JsonObject vocabulary = [];
        for (int id = 0; id < spellings.Count; id++) vocabulary[spellings[id]] = id;
        return (vocabulary, merges);

        void Note(int word, int sign, HashSet<(int, int)> changed)
        {
            (List<int> symbols, long count) = words[word];
            for (int place = 0; place + 1 < symbols.Count; place++)
            {
                (int, int) pair = (symbols[place], symbols[place + 1]);
                pairs[pair] = pairs.GetValueOrDefault(pair) + sign * count;
                changed.Add(pair);
                if (!places.TryGetValue(pair, out HashSet<int>? there)) places[pair] = there = [];
                if (sign > 0) there.Add(word);
                else there.Remove(word);
            }
        }
    }
}
