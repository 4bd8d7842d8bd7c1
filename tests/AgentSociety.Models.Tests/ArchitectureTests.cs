using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class ArchitectureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("architecture-").FullName;

    public static TheoryData<string> Names => Architectures.Names;

    public static TheoryData<string, EnginePass> NamesAndPasses
    {
        get
        {
            TheoryData<string, EnginePass> both = [];
            foreach (string name in Architectures.Names)
            {
                both.Add(name, EnginePass.Kernels);
                both.Add(name, EnginePass.Tensors);
            }

            return both;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_matrices_that_settings_name_are_those_that_a_layer_multiplies_by() =>
        Assert.Equal(LoraSettings.Matrices, LayerMatrices.Products.SelectMany(product => LayerMatrices.Of(Architectures.Shape("qwen3"), 0, product)).Select(matrix => matrix.Name.Split('.')[^1]));

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_the_papers_formulas(string name)
    {
        using LanguageModel model = Architectures.Model(name);
        int[] tokens = Tokens(model, 60);
        double[][] expected = new PlainDecoder(model.Decoder).Logits(tokens);
        float[] actual = Logits(model, tokens);
        int vocabulary = model.Decoder.Config.VocabularySize;
        for (int at = 0; at < tokens.Length; at++)
        {
            for (int token = 0; token < vocabulary; token++) Assert.Equal(expected[at][token], actual[at * vocabulary + token], 2e-4);
        }

        Assert.True(expected[^1].Max() - expected[^1].Min() > 2, "the logits are too flat to tell anything");
    }

    [Theory]
    [MemberData(nameof(NamesAndPasses))]
    public void The_engine_draws_from_the_logits_of_the_torch_decoder_and_gives_the_same_tokens_alone_and_batched_under_own_kernels_to_the_bit(string name, EnginePass pass)
    {
        using LanguageModel model = Architectures.Model(name);
        Adapter adapter = model.AddAdapter("a", new LoraSettings(), 3);
        Disturb(adapter);
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 12).Select(index => new GenerationRequest
            {
                Id = $"{index}",
                Prompt = Tokens(model, 1 + index * 5),
                Key = KeyedRandom.Key(1, "architecture", index),
                MaximumTokens = 50,
                Adapter = index % 2 == 0 ? "a" : null,
            }),
        ];
        using DecodingEngine together = pass.Engine(model);
        Dictionary<string, Generation> done = Torch.Decode(together, requests);
        foreach (GenerationRequest request in requests)
        {
            using DecodingEngine alone = pass.Engine(model, slots: 1);
            Generation single = Torch.Decode(alone, request)[request.Id], batched = done[request.Id];
            Assert.Equal(single.Tokens, batched.Tokens);
            if (pass == EnginePass.Kernels) Assert.Equal(single.LogProbabilities.Select(BitConverter.SingleToInt32Bits), batched.LogProbabilities.Select(BitConverter.SingleToInt32Bits));
            float[] logits = Logits(model, single.Tokens, request.Adapter is null ? null : adapter);
            int vocabulary = model.Decoder.Config.VocabularySize;
            for (int at = request.Prompt.Length; at < single.Tokens.Length; at++)
            {
                float[] row = logits[((at - 1) * vocabulary)..(at * vocabulary)];
                double expected = row[single.Tokens[at]] - Math.Log(row.Sum(logit => Math.Exp(logit)));
                Assert.Equal(expected, single.LogProbabilities[at], 2e-4);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_folder_holds_the_family_and_loads_with_the_same_bits_whole_sharded_or_left_in_the_file(string name)
    {
        using LanguageModel model = Architectures.Model(name);
        model.Save(_folder);
        using LanguageModel again = LanguageModel.Load(_folder);
        Assert.Equal(model.Decoder.Config, again.Decoder.Config with { Architectures = model.Decoder.Config.Architectures, Others = model.Decoder.Config.Others });
        int[] tokens = Tokens(model, 40);
        float[] expected = Logits(model, tokens);
        Assert.Equal(expected, Logits(again, tokens));
        Shards.Split(_folder, 3);
        using LanguageModel sharded = LanguageModel.Load(_folder), mapped = LanguageModel.Load(_folder, asStored: true);
        Assert.Equal(expected, Logits(sharded, tokens));
        Assert.Equal(expected, Logits(mapped, tokens));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_weight_gets_the_gradient_that_a_difference_quotient_gives(string name)
    {
        using LanguageModel model = Architectures.Model(name);
        using Decoder precise = model.Decoder.To(ScalarType.Float64);
        using var scope = NewDisposeScope();
        Tensor tokens = tensor(Tokens(model, 30).Select(token => (long)token).ToArray()).unsqueeze(0), positions = arange(30).unsqueeze(0);
        Loss(model.Decoder).backward();
        using var frozen = no_grad();
        foreach ((string part, Tensor weight) in model.Decoder.Parameters)
        {
            Tensor gradient = weight.grad!.reshape(-1), place = gradient.abs().argmax();
            Tensor value = precise[part].view(-1).narrow(0, place.item<long>(), 1);
            const double Step = 1e-5;
            value.add_(Step);
            double above = Loss(precise).item<double>();
            value.sub_(2 * Step);
            double below = Loss(precise).item<double>();
            value.add_(Step);
            float own = gradient[place].item<float>();
            Assert.Equal((above - below) / (2 * Step), own, 1e-3 * (1 + Math.Abs(own)));
        }

        Tensor Loss(Decoder decoder)
        {
            Tensor logits = decoder.Forward(tokens, positions);
            return nn.functional.cross_entropy(logits[0, ..29], tokens[0, 1..]);
        }
    }

    [Fact]
    public void Threads_that_train_at_ever_later_positions_are_in_nobodys_way()
    {
        // Each length makes the tables of angles anew, which others read meanwhile.
        for (int time = 0; time < 10; time++)
        {
            using LanguageModel model = LanguageModel.Create(new ArchitectureSettings { Width = 16, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 16, Context = 1 << 18 }, new CharacterTokenizer(Torch.Alphabet), 1);
            float[][] logits = new float[8][];
            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
            {
                using DisposeScope scope = NewDisposeScope();
                using var frozen = no_grad();
                Tensor tokens = tensor([1L, 2, 3, 4]).unsqueeze(0);
                for (long last = 8_000; last < 1 << 18; last = last * 3 / 2) model.Decoder.Forward(tokens, tensor([0L, 1, 2, last]).unsqueeze(0)).Dispose();
                logits[thread] = model.Decoder.Forward(tokens, tensor([0L, 1, 2, 70_000]).unsqueeze(0)).data<float>().ToArray();
            });
            Assert.All(logits, row => Assert.Equal(logits[0], row));
        }
    }

    private static int[] Tokens(LanguageModel model, int count)
    {
        KeyedRandom random = KeyedRandom.For(2, "tokens");
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Tokenizer.VocabularySize))];
    }

    private static float[] Logits(LanguageModel model, int[] tokens, Adapter? adapter = null)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Tensor ids = tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0);
        return model.Decoder.Forward(ids, arange(tokens.Length).unsqueeze(0), adapter).contiguous().data<float>().ToArray();
    }

    private static void Disturb(Adapter adapter)
    {
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(11, "b");
        foreach ((string part, Tensor weight) in adapter.Parameters)
        {
            if (part.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.1f).ToArray(), weight.shape));
        }
    }
}
