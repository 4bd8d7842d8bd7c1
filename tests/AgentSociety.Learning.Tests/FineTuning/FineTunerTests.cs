using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class FineTunerTests : IDisposable
{
    private static readonly FineTuneSettings Settings = new() { Epochs = 30, Batch = 8, LearningRate = 3e-3, WarmupSteps = 2 };

    private readonly string _folder = Directory.CreateTempSubdirectory("fine-tuner-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(FineTuneMethod.Imitation, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.RejectionSampling, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.PolicyGradient, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.Dpo, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.Spin, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.RejectionSampling, TrainedWeights.Lora)]
    [InlineData(FineTuneMethod.Dpo, TrainedWeights.Lora)]
    [InlineData(FineTuneMethod.PolicyGradient, TrainedWeights.Lora)]
    public void Every_method_moves_the_model_towards_the_right_answers(FineTuneMethod method, TrainedWeights weights)
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        double before = Margin(model, log, null);
        FineTuneSettings settings = Settings with { Method = method, Weights = weights, LearningRate = weights == TrainedWeights.Lora && method != FineTuneMethod.PolicyGradient ? 1e-2 : 3e-3 };
        List<double> losses = [];
        TrainingProgress reached = new FineTuner(model, settings, 1).Train(log, progress => losses.Add(progress.Loss));
        double after = Margin(model, log, weights == TrainedWeights.Lora ? model.Adapters[FineTuner.AdapterName] : null);
        // The clip lets the policy gradient go no further than log(1.28) up and log(0.8) down.
        if (method == FineTuneMethod.Imitation) Assert.True(losses[^1] < losses[0] - 0.3);
        else Assert.True(after > before + (method == FineTuneMethod.PolicyGradient ? 0.15 : 0.3), $"margin {before} became {after}");
        Assert.True(reached.Step > 0 && double.IsFinite(reached.Loss));
        if (method == FineTuneMethod.Dpo) Assert.Equal(1, reached.Accuracy);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(0.5f)]
    public void Numbers_that_are_no_log_probabilities_or_no_rewards_are_refused_before_any_compute(float odd)
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        float[] weights = Trained(model, TrainedWeights.Full);
        LoggedEpisode With(LoggedEpisode logged, float[] values, double reward) => logged with { Episode = logged.Episode with { LogProbabilities = values, Reward = reward } };
        float[] sampled = log[^1].Episode.LogProbabilities;
        FineTuneSettings settings = Settings with { Method = FineTuneMethod.PolicyGradient };
        string said = Assert.Throws<SocietyException>(() => new FineTuner(model, settings, 1).Train([.. log[..^1], With(log[^1], [.. sampled[..^1], odd], log[^1].Episode.Reward)])).Message;
        Assert.Contains($"token {sampled.Length}: {odd} is no log-probability", said);
        said = Assert.Throws<SocietyException>(() => new FineTuner(model, settings, 1).Train([.. log[..^1], With(log[^1], sampled, double.NaN)])).Message;
        Assert.Contains("a reward of NaN", said);
        Assert.Equal(weights, Trained(model, TrainedWeights.Full));
        // What the model did not write has none.
        new FineTuner(model, settings with { Epochs = 1 }, 1).Train([.. log[..^1], With(log[^1], [odd, .. sampled[1..]], log[^1].Episode.Reward)]);
    }

    [Fact]
    public void Reviews_are_measured_against_those_of_their_problem_as_in_play_and_are_no_pairs()
    {
        using LanguageModel model = Model();
        // Of each problem all reviews earned the same, so that play had given none of them an advantage.
        LoggedEpisode[] log = [.. Log(model).Select(logged => logged with { Episode = logged.Episode with { Role = Role.Critic, Reward = logged.Problem!.Id == "1/0" ? 1 : 0 } })];
        Assert.Contains("earned the same", Assert.Throws<SocietyException>(() => new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Policy = new() { Advantage = AdvantageEstimator.Group } }, 1).Train(log)).Message);
        Assert.Contains("no pairs", Assert.Throws<SocietyException>(() => new FineTuner(model, Settings with { Method = FineTuneMethod.Dpo }, 1).Train(log)).Message);
    }

    [Fact]
    public void The_same_log_gives_the_same_weights_to_the_bit()
    {
        float[] Weights(ulong seed)
        {
            using LanguageModel model = Model();
            new FineTuner(model, Settings with { Method = FineTuneMethod.Dpo, Epochs = 2 }, seed).Train(Log(model));
            return Trained(model, TrainedWeights.Full);
        }

        Assert.Equal(Weights(1), Weights(1));
        Assert.NotEqual(Weights(1), Weights(2));
    }

    [Theory]
    [InlineData(FineTuneMethod.Imitation, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.Imitation, TrainedWeights.Lora)]
    [InlineData(FineTuneMethod.Dpo, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.Spin, TrainedWeights.Lora)]
    [InlineData(FineTuneMethod.PolicyGradient, TrainedWeights.Full)]
    [InlineData(FineTuneMethod.PolicyGradient, TrainedWeights.Lora)]
    public void A_training_that_was_stopped_twice_ends_with_the_weights_of_one_that_was_not(FineTuneMethod method, TrainedWeights weights)
    {
        LearningSettings policy = new() { KlWeight = 0.1, SolverEntropy = 0.01, EntropyFloor = 1.5, DecodingCorrection = 2 };
        FineTuneSettings settings = Settings with { Method = method, Weights = weights, Epochs = 5, Policy = policy };
        using LanguageModel whole = Model();
        TrainingProgress end = new FineTuner(whole, settings, 1).Train(Log(whole));
        FineTuneState state = new(Path.Combine(_folder, "state.safetensors"));
        // Within the first epoch of three steps, and within the fourth.
        foreach (int until in (int[])[1, 11])
        {
            using LanguageModel stopped = Model();
            using CancellationTokenSource stop = new();
            Assert.Throws<OperationCanceledException>(() => new FineTuner(stopped, settings, 1, state).Train(Log(stopped), progress =>
            {
                if (progress.Step >= until) stop.Cancel();
            }, stop.Token));
            Assert.True(state.Exists);
        }

        using LanguageModel resumed = Model();
        List<int> steps = [];
        TrainingProgress reached = new FineTuner(resumed, settings, 1, state).Train(Log(resumed), progress => steps.Add(progress.Step));
        Assert.Equal((end.Step, end.Loss), (reached.Step, reached.Loss));
        Assert.Equal([12, 13, 14, 15], steps);
        Assert.Equal(Trained(whole, weights), Trained(resumed, weights));
    }

    [Theory]
    [InlineData(FineTuneMethod.Imitation, "training stopped at step 2 of 6")]
    [InlineData(FineTuneMethod.PolicyGradient, "training stopped at round 1, step 2")]
    public void A_training_whose_loss_is_not_finite_leaves_the_weights_of_the_step_before_and_says_so(FineTuneMethod method, string says)
    {
        using LanguageModel model = Model(), once = Model();
        LoggedEpisode[] log = Log(model);
        FineTuneSettings settings = Settings with { Method = method, Epochs = 2, LearningRate = 1e30, WarmupSteps = 0 };
        FineTuneState state = new(Path.Combine(_folder, "state.safetensors"));
        Assert.Contains(says, Assert.Throws<SocietyException>(() => new FineTuner(model, settings, 1, state).Train(log)).Message);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => new FineTuner(once, settings, 1).Train(Log(once), _ => stop.Cancel(), stop.Token));
        Assert.Equal(Trained(once, TrainedWeights.Full), Trained(model, TrainedWeights.Full));
        Assert.True(state.Exists);
    }

    [Fact]
    public void The_policy_gradient_warms_up_and_cools_down_like_every_method()
    {
        // AdamW's first step has the size of its rate, whatever the gradient: with a long warm-up it is small.
        float First(int warmup)
        {
            using LanguageModel model = Model();
            float before = Trained(model, TrainedWeights.Full)[0];
            using CancellationTokenSource stop = new();
            FineTuneSettings settings = Settings with { Method = FineTuneMethod.PolicyGradient, WarmupSteps = warmup, Epochs = 10 };
            Assert.Throws<OperationCanceledException>(() => new FineTuner(model, settings, 1).Train(Log(model), _ => stop.Cancel(), stop.Token));
            return Math.Abs(Trained(model, TrainedWeights.Full)[0] - before);
        }

        Assert.InRange(First(0) / First(10), 9.9, 10.1);
    }

    [Fact]
    public void A_log_in_which_all_attempts_at_a_problem_earned_the_same_teaches_the_policy_gradient_nothing_and_is_refused()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] right = [.. Log(model).Where(logged => logged.Episode.Sound)];
        FineTuneSettings settings = Settings with { Method = FineTuneMethod.PolicyGradient };
        float[] before = Trained(model, TrainedWeights.Full);
        Assert.Contains("no episode of the log has an advantage under policy.advantage group", Assert.Throws<SocietyException>(() => new FineTuner(model, settings, 1).Train(right)).Message);
        // A divergence holds weights where they are and moves none.
        Assert.Throws<SocietyException>(() => new FineTuner(model, settings with { Policy = new LearningSettings { KlWeight = 1 } }, 1).Train(right));
        Assert.Equal(before, Trained(model, TrainedWeights.Full));
        new FineTuner(model, settings with { Epochs = 1, Policy = new LearningSettings { SolverEntropy = 0.01 } }, 1).Train(right);
        Assert.NotEqual(before, Trained(model, TrainedWeights.Full));
    }

    [Fact]
    public void The_policy_gradient_compares_at_the_temperature_that_the_log_was_sampled_at()
    {
        float[] After(double? said, params double?[] recorded)
        {
            using LanguageModel model = Model();
            LoggedEpisode[] log = [.. Log(model).Select((logged, index) => logged with { Temperature = recorded.Length == 0 ? null : recorded[index % recorded.Length] })];
            new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Epochs = 1, Temperature = said }, 1).Train(log);
            return Trained(model, TrainedWeights.Full);
        }

        Assert.Equal(After(0.7), After(null, 0.7));
        Assert.Equal(After(1), After(null));
        Assert.NotEqual(After(1), After(0.7));
        Assert.Contains("sampled at the temperatures 0.7 and 1.3", Assert.Throws<SocietyException>(() => After(null, 1.3, 0.7)).Message);
        Assert.Contains("the log was sampled at 0.7", Assert.Throws<SocietyException>(() => After(1, 0.7)).Message);
    }

    [Theory]
    [InlineData(TrainedWeights.Full, "fine-tuned")]
    [InlineData(TrainedWeights.Full, "solver")]
    [InlineData(TrainedWeights.Lora, "solver")]
    public void An_adapter_that_training_would_pass_over_is_refused(TrainedWeights weights, string adapter)
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        model.AddAdapter(adapter, new LoraSettings(), 1);
        FineTuner tuner = new(model, new FineTuneSettings { Method = FineTuneMethod.Imitation, Weights = weights }, 1);
        Assert.Contains($"pass over ({adapter})", Assert.Throws<SocietyException>(() => tuner.Train(log)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_log_has_another_fingerprint()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        string own = LogFingerprint.Of(log);
        Assert.StartsWith("20 episodes, ", own);
        Assert.Equal(own, LogFingerprint.Of(Log(model)));
        Assert.NotEqual(own, LogFingerprint.Of(log[1..]));
        Assert.NotEqual(own, LogFingerprint.Of([.. log.Select(logged => logged with { Episode = logged.Episode with { Tokens = [.. logged.Episode.Tokens.Reverse()] } })]));
        string file = Path.Combine(_folder, "chats.jsonl");
        File.WriteAllText(file, "one");
        string files = LogFingerprint.OfFiles([file]);
        File.WriteAllText(file, "two");
        Assert.NotEqual(files, LogFingerprint.OfFiles([file]));
    }

    [Fact]
    public void A_state_of_another_model_is_refused()
    {
        using LanguageModel model = Model(), other = Model(width: 16);
        FineTuneState state = new(Path.Combine(_folder, "state.safetensors"));
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => new FineTuner(model, Settings, 1, state).Train(Log(model), _ => stop.Cancel(), stop.Token));
        Assert.Contains("belongs to another model", Assert.Throws<SocietyException>(() => new FineTuner(other, Settings, 1, state).Train(Log(other))).Message);
    }

    [Fact]
    public void Steps_that_were_judged_again_carry_credit_and_credit_of_the_run_does_not()
    {
        float[] After(double stepCredit, bool judged, bool recorded)
        {
            using LanguageModel model = Model();
            LoggedEpisode[] log = [.. Log(model).Select(logged => logged with
            {
                Steps = judged ? [new StepVerdict(1, 0, 1, logged.Episode.Attempt < 2)] : [],
                Episode = logged.Episode with { TokenAdvantages = recorded ? [0, 0, 5, 5] : null },
            })];
            new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Epochs = 1, Policy = new LearningSettings { StepCredit = stepCredit } }, 1).Train(log);
            return Trained(model, TrainedWeights.Full);
        }

        Assert.Equal(After(0, judged: false, recorded: false), After(0, judged: true, recorded: true));
        Assert.NotEqual(After(0, judged: true, recorded: false), After(1, judged: true, recorded: false));
        Assert.Contains("no step of the log's episodes was judged", Assert.Throws<SocietyException>(() => After(1, judged: false, recorded: true)).Message);
    }

    [Fact]
    public void Pairs_are_of_one_problem_and_order_right_over_wrong()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        IReadOnlyList<PreferencePair> pairs = LogPairs.RightOverWrong(log, sound: true, perGroup: 3, seed: 1);
        Assert.Equal(3 * 5, pairs.Count);
        Assert.All(pairs, pair =>
        {
            Assert.Equal(pair.Better.Tokens[..2], pair.Worse.Tokens[..2]);
            Assert.Equal((pair.Better.Tokens[0] + 1) % 10, pair.Better.Tokens[2]);
            Assert.NotEqual(pair.Better.Tokens[2], pair.Worse.Tokens[2]);
        });
        Assert.All(LogPairs.RightOverOwn(log, true, 3, 1), pair => Assert.NotEqual(pair.Better.Tokens, pair.Worse.Tokens));
    }

    [Fact]
    public void No_tensor_outlives_a_preference_training()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        FineTuneSettings settings = Settings with { Method = FineTuneMethod.Dpo, Epochs = 1 };
        new FineTuner(model, settings, 1).Train(log);
        Assert.Equal(0, LiveTensors.LeftBy(() => new FineTuner(model, settings, 2).Train(log)));
    }

    [Fact]
    public void A_log_without_what_the_method_needs_is_refused_with_the_reason()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        string Refusal(FineTuneMethod method, IEnumerable<LoggedEpisode> from) =>
            Assert.Throws<SocietyException>(() => new FineTuner(model, Settings with { Method = method }, 1).Train([.. from])).Message;

        Assert.Contains("no episode that passes the filter", Refusal(FineTuneMethod.Imitation, []));
        Assert.Contains("no episode of the log was verified", Refusal(FineTuneMethod.RejectionSampling, log.Where(logged => !logged.Episode.Sound)));
        Assert.Contains("needs groups", Refusal(FineTuneMethod.Dpo, log.DistinctBy(logged => logged.Group).Append(log.First(logged => logged.Episode.Sound)).DistinctBy(logged => logged.Group)));
        Assert.Contains("no log-probabilities", Refusal(FineTuneMethod.PolicyGradient, log.Select(logged => logged with { Episode = logged.Episode with { LogProbabilities = new float[4] } })));
        Assert.Contains("another tokenizer", Refusal(FineTuneMethod.Imitation, log.Select(logged => logged with { Episode = logged.Episode with { Tokens = [1, 2, 3, 4] } })));
        Assert.Contains("whose expected gradient is zero", Assert.Throws<SocietyException>(() =>
            new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Policy = new LearningSettings { KlWeight = 0.1, KlEstimator = KlEstimator.K1 } }, 1).Train(log)).Message);
        Assert.Contains("gives no pairs", Refusal(FineTuneMethod.Dpo, log.Where(logged => logged.Episode.Sound)));
    }

    [Fact]
    public void Groups_are_asked_for_where_an_advantage_is_over_a_group_and_nowhere_else()
    {
        using LanguageModel model = Model();
        // One attempt at each problem, two of the five right.
        LoggedEpisode[] log = [.. Log(model).GroupBy(logged => logged.Group).Select((group, index) => index < 2 ? group.First() : group.Last())];
        void Train(AdvantageEstimator advantage, IEnumerable<LoggedEpisode> from) =>
            new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Epochs = 1, Policy = new LearningSettings { Advantage = advantage } }, 1).Train([.. from]);
        foreach (AdvantageEstimator advantage in (AdvantageEstimator[])[AdvantageEstimator.Group, AdvantageEstimator.GroupNormalised, AdvantageEstimator.LeaveOneOut])
            Assert.Contains("set policy.advantage to task, batch or role", Assert.Throws<SocietyException>(() => Train(advantage, log)).Message);
        foreach (AdvantageEstimator advantage in (AdvantageEstimator[])[AdvantageEstimator.Task, AdvantageEstimator.Batch, AdvantageEstimator.Role]) Train(advantage, log);
        Train(AdvantageEstimator.Group, log.Select(logged => logged with { Episode = logged.Episode with { Role = Role.Proposer } }));
    }

    [Fact]
    public void Task_relative_advantages_of_several_runs_are_taken_environment_by_environment()
    {
        using LanguageModel model = Model();
        void Train(Func<bool, string> environment) =>
            new FineTuner(model, Settings with { Method = FineTuneMethod.PolicyGradient, Epochs = 1, Policy = new LearningSettings { Advantage = AdvantageEstimator.Task } }, 1)
                .Train([.. Log(model).Select(logged => logged with { Kind = "deduction", Environment = environment(logged.Episode.Sound) })]);
        Train(right => "one");
        // All that is right in one environment and all that is wrong in another: nothing is better than its like.
        Assert.Contains("has an advantage", Assert.Throws<SocietyException>(() => Train(right => right ? "easy" : "hard")).Message);
    }

    [Fact]
    public void An_adapter_of_another_shape_than_the_settings_ask_for_is_not_trained_on_in_silence()
    {
        using LanguageModel model = Model();
        LoggedEpisode[] log = Log(model);
        FineTuneSettings settings = Settings with { Weights = TrainedWeights.Lora, Epochs = 1, Lora = new LoraSettings { Rank = 2 } };
        new FineTuner(model, settings, 1).Train(log);
        new FineTuner(model, settings, 2).Train(log);
        Assert.Contains("of rank 2", Assert.Throws<SocietyException>(() => new FineTuner(model, settings with { Lora = new LoraSettings { Rank = 4 } }, 1).Train(log)).Message);
        Assert.Contains("of rank 2", Assert.Throws<SocietyException>(() => new FineTuner(model, settings with { Lora = new LoraSettings { Rank = 2, Targets = ["q_proj"] } }, 1).Train(log)).Message);
    }

    private static float[] Trained(LanguageModel model, TrainedWeights weights) =>
    [
        .. (weights == TrainedWeights.Full ? model.Decoder.Parameters.Select(parameter => parameter.Weight) : model.Adapters[FineTuner.AdapterName].Parameters.Select(parameter => parameter.Item2))
            .SelectMany(weight => weight.detach().data<float>().ToArray()),
    ];

    private static LanguageModel Model(int width = 32) => LanguageModel.Create(
        new ArchitectureSettings { Width = width, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 16 }, new CharacterTokenizer(CountingWorld.Alphabet), 1);

    /// <summary>Five problems, four attempts each: count one on. One or two attempts are right.</summary>
    private static LoggedEpisode[] Log(LanguageModel model) =>
    [
        .. Enumerable.Range(0, 20).Select(index =>
        {
            (int problem, int attempt) = (index / 4, index % 4);
            int written = (problem * 2 + (attempt == 0 || (problem < 2 && attempt == 1) ? 1 : attempt + 2)) % 10;
            return CountingWorld.Attempt(problem, attempt, written, tokens => LogProbabilities(model, tokens, null));
        }),
    ];

    /// <summary>Mean log-probability of right answers less that of wrong ones.</summary>
    private static double Margin(LanguageModel model, LoggedEpisode[] log, Adapter? adapter)
    {
        double Mean(bool right) => log.Where(logged => logged.Episode.Sound == right).Average(logged => LogProbabilities(model, logged.Episode.Tokens, adapter)[2]);
        return Mean(true) - Mean(false);
    }

    private static float[] LogProbabilities(LanguageModel model, int[] tokens, Adapter? adapter)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Tensor logits = model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Length).unsqueeze(0), adapter);
        Tensor distribution = logits[0].log_softmax(-1);
        return [0, 0, distribution[1, tokens[2]].item<float>(), distribution[2, tokens[3]].item<float>()];
    }
}
