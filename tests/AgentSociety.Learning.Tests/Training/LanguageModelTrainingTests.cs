using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

/// <summary>The trainer on real decoders: base model, adapters, resumption, memory.</summary>
[Collection("Torch")]
public sealed class LanguageModelTrainingTests : IDisposable
{
    private static readonly ArchitectureSettings Small = new() { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 32 };
    private static readonly PretrainSettings Material = new() { Steps = 150, Batch = 32, LearningRate = 1e-2, WarmupSteps = 10, MaximumDifficulty = 5, PositionSlack = 6 };
    private readonly string _folder = Directory.CreateTempSubdirectory("learning-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_decoder_learns_to_count_from_demonstrations()
    {
        using LanguageModel model = Pretrained();
        Assert.Equal("456", Greedy(model, "3:", 3));
        Assert.Equal("890", Greedy(model, "7:", 3));
        Assert.True(model.WeightsVersion > 1);
    }

    [Theory]
    [InlineData(TrainedWeights.Full)]
    [InlineData(TrainedWeights.Lora)]
    public void A_resumed_trainer_reaches_the_same_weights_to_the_bit(TrainedWeights trained)
    {
        LearningSettings settings = new() { Weights = trained, Batch = 8, LearningRate = 1e-3, KlWeight = 0.1, SolverEntropy = 0.01, Lora = new LoraSettings { Rank = 4 } };
        using LanguageModel model = Pretrained(30);
        if (trained == TrainedWeights.Lora) model.AddAdapter("solver", settings.Lora, 1);
        using Trainer trainer = new(model, Plan(settings));
        trainer.Train(1, Round(model, 1), new CountingWorld());
        model.Save(_folder);
        trainer.SaveState(_folder);
        IReadOnlyList<EpisodeRecord> second = Round(model, 2);
        trainer.Train(2, second, new CountingWorld());

        using LanguageModel again = LanguageModel.Load(_folder);
        using Trainer resumed = new(again, Plan(settings));
        resumed.LoadState(_folder);
        resumed.Train(2, second, new CountingWorld());
        Assert.Equal(Values(model), Values(again));
    }

    [Theory]
    [InlineData(TrainedWeights.Full)]
    [InlineData(TrainedWeights.Lora)]
    public void Layers_that_are_computed_again_give_the_same_weights_to_the_bit(TrainedWeights trained)
    {
        float[] Trained(bool recompute)
        {
            LearningSettings settings = new() { Weights = trained, Batch = 8, LearningRate = 1e-2, KlWeight = 0.1, RecomputeLayers = recompute, Lora = new LoraSettings { Rank = 4 } };
            using LanguageModel model = Pretrained(30);
            if (trained == TrainedWeights.Lora) model.AddAdapter("solver", settings.Lora, 1);
            using Trainer trainer = new(model, Plan(settings));
            IReadOnlyList<EpisodeRecord> round = Round(model, 1);
            trainer.Train(1, round, new CountingWorld());
            trainer.Train(2, round, new CountingWorld());
            return Values(model);
        }

        Assert.Equal(Trained(recompute: false), Trained(recompute: true));
    }

    [Fact]
    public void No_tensor_outlives_a_training_that_computes_layers_again()
    {
        using LanguageModel model = Pretrained(5);
        using Trainer trainer = new(model, Plan(new LearningSettings { Batch = 8, LearningRate = 1e-3, RecomputeLayers = true }));
        IReadOnlyList<EpisodeRecord> round = Round(model, 1);
        trainer.Train(1, round, new CountingWorld());
        Assert.Equal(0, LiveTensors.LeftBy(() => trainer.Train(2, round, new CountingWorld())));
    }

    [Fact]
    public void Products_in_bfloat16_train_nearly_as_those_in_float32_and_the_weights_stay_float32()
    {
        (double Loss, float[] Weights) Trained(Precision precision)
        {
            using LanguageModel model = Pretrained(30);
            using Trainer trainer = new(model, Plan(new LearningSettings { Batch = 8, LearningRate = 1e-3, Precision = precision }));
            TrainingReport report = trainer.Train(1, Round(model, 1), new CountingWorld());
            Assert.All(model.Decoder.Parameters, parameter => Assert.Equal(ScalarType.Float32, parameter.Weight.dtype));
            return (report.ImitationLoss, Values(model));
        }

        (double single, float[] weights) = Trained(Precision.Float32);
        (double half, float[] others) = Trained(Precision.Bfloat16);
        Assert.NotEqual(weights, others);
        Assert.InRange(half, 0.95 * single, 1.05 * single);
    }

    [Fact]
    public void Adapters_learn_and_the_base_stays()
    {
        LearningSettings settings = new() { Weights = TrainedWeights.Lora, Batch = 8, LearningRate = 1e-2, ReplayShare = 0, Lora = new LoraSettings { Rank = 4 } };
        using LanguageModel model = Pretrained(30);
        Adapter adapter = model.AddAdapter("solver", settings.Lora, 1);
        float[] own = [.. model.Decoder.Parameters.SelectMany(parameter => parameter.Weight.data<float>().ToArray())];
        float[] before = [.. adapter.Parameters.SelectMany(parameter => parameter.Weight.data<float>().ToArray())];
        using Trainer trainer = new(model, Plan(settings));
        Assert.True(trainer.Train(1, Round(model, 1), replay: null).Steps > 0);
        Assert.Equal(own, model.Decoder.Parameters.SelectMany(parameter => parameter.Weight.data<float>().ToArray()));
        Assert.NotEqual(before, adapter.Parameters.SelectMany(parameter => parameter.Weight.data<float>().ToArray()));
        Assert.All(model.Decoder.Parameters, parameter => Assert.Null(parameter.Weight.grad));
    }

    [Fact]
    public void A_state_of_another_model_is_refused()
    {
        LearningSettings settings = new();
        using LanguageModel model = LanguageModel.Create(Small, new CharacterTokenizer(CountingWorld.Alphabet), 1);
        using LanguageModel other = LanguageModel.Create(Small with { FeedForward = 128 }, new CharacterTokenizer(CountingWorld.Alphabet), 1);
        using Trainer trainer = new(model, Plan(settings)), wrong = new(other, Plan(settings));
        Assert.Contains("trainer.json", Assert.Throws<SocietyException>(() => wrong.LoadState(_folder)).Message);
        trainer.SaveState(_folder);
        Assert.Contains("mlp.gate_proj.weight", Assert.Throws<SocietyException>(() => wrong.LoadState(_folder)).Message);
    }

    [Fact]
    public void No_tensor_outlives_a_round_of_training_or_pretraining()
    {
        using LanguageModel model = Pretrained(3);
        using Trainer trainer = new(model, Plan(new LearningSettings { Batch = 8, KlWeight = 0.1, SolverEntropy = 0.01 }));
        IReadOnlyList<EpisodeRecord> round = Round(model, 1);
        trainer.Train(1, round, new CountingWorld());
        Assert.Equal(0, LiveTensors.LeftBy(() =>
        {
            for (int repeat = 2; repeat < 5; repeat++) trainer.Train(repeat, round, new CountingWorld());
            new Pretrainer(model, Material with { Steps = 3 }, 1).Train(new CountingWorld());
            trainer.SaveState(_folder);
            trainer.LoadState(_folder);
        }));
    }

    private static LanguageModel Pretrained(int steps = 150)
    {
        LanguageModel model = LanguageModel.Create(Small, new CharacterTokenizer(CountingWorld.Alphabet), 1);
        new Pretrainer(model, Material with { Steps = steps }, 1).Train(new CountingWorld());
        return model;
    }

    private static TrainingPlan Plan(LearningSettings settings) => new()
    {
        Learning = settings,
        Pretrain = Material,
        Temperature = 1,
        Seed = 3,
        Population = [new Agent { Name = "ada", Role = Role.Solver, Adapter = "solver" }],
    };

    /// <summary>Attempts that write random digits, rewarded for even ones.</summary>
    private static EpisodeRecord[] Round(LanguageModel model, int round)
    {
        KeyedRandom random = KeyedRandom.For(1, "round", round);
        return [.. Enumerable.Range(0, 16).Select(index =>
        {
            int length = random.Next(1, 6);
            int[] tokens = [3, 10, .. Enumerable.Range(0, length).Select(_ => random.Next(10)), CountingWorld.EndOfText];
            return new EpisodeRecord
            {
                Id = $"{round}/solve/0/{index}",
                Round = round,
                Agent = "ada",
                Role = Role.Solver,
                Attempt = index,
                Checkpoint = "base",
                Segments = [new(Source.Prompt, "3:"), new(Source.Model, model.Tokenizer.Decode(tokens.AsSpan(2)))],
                Tokens = tokens,
                LogProbabilities = [.. tokens.Select((_, place) => place < 2 ? 0f : -1.5f)],
                LossMask = [.. tokens.Select((_, place) => place >= 2)],
                Outcome = Outcome.Wrong,
                Reason = "",
                Sound = false,
                Reward = 0,
                Advantage = tokens[2] % 2 == 0 ? 0.5 : -0.5,
            };
        })];
    }

    private static string Greedy(LanguageModel model, string prompt, int length)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        List<int> tokens = [.. model.Tokenizer.Encode(prompt)];
        for (int step = 0; step < length; step++)
        {
            Tensor logits = model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Count).unsqueeze(0));
            tokens.Add((int)logits[0, -1].argmax().item<long>());
        }

        return model.Tokenizer.Decode([.. tokens[prompt.Length..]]);
    }

    private static float[] Values(LanguageModel model) =>
    [
        .. model.Decoder.Parameters.Concat(model.Adapters.Values.SelectMany(adapter => adapter.Parameters)).SelectMany(parameter => parameter.Weight.detach().data<float>().ToArray()),
    ];
}
