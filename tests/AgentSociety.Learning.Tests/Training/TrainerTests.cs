using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class TrainerTests
{
    private static readonly LearningSettings Settings = new() { Batch = 8, LearningRate = 0.05, ReplayShare = 0.25 };

    [Fact]
    public void Right_attempts_become_likelier_and_wrong_ones_rarer()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { ReplayShare = 0 });
        double right = LogP(model, 10, 1), wrong = LogP(model, 10, 2);
        TrainingReport report = trainer.Train(1, [Episode(model, 1, advantage: 0.5), Episode(model, 2, advantage: -0.5)], replay: null);
        Assert.True(LogP(model, 10, 1) > right);
        Assert.True(LogP(model, 10, 2) < wrong);
        Assert.Equal((1, 2, 2), (report.Steps, report.Used, report.Episodes));
        Assert.Equal(0, report.ClipFraction);
        Assert.Equal(0, report.Divergence, 5);
    }

    [Fact]
    public void Episodes_without_signal_are_left_out()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings);
        float[] before = model.Values;
        TrainingReport report = trainer.Train(1, [Episode(model, 1, advantage: 0)], new CountingWorld());
        Assert.Equal((0, 0), (report.Steps, report.Used));
        Assert.Equal(before, model.Values);
        Assert.Equal(1, trainer.Train(2, [Episode(model, 1, 0) with { TokenAdvantages = [0, 1, 0] }], replay: null).Used);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(20)]
    public void A_fixed_number_of_steps_is_taken_however_many_episodes_carry_a_signal(int signals)
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { StepsPerRound = 3 });
        TrainingReport report = trainer.Train(1, [.. Enumerable.Range(0, signals).Select(_ => Episode(model, 1, advantage: 0.5)), Episode(model, 2, advantage: 0)], new CountingWorld());
        Assert.Equal((3, signals), (report.Steps, report.Used));
        Assert.True(double.IsFinite(report.Loss));
    }

    [Fact]
    public void Rejection_sampling_imitates_the_rewarded_alone()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Method = LearningMethod.RejectionSampling, ReplayShare = 0 });
        double right = LogP(model, 10, 1);
        TrainingReport report = trainer.Train(1, [Episode(model, 1, 0) with { Reward = 1 }, Episode(model, 2, 0) with { Reward = 0 }], replay: null);
        Assert.Equal(1, report.Used);
        Assert.True(LogP(model, 10, 1) > right);
        Assert.True(double.IsFinite(report.ImitationLoss));
    }

    [Fact]
    public void Imitation_takes_every_episode_whatever_it_earned()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Method = LearningMethod.Imitation, ReplayShare = 0 });
        double wrong = LogP(model, 10, 2);
        Assert.Equal(2, trainer.Train(1, [Episode(model, 1, 0.5), Episode(model, 2, -0.5)], replay: null).Used);
        Assert.True(LogP(model, 10, 2) > wrong);
    }

    [Theory]
    [InlineData(LearningMethod.Dpo)]
    [InlineData(LearningMethod.Spin)]
    public void Preferences_follow_the_formula_and_are_held_to_the_weights_at_the_rounds_beginning(LearningMethod method)
    {
        LearningSettings settings = Settings with { Method = method, ReplayShare = 0, PairsPerGroup = 1, Beta = 0.7 };
        double Margin(BigramModel model) => LogP(model, 10, 1) + LogP(model, 1, CountingWorld.EndOfText) - LogP(model, 10, 2) - LogP(model, 2, CountingWorld.EndOfText);
        EpisodeRecord[] Pair(BigramModel model) => [Of("a", Episode(model, 1, 0.5)), Of("a", Episode(model, 2, -0.5))];
        using BigramModel once = new(CountingWorld.Vocabulary), twice = new(CountingWorld.Vocabulary);
        using Trainer first = Trainer(once, settings), second = Trainer(twice, settings with { Epochs = 2 });
        double before = Margin(once);
        TrainingReport report = first.Train(1, Pair(once), replay: null);
        Assert.Equal((1, 2, 0.0), (report.Steps, report.Used, report.PairsInOrder));
        Assert.Equal(Math.Log(2), report.Loss, 5);
        double gained = Margin(once) - before;
        Assert.True(gained > 0);

        // The second step of a round stands where one step has led: -log sigmoid(beta x what the margin gained since the round began).
        report = second.Train(1, Pair(twice), replay: null);
        Assert.Equal((Math.Log(2) + Math.Log(1 + Math.Exp(-0.7 * gained))) / 2, report.Loss, 5);
        Assert.Equal(0.5, report.PairsInOrder);
        // The next round is held to where it begins.
        Assert.Equal(Math.Log(2), first.Train(2, Pair(once), replay: null).Loss, 5);
    }

    [Fact]
    public void Only_attempts_at_one_problem_are_paired_and_only_spin_takes_a_right_one_for_the_worse()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        int Used(LearningMethod method, params EpisodeRecord[] round)
        {
            using Trainer trainer = Trainer(model, Settings with { Method = method, ReplayShare = 0 });
            return trainer.Train(1, round, replay: null).Used;
        }

        EpisodeRecord right = Of("a", Episode(model, 1, 0.5)), another = Of("a", Episode(model, 2, 0.5)), wrong = Of("a", Episode(model, 3, -0.5));
        Assert.Equal((2, 0, 0, 0), (Used(LearningMethod.Dpo, right, wrong), Used(LearningMethod.Dpo, right, another), Used(LearningMethod.Dpo, right, Of("b", wrong)), Used(LearningMethod.Dpo, right with { Role = Role.Proposer }, wrong with { Role = Role.Proposer })));
        Assert.Equal((2, 0, 0), (Used(LearningMethod.Spin, right, another), Used(LearningMethod.Spin, wrong, Of("a", Episode(model, 4, -0.5))), Used(LearningMethod.Spin, right)));
    }

    [Fact]
    public void A_problem_gives_no_pair_twice_however_many_are_asked_for()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Method = LearningMethod.Dpo, ReplayShare = 0, StepsPerRound = 1, PairsPerGroup = 64 });
        EpisodeRecord[] round = [.. Enumerable.Range(1, 5).Select(token => Of("a", Episode(model, token, token < 3 ? 0.5 : -0.5)) with { Id = $"e{token}" })];
        string[][] pairs = [.. trainer.Train(1, round, replay: null).Batches.Single().Episodes.Select(episode => episode.Episode).Chunk(2)];
        Assert.Equal(["e1 e3", "e1 e4", "e1 e5", "e2 e3", "e2 e4", "e2 e5"], pairs.Select(pair => $"{pair[0]} {pair[1]}").Order());
    }

    [Theory]
    [InlineData(LearningMethod.Dpo)]
    [InlineData(LearningMethod.Spin)]
    public void The_guard_sees_the_entropy_of_the_pairs_learned_tokens(LearningMethod method)
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        double Entropy(int after)
        {
            using var scope = NewDisposeScope();
            Tensor row = model.Table.detach()[after].log_softmax(-1);
            return -(row.exp() * row).sum().item<float>();
        }

        // What is written is a token after 10, and the end of the text after it.
        double expected = (2 * Entropy(10) + Entropy(1) + Entropy(2)) / 4;
        using Trainer trainer = Trainer(model, Settings with { Method = method, ReplayShare = 0, PairsPerGroup = 1 });
        TrainingReport report = trainer.Train(1, [Of("a", Episode(model, 1, 0.5)), Of("a", Episode(model, 2, -0.5))], replay: null);
        Assert.Equal(expected, report.Entropy[Role.Solver], 5);
        CollapseGuard guard = new(new GuardSettings { Patience = 1, MinimumSolverEntropy = expected + 0.1 });
        Assert.Contains("solver-entropy", Assert.Single(guard.Read([], 0, [], report.Entropy).Alarms));
    }

    [Fact]
    public void Preferences_take_their_steps_on_base_material_too_and_leave_no_tensor()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Method = LearningMethod.Dpo, StepsPerRound = 3, PairsPerGroup = 1 });
        EpisodeRecord[] pair = [Of("a", Episode(model, 1, 0.5)), Of("a", Episode(model, 2, -0.5))];
        TrainingReport report = trainer.Train(1, pair, new CountingWorld());
        Assert.Equal((3, 2, 3), (report.Steps, report.Used, report.Batches.Count));
        Assert.All(report.Batches, batch => Assert.Equal((2, 2), (batch.Demonstrations, batch.Episodes.Count)));
        report = trainer.Train(2, [], new CountingWorld());
        Assert.Equal((3, 0, null), (report.Steps, report.Used, report.PairsInOrder));
        Assert.Equal(0, LiveTensors.LeftBy(() =>
        {
            for (int repeat = 3; repeat < 6; repeat++) trainer.Train(repeat, pair, new CountingWorld());
        }));
    }

    [Fact]
    public void The_same_round_gives_the_same_weights_to_the_bit()
    {
        float[] Weights()
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            using Trainer trainer = Trainer(model, Settings with { Epochs = 2 });
            trainer.Train(1, Round(model, 20), new CountingWorld());
            return model.Values;
        }

        Assert.Equal(Weights(), Weights());
    }

    [Fact]
    public void Every_text_with_a_signal_stands_in_one_batch_of_each_epoch()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Epochs = 2, Batch = 4, ReplayShare = 0.25 });
        EpisodeRecord[] episodes = [.. Enumerable.Range(0, 10).Select(digit => Episode(model, digit, advantage: digit - 4))];
        TrainingReport report = trainer.Train(1, episodes, new CountingWorld());
        Assert.Equal(report.Steps, report.Batches.Count);
        Assert.All(report.Batches, batch => Assert.Equal(1, batch.Demonstrations));
        string[] signals = [.. episodes.Where(episode => episode.Advantage != 0).Select(episode => episode.Id)];
        for (int epoch = 0; epoch < 2; epoch++) Assert.Equal(signals, report.Batches.Where(batch => batch.Epoch == epoch).SelectMany(batch => batch.Episodes).Select(text => text.Episode).Order());
    }

    [Fact]
    public void Each_step_takes_its_share_of_base_material()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { Batch = 8, ReplayShare = 0.5 });
        // 20 texts at 4 of its own a step: 5 steps.
        Assert.Equal(5, trainer.Train(1, Round(model, 20), new CountingWorld()).Steps);
    }

    [Fact]
    public void A_policy_that_moved_far_is_clipped()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { ReplayShare = 0, LearningRate = 0.5, Epochs = 8 });
        TrainingReport report = trainer.Train(1, [Episode(model, 1, 1), Episode(model, 2, -1)], replay: null);
        Assert.InRange(report.ClipFraction, 0.2, 1);
        Assert.True(report.Divergence > 0.01);
    }

    [Fact]
    public void What_the_decoders_arithmetic_changed_is_corrected_up_to_a_bound_and_does_not_count_as_movement()
    {
        // The decoder gave the digit twice the probability that the trainer gives it, and the end of text a tenth of it.
        static EpisodeRecord Skewed(BigramModel model)
        {
            EpisodeRecord episode = Episode(model, 1, advantage: 1);
            return episode with { LogProbabilities = [0, episode.LogProbabilities[1] + MathF.Log(2), episode.LogProbabilities[2] - MathF.Log(10)] };
        }

        using BigramModel plain = new(CountingWorld.Vocabulary), corrected = new(CountingWorld.Vocabulary);
        using Trainer naive = Trainer(plain, Settings with { ReplayShare = 0 }), careful = Trainer(corrected, Settings with { ReplayShare = 0, DecodingCorrection = 3 });
        TrainingReport one = naive.Train(1, [Skewed(plain)], replay: null), other = careful.Train(1, [Skewed(corrected)], replay: null);
        Assert.Equal((0.5, 0), (one.ClipFraction, other.ClipFraction));
        Assert.True(one.Divergence > 0.1);
        Assert.Equal(0, other.Divergence, 6);
        // The loss of two tokens at ratio 1 is minus the mean of the weights min(1/2, 3) and min(10, 3).
        Assert.Equal(-(0.5 + 3) / 2, other.Loss, 5);
    }

    [Fact]
    public void A_pull_to_the_reference_keeps_the_policy_nearer()
    {
        double Moved(double weight)
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            double before = LogP(model, 10, 1);
            using Trainer trainer = Trainer(model, Settings with { ReplayShare = 0, KlWeight = weight, ClipHigh = 10 });
            for (int round = 1; round <= 20; round++) trainer.Train(round, [Episode(model, 1, 1)], replay: null);
            return LogP(model, 10, 1) - before;
        }

        double free = Moved(0), held = Moved(20);
        Assert.True(held > 0 && held < 0.7 * free, $"free {free}, held {held}");
    }

    [Theory]
    [InlineData(0.02, LearningMethod.PolicyGradient, 0.05)]
    [InlineData(0, LearningMethod.PolicyGradient, 0.005)]
    [InlineData(0, LearningMethod.RejectionSampling, 0.0005)]
    public void Entropy_below_its_floor_turns_the_bonus_up(double bonus, LearningMethod method, double gain)
    {
        double Entropy(double floor)
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            using Trainer trainer = Trainer(model, Settings with { Method = method, ReplayShare = 0, SolverEntropy = bonus, EntropyFloor = floor });
            TrainingReport report = null!;
            for (int round = 1; round <= 30; round++) report = trainer.Train(round, [Episode(model, 1, 0.1)], replay: null);
            return report.Entropy[Role.Solver];
        }

        Assert.InRange(Entropy(floor: 10) - Entropy(floor: 0), gain, 10);
    }

    [Fact]
    public void Imitation_measures_the_entropy_of_play_alone()
    {
        double Entropy(LearningMethod method, double replayShare)
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            using Trainer trainer = Trainer(model, Settings with { Method = method, ReplayShare = replayShare });
            return trainer.Train(1, [Episode(model, 1, advantage: 0.5) with { Reward = 1 }], new CountingWorld(), [[Episode(model, 2, advantage: 0)]]).Entropy.Single().Value;
        }

        // The first step is measured before it is taken, with the same weights on the same text.
        Assert.Equal(Entropy(LearningMethod.PolicyGradient, 0), Entropy(LearningMethod.RejectionSampling, 0.9), 5);
    }

    [Fact]
    public void Adapters_are_trained_by_their_own_agents_only()
    {
        using BigramModel ada = new(CountingWorld.Vocabulary), bob = new(CountingWorld.Vocabulary);
        using Trainer trainer = new(
            Plan(Settings with { Weights = TrainedWeights.Lora }, new Agent { Name = "ada", Role = Role.Solver, Adapter = "a" }, new Agent { Name = "bob", Role = Role.Solver, Adapter = "b" }),
            CountingWorld.Text,
            CPU,
            adapter => adapter == "a" ? ada.Weights : bob.Weights,
            () => { });
        float[] before = bob.Values;
        trainer.Train(1, [Episode(ada, 1, 1)], replay: null);
        Assert.Equal(before, bob.Values);
        Assert.NotEqual(before, ada.Values);
        Assert.Throws<SocietyException>(() => trainer.Train(2, [Episode(ada, 1, 1) with { Agent = "eve" }], replay: null));
    }

    [Fact]
    public void An_episode_with_missing_log_probabilities_is_refused()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings);
        SocietyException refusal = Assert.Throws<SocietyException>(() => trainer.Train(1, [Episode(model, 1, 1) with { LogProbabilities = [] }], replay: null));
        Assert.Contains("1/solve/0/1", refusal.Message);
    }

    [Fact]
    public void The_learning_rate_falls_to_a_tenth_over_the_last_rounds()
    {
        Assert.Equal(0.01, Schedule.StableDecay(60, 100, 0.4, 0.01), 9);
        Assert.Equal(0.01 * (1 - 0.9 * 0.5), Schedule.StableDecay(80, 100, 0.4, 0.01), 9);
        Assert.Equal(0.001, Schedule.StableDecay(100, 100, 0.4, 0.01), 9);
        Assert.Equal(0.01, Schedule.StableDecay(100, 100, 0, 0.01), 9);
    }

    [Theory]
    // Of two texts the model wrote two and four tokens.
    [InlineData(LossAggregation.Token, null, 1.0 / 6, 1.0 / 6)]
    [InlineData(LossAggregation.Episode, null, 1.0 / 4, 1.0 / 8)]
    [InlineData(LossAggregation.Constant, 10, 1.0 / 20, 1.0 / 20)]
    [InlineData(LossAggregation.Constant, null, 1.0 / 32, 1.0 / 32)] // the context is 16
    public void Token_losses_become_one_loss_as_the_aggregation_says(LossAggregation aggregation, int? maximumTokens, double shorter, double longer)
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        TrainingPlan plan = Plan(Settings with { ReplayShare = 0, Aggregation = aggregation }, new Agent { Name = "ada", Role = Role.Solver, Adapter = "base" }) with { MaximumTokens = maximumTokens };
        using Trainer trainer = new(plan, CountingWorld.Text, CPU, _ => model.Weights, () => { });
        EpisodeRecord one = Episode(model, 1, 0.5), two = Episode(model, 2, -0.5) with { Tokens = [10, 2, 3, 4, CountingWorld.EndOfText], LogProbabilities = [0, -2, -2, -2, -2], LossMask = [false, true, true, true, true] };
        TrainingBatchRecord batch = Assert.Single(trainer.Train(1, [one, two], replay: null).Batches);
        Dictionary<string, double?> weights = batch.Episodes.ToDictionary(text => text.Episode, text => text.Weight);
        Assert.Equal(shorter, weights["1/solve/0/1"]!.Value, 12);
        Assert.Equal(longer, weights["1/solve/0/2"]!.Value, 12);
    }

    [Fact]
    public void The_societys_own_solutions_are_replayed_where_they_are_given()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { ReplayShare = 0.5, RememberedShare = 1 });
        EpisodeRecord remembered = Episode(model, 3, advantage: 0);
        TrainingReport report = trainer.Train(1, [Episode(model, 1, advantage: 0.5)], replay: null, remembered: [[remembered]]);
        Assert.Equal(2, report.Tokens / remembered.Tokens.Length);
        TrainingBatchRecord batch = Assert.Single(report.Batches);
        Assert.Equal(("base", 0, 0, 0), (batch.Weights, batch.Epoch, batch.Step, batch.Demonstrations));
        Assert.Equal([("1/solve/0/1", (double?)0.5), ("1/solve/0/3", null)], batch.Episodes.Select(text => (text.Episode, text.Advantage)));
        Assert.All(batch.Episodes, text => Assert.True(text.Weight > 0));
        Assert.True(double.IsFinite(report.ImitationLoss));
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(0, 4)]
    public void Replayed_solutions_reach_positions_that_nobody_has_written_at_and_rollouts_keep_theirs(int slack, int jump)
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer rollouts = Trainer(model, Settings with { ReplayShare = 0, PositionSlack = slack, PositionJump = jump });
        rollouts.Train(1, Round(model, 12), replay: null);
        // The last token of three is written, not read.
        Assert.Equal(1, model.FurthestPosition);
        using Trainer replay = Trainer(model, Settings with { ReplayShare = 0.9, RememberedShare = 1, PositionSlack = slack, PositionJump = jump });
        for (int round = 1; round < 4; round++) replay.Train(round, Round(model, 12), replay: null, remembered: [[Episode(model, 3, advantage: 0)]]);
        Assert.InRange(model.FurthestPosition, 2, 5);
    }

    [Fact]
    public void No_tensor_outlives_a_round()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        using Trainer trainer = Trainer(model, Settings with { KlWeight = 0.1, SolverEntropy = 0.01 });
        IReadOnlyList<EpisodeRecord> round = Round(model, 12);
        trainer.Train(1, round, new CountingWorld());
        Assert.Equal(0, LiveTensors.LeftBy(() =>
        {
            for (int repeat = 2; repeat < 6; repeat++) trainer.Train(repeat, round, new CountingWorld());
        }));
    }

    internal static Trainer Trainer(BigramModel model, LearningSettings settings) =>
        new(Plan(settings, new Agent { Name = "ada", Role = Role.Solver, Adapter = "base" }), CountingWorld.Text, CPU, _ => model.Weights, () => { });

    internal static IReadOnlyList<EpisodeRecord> Round(BigramModel model, int count) =>
        [.. Enumerable.Range(0, count).Select(index => Episode(model, index % 10, index % 3 - 0.9))];

    private static TrainingPlan Plan(LearningSettings settings, params Agent[] population) => new()
    {
        Learning = settings,
        Pretrain = new PretrainSettings { MaximumDifficulty = 3 },
        Temperature = 1,
        Seed = 5,
        Population = population,
    };

    private static EpisodeRecord Of(string problem, EpisodeRecord episode) => episode with { Problem = problem };

    /// <summary>An attempt that writes one digit after a colon and ends.</summary>
    private static EpisodeRecord Episode(BigramModel model, int digit, double advantage) => new()
    {
        Id = $"1/solve/0/{digit}",
        Round = 1,
        Agent = "ada",
        Role = Role.Solver,
        Attempt = digit,
        Checkpoint = "base",
        Segments = [new(Source.Prompt, ":"), new(Source.Model, digit.ToString())],
        Tokens = [10, digit, CountingWorld.EndOfText],
        LogProbabilities = [0, (float)LogP(model, 10, digit), (float)LogP(model, digit, CountingWorld.EndOfText)],
        LossMask = [false, true, true],
        Outcome = advantage > 0 ? Outcome.Correct : Outcome.Wrong,
        Reason = "",
        Sound = advantage > 0,
        Reward = advantage > 0 ? 1 : 0,
        Advantage = advantage,
    };

    private static double LogP(BigramModel model, int from, int to)
    {
        using var scope = NewDisposeScope();
        return model.Table.detach()[from].log_softmax(-1)[to].item<float>();
    }
}
