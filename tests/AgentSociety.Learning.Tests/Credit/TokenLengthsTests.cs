using System.Text.Json.Nodes;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Models;

namespace AgentSociety.Learning.Tests;

public sealed class TokenLengthsTests
{
    [Fact]
    public void A_word_keeps_the_space_that_it_begins_with_and_a_character_of_two_tokens_counts_once()
    {
        ITokenizer tokenizer = SentencePiece();
        // The mark before the first word is no part of the text; those before later words are its spaces.
        int[] tokens = [.. tokenizer.Encode("ab"), .. tokenizer.EncodeContinuation("cü ab"), tokenizer.EndOfText];
        Assert.Equal(6, tokens.Length);
        Assert.Equal([2, 1, 0, 1, 3, 0], TokenLengths.In(tokenizer, tokens));
        Assert.Equal("abcü ab".Length, TokenLengths.In(tokenizer, tokens).Sum());
        // A character that was cut off decodes to one mark of replacement.
        Assert.Equal([2, 1, 1], TokenLengths.In(tokenizer, tokens[..3]));
        Assert.Empty(TokenLengths.In(tokenizer, []));
    }

    [Fact]
    public void A_step_of_such_a_text_is_credited_to_its_own_tokens()
    {
        ITokenizer tokenizer = SentencePiece();
        int[] tokens = [.. tokenizer.Encode("ab"), .. tokenizer.EncodeContinuation("cü ab"), tokenizer.EndOfText];
        float[] Credit(int start, int length) => StepCredit.Spread(new CheckedAttempt
        {
            Segments = [new(Source.Prompt, "ab"), new(Source.Model, "cü ab")],
            TokenLengths = TokenLengths.In(tokenizer, tokens),
            LossMask = [false, true, true, true, true, true],
            Steps = [new StepVerdict(1, start, length, true)],
        }, _ => 1);
        Assert.Equal([0, 1, 0, 0, 0, 0], Credit(0, 1)); // c
        Assert.Equal([0, 0, 1, 1, 0, 0], Credit(1, 1)); // ü
        Assert.Equal([0, 0, 0, 0, 1, 0], Credit(2, 3)); // a space and ab
    }

    [Fact]
    public void A_token_a_character_is_one_each()
    {
        CharacterTokenizer tokenizer = new("ab=");
        Assert.Equal([1, 1, 1, 0], TokenLengths.In(tokenizer, [.. tokenizer.Encode("ab="), tokenizer.EndOfText]));
    }

    private static ITokenizer SentencePiece()
    {
        string folder = Directory.CreateTempSubdirectory("sentencepiece-").FullName;
        JsonObject vocabulary = new() { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (int value = 0; value < 256; value++) vocabulary[$"<0x{value:X2}>"] = 3 + value;
        foreach (string piece in (string[])["▁", "a", "b", "c", "ab", "▁ab"]) vocabulary[piece] = vocabulary.Count;
        JsonObject file = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. ((string[])["<unk>", "<s>", "</s>"]).Select((content, id) => new JsonObject { ["id"] = id, ["content"] = content, ["special"] = true, ["normalized"] = false, ["lstrip"] = false, ["rstrip"] = false, ["single_word"] = false })]),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = "<unk>", ["fuse_unk"] = true, ["byte_fallback"] = true, ["vocab"] = vocabulary, ["merges"] = new JsonArray("a b", "▁ ab") },
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), file.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"eos_token":"</s>","tokenizer_class":"LlamaTokenizer"}""");
        ITokenizer tokenizer = TokenizerFolder.Load(folder);
        Directory.Delete(folder, recursive: true);
        return tokenizer;
    }
}
