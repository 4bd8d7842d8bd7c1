using System.Text.Json.Nodes;
using AgentSociety.Core.Randomness;
using AgentSociety.Models;
using AgentSociety.Models.Tests;
using static TorchSharp.torch;

namespace AgentSociety.Cli.Tests;

/// <summary>The whole way of a model from elsewhere (docs/models.md): taken in, played with, taken out, and loaded by other people's tools.</summary>
[Trait("Category", "Conformance")]
public sealed class ModelPathTests : IDisposable
{
    private const string Scenario = """
        name: guest
        environment:
          name: hidden-operators
          options: {operators: 3, maximumDifficulty: 4}
        model: {base: models/guest}
        population:
          - {role: proposer, count: 1}
          - {role: solver, count: 2}
        culture: {experimentsPerRound: 2}
        selfPlay: {rounds: 2, proposalsPerRound: 4, problemsPerRound: 3, attemptsPerProblem: 2, maximumTokens: 24, topUp: true}
        learning: {weights: lora, lora: {rank: 4}, batch: 8, learningRate: 0.01, replayShare: 0.5, stepsPerRound: 2}
        evaluation: {everyRounds: 2, problemsPerDifficulty: 2, finalProblemsPerDifficulty: 2, difficulties: [1]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("model-path-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ConformanceFact]
    public async Task A_checkpoint_is_imported_plays_in_a_society_learns_and_is_exported_for_the_tools_of_others()
    {
        MakeCheckpoint(At("downloads/guest"));
        await Done("model", "import", At("downloads/guest"), "--out", At("models/guest"));
        File.WriteAllText(At("guest.yaml"), Scenario);
        await Done("run", At("guest.yaml"), "--out", At("run"), "--seed", "3", "--threads", "1", "--device", "cpu", "--plain");
        using LanguageModel played = LanguageModel.Load(Directory.EnumerateDirectories(At("run/checkpoints")).OrderBy(Directory.GetLastWriteTimeUtc).Last());
        string learner = played.Adapters.First(adapter => adapter.Value.Parameters.Any(part => part.Name.Contains("lora_B", StringComparison.Ordinal) && part.Weight.abs().max().item<float>() > 0)).Key;

        await Done("model", "export", At("run"), "--format", "hf", "--out", At("hf"));
        await Done("model", "export", At("run"), "--format", "peft", "--adapter", learner, "--out", At("peft"));
        await Done("model", "export", At("run"), "--format", "gguf", "--adapter", learner, "--type", "f32", "--out", At("guest.gguf"));

        Assert.Equal(played.Tokenizer.EndOfText, JsonNode.Parse(File.ReadAllText(At("hf/config.json")))!["eos_token_id"]!.GetValue<int>());
        ReadByHuggingFace("hf/model.safetensors", played.Decoder.Parameters, "");
        ReadByHuggingFace("peft/adapter_model.safetensors", played.Adapters[learner].Parameters, "base_model.model.");
        JsonNode peft = JsonNode.Parse(File.ReadAllText(At("peft/adapter_config.json")))!;
        Assert.Equal(("LORA", 4), (peft["peft_type"]!.GetValue<string>(), peft["r"]!.GetValue<int>()));
        TokenizedByHuggingFace(played.Tokenizer);
        played.Merge(learner);
        RunByLlamaCpp(played);
    }

    private static void MakeCheckpoint(string folder)
    {
        TorchRuntime.Initialize("cpu");
        BytePairTokenizer tokenizer = BytePairTrainer.Train(Texts.Library, 400);
        DecoderConfig shape = new() { Width = 48, Layers = 2, Heads = 3, KeyValueHeads = 1, FeedForward = 96, Context = 256, VocabularySize = tokenizer.VocabularySize, TiedHead = true, NormEpsilon = 1e-5, RopeTheta = 100_000 };
        using LanguageModel model = LanguageModel.Create(shape, tokenizer, 1);
        using var frozen = no_grad();
        // Large enough for every part to show in the probabilities.
        foreach ((_, Tensor weight) in model.Decoder.Parameters)
        {
            if (weight.dim() > 1) weight.mul_(6);
        }

        model.Save(folder);
    }

    private void ReadByHuggingFace(string file, IEnumerable<(string Name, Tensor Weight)> weights, string prefix)
    {
        JsonNode peer = NodePeer.Run("safetensors.mjs", new JsonObject { ["file"] = At(file) })["tensors"]!;
        (string Name, Tensor Weight)[] own = [.. weights];
        Assert.Equal(own.Select(weight => prefix + weight.Name).Order(StringComparer.Ordinal), peer.AsObject().Select(entry => entry.Key).Order(StringComparer.Ordinal));
        foreach ((string name, Tensor weight) in own)
        {
            JsonNode theirs = peer[prefix + name]!;
            Assert.Equal(weight.shape, theirs["shape"]!.AsArray().Select(extent => extent!.GetValue<long>()));
            using Tensor detached = weight.detach(), plain = detached.contiguous();
            Assert.Equal(plain.data<float>().ToArray(), theirs["values"]!.AsArray().Select(value => (float)value!.GetValue<double>()));
        }
    }

    private void TokenizedByHuggingFace(ITokenizer tokenizer)
    {
        JsonNode peer = NodePeer.Run("tokenize.mjs", new JsonObject
        {
            ["file"] = At("hf/tokenizer.json"),
            ["config"] = At("hf/tokenizer_config.json"),
            ["texts"] = new JsonArray([.. Texts.Hard.Select(text => JsonValue.Create(text))]),
            ["decode"] = new JsonArray(),
        });
        Assert.Equal(Texts.Hard.Select(tokenizer.EncodeMarkup), peer["rust"]!.AsArray().Select(Ids));
    }

    private void RunByLlamaCpp(LanguageModel merged)
    {
        string[] texts = [.. Texts.Hard.Where(text => text.Length > 0 && !text.Contains('\0'))];
        KeyedRandom random = KeyedRandom.For(4, "tokens");
        int[] tokens = [.. Enumerable.Range(0, 40).Select(_ => random.Next(merged.Tokenizer.VocabularySize))];
        JsonNode peer = NodePeer.Run("llama.mjs", new JsonObject
        {
            ["file"] = At("guest.gguf"),
            ["tokens"] = new JsonArray([.. tokens.Select(token => JsonValue.Create(token))]),
            ["texts"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]),
        });
        Assert.Equal(texts.Select(merged.Tokenizer.EncodeContinuation), peer["ids"]!.AsArray().Select(Ids));
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        float[] own = merged.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Length).unsqueeze(0)).softmax(-1).contiguous().data<float>().ToArray();
        JsonArray probabilities = peer["probabilities"]!.AsArray();
        int vocabulary = merged.Decoder.Config.VocabularySize;
        Assert.Equal(tokens.Length, probabilities.Count);
        for (int at = 0; at < tokens.Length; at++)
        {
            Assert.Equal(vocabulary, probabilities[at]!.AsArray().Count);
            Assert.All(probabilities[at]!.AsArray(), pair => Assert.Equal(own[at * vocabulary + pair![0]!.GetValue<int>()], (float)pair[1]!.GetValue<double>(), 1e-4f));
        }
    }

    private static int[] Ids(JsonNode? ids) => [.. ids!.AsArray().Select(id => id!.GetValue<int>())];

    private string At(string place) => Path.Combine(_folder, place);

    private static async Task Done(params string[] line)
    {
        KeptTerminal kept = new();
        Assert.True(await CommandLine.Run(line, kept.Terminal) == 0, $"{string.Join(' ', line)}: {kept.Error.Output}");
    }
}
