using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using AgentSociety.Tests.Gpu;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

/// <summary>Everything that trains takes a step wherever the model lives, in either precision, whole or by adapters.</summary>
[Collection("Torch")]
public sealed class DeviceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("device-").FullName;

    public static TheoryData<TrainedWeights, Precision> Ways => new()
    {
        { TrainedWeights.Full, Precision.Float32 },
        { TrainedWeights.Full, Precision.Bfloat16 },
        { TrainedWeights.Lora, Precision.Float32 },
        { TrainedWeights.Lora, Precision.Bfloat16 },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Ways))]
    public void On_the_cpu_every_objective_takes_a_step_and_its_state_is_kept(TrainedWeights weights, Precision precision) => TakeSteps("cpu", weights, precision);

    [CudaTheory]
    [Trait("Category", "Cuda")]
    [MemberData(nameof(Ways))]
    public void On_a_gpu_every_objective_takes_a_step_and_its_state_is_kept(TrainedWeights weights, Precision precision) => TakeSteps("cuda", weights, precision);

    [CudaFact]
    [Trait("Category", "Cuda")]
    public void Pretraining_on_a_gpu_goes_where_it_goes_on_the_cpu()
    {
        PretrainSettings settings = new() { Steps = 5, Batch = 16, WarmupSteps = 1, MaximumDifficulty = 5 };
        float[] Trained(string device)
        {
            using OnDevice there = new(device);
            using LanguageModel model = Model();
            new Pretrainer(model, settings, 1).Train(new CountingWorld());
            return [.. model.Decoder.Parameters.SelectMany(parameter => parameter.Weight.detach().cpu().data<float>().ToArray())];
        }

        float[] near = Trained("cpu"), far = Trained("cuda");
        for (int index = 0; index < near.Length; index++) Assert.Equal(near[index], far[index], 1e-3f);
    }

    private void TakeSteps(string device, TrainedWeights weights, Precision precision)
    {
        using OnDevice there = new(device);
        using LanguageModel model = Model();
        DeviceType type = model.Decoder.Device.type;
        Assert.Equal(device, TorchRuntime.DeviceName.Split(':')[0]);
        PretrainSettings material = new() { Steps = 1, Batch = 8, WarmupSteps = 0, MaximumDifficulty = 5 };
        Moves(model, null, () => new Pretrainer(model, material, 1).Train(new CountingWorld()));
        LoraSettings lora = new() { Rank = 4 };
        if (weights == TrainedWeights.Lora) model.AddAdapter("solver", lora, 1);
        Adapter? adapter = weights == TrainedWeights.Lora ? model.Adapters["solver"] : null;
        foreach (LearningMethod method in Enum.GetValues<LearningMethod>())
        {
            LearningSettings settings = new() { Method = method, Weights = weights, Precision = precision, Batch = 8, LearningRate = 1e-2, KlWeight = method == LearningMethod.PolicyGradient ? 0.1 : 0, SolverEntropy = 0.01, Lora = lora };
            TrainingPlan plan = new() { Learning = settings, Pretrain = material, Temperature = 1, Seed = 3, Population = [new Agent { Name = "ada", Role = Role.Solver, Adapter = "solver" }] };
            using Trainer trainer = new(model, plan);
            Moves(model, adapter, () => trainer.Train(1, [.. Log().Select(logged => logged.Episode)], new CountingWorld()));
            trainer.SaveState(_folder);
            trainer.LoadState(_folder);
            Moves(model, adapter, () => trainer.Train(2, [.. Log().Select(logged => logged.Episode)], new CountingWorld()));
        }

        Lesson lesson = new([new(Source.Prompt, "3:"), new(Source.Tool, "4"), new(Source.Model, "5")], [new(Source.Prompt, "3:"), new(Source.Tool, "?"), new(Source.Model, "5")]);
        ConsolidationSettings sleep = new() { Steps = 1, Batch = 4, LearningRate = 1e-2 };
        using LanguageModel tuned = Model();
        foreach (FineTuneMethod method in Enum.GetValues<FineTuneMethod>())
        {
            FineTuneSettings settings = new() { Method = method, Weights = weights, Epochs = 1, Batch = 8, LearningRate = 1e-2, WarmupSteps = 0, Lora = lora, Policy = new LearningSettings { Precision = precision }, Consolidation = sleep };
            FineTuner tuner = new(tuned, settings, 1);
            TrainingProgress reached = method == FineTuneMethod.Distillation ? tuner.Train([lesson], new CountingWorld(), material) : tuner.Train(Log());
            Assert.True(double.IsFinite(reached.Loss));
        }

        Moves(model, adapter, () => new Consolidator(model, sleep, material, 1) { Adapter = adapter is null ? null : "solver" }.Sleep([lesson], new CountingWorld()));
        Assert.All(model.Decoder.Parameters, parameter => Assert.Equal((type, ScalarType.Float32), (parameter.Weight.device_type, parameter.Weight.dtype)));
        Assert.Null(model.Decoder.NotFinite());

        model.Save(_folder);
        using LanguageModel again = LanguageModel.Load(_folder);
        Assert.Equal(type, again.Decoder.Device.type);
        using DecodingEngine engine = new(again);
        engine.Submit(new GenerationRequest { Id = "a", Prompt = [3, 10], Adapter = adapter is null ? null : "solver", MaximumTokens = 5 });
        List<Generation> done = [];
        while (!engine.Idle) done.AddRange(engine.Step());
        Assert.True(Assert.Single(done).FinishReason is FinishReason.MaximumTokens or FinishReason.EndOfText);
    }

    /// <summary>Asserts that what is trained is other than before, and that nothing else is.</summary>
    private static void Moves(LanguageModel model, Adapter? adapter, Action train)
    {
        float[] own = Values(model.Decoder.Parameters), low = adapter is null ? [] : Values(adapter.Parameters);
        train();
        float[] ownAfter = Values(model.Decoder.Parameters), lowAfter = adapter is null ? [] : Values(adapter.Parameters);
        if (adapter is null)
        {
            Assert.NotEqual(own, ownAfter);
            return;
        }

        Assert.Equal(own, ownAfter);
        Assert.NotEqual(low, lowAfter);
    }

    private static float[] Values(IEnumerable<(string Name, Tensor Weight)> parameters) => [.. parameters.SelectMany(parameter => parameter.Weight.detach().cpu().data<float>().ToArray())];

    private static LanguageModel Model() => LanguageModel.Create(
        new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 32 }, new CharacterTokenizer(CountingWorld.Alphabet), 1);

    /// <summary>Five problems, four attempts each: count one on. One attempt is right.</summary>
    private static LoggedEpisode[] Log() =>
    [
        .. Enumerable.Range(0, 20).Select(index =>
        {
            (int problem, int attempt) = (index / 4, index % 4);
            LoggedEpisode logged = CountingWorld.Attempt(problem, attempt, (problem * 2 + (attempt == 0 ? 1 : attempt + 2)) % 10, _ => [0, 0, -2.5f, -2.5f]);
            return logged with { Episode = logged.Episode with { Advantage = attempt == 0 ? 0.75 : -0.25 } };
        }),
    ];
}
