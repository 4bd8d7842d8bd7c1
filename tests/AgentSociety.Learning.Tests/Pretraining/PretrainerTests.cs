using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class PretrainerTests
{
    private static readonly PretrainSettings Settings = new() { Steps = 60, Batch = 16, LearningRate = 0.2, WarmupSteps = 5, MaximumDifficulty = 3, ProposalSmoothing = 0 };

    [Fact]
    public void A_model_learns_what_is_demonstrated()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        List<PretrainProgress> seen = [];
        PretrainProgress last = Pretrainer(model, Settings).Train(new CountingWorld(), seen.Add);
        Assert.Equal(Enumerable.Range(1, 60), seen.Select(progress => progress.Step));
        Assert.Equal(TimeSpan.Zero, last.Remaining);
        Assert.InRange(last.Loss, 0, 0.6 * seen[0].Loss);
        for (int digit = 0; digit < 10; digit++)
        {
            // A digit is followed by the next one, a colon or the end, and by no other digit.
            float[] row = model.Table.detach()[digit].softmax(-1).data<float>().ToArray();
            int other = Enumerable.Range(0, 10).Where(next => next != (digit + 1) % 10).MaxBy(next => row[next]);
            Assert.True(row[(digit + 1) % 10] > 5 * row[other], $"{digit}: {row[(digit + 1) % 10]} against {row[other]} for {other}");
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_to_the_bit_and_another_seed_others()
    {
        float[] Weights(ulong seed)
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            Pretrainer(model, Settings with { Steps = 10, PositionSlack = 4 }, seed).Train(new CountingWorld());
            return model.Values;
        }

        Assert.Equal(Weights(1), Weights(1));
        Assert.NotEqual(Weights(1), Weights(2));
    }

    [Fact]
    public void Prompts_and_tools_are_not_learned_and_the_end_of_text_is()
    {
        Demonstrations demonstrations = new(new CountingWorld(), CountingWorld.Text, Settings with { ProposalShare = 0 }, gaps: default);
        TrainingSequence text = demonstrations.Draw(KeyedRandom.For(1, "test"));
        Assert.Equal(CountingWorld.EndOfText, text.Tokens[^1]);
        Assert.Equal([false, false, .. Enumerable.Repeat(true, text.Tokens.Length - 2)], text.Mask);
        Assert.Null(text.Positions);
    }

    [Fact]
    public void Gaps_leave_positions_rising_within_the_slack()
    {
        Demonstrations demonstrations = new(new CountingWorld(), CountingWorld.Text, Settings, gaps: new PositionGaps(Slack: 7, Jump: 0));
        HashSet<int> lasts = [];
        for (int index = 0; index < 200; index++)
        {
            TrainingSequence text = demonstrations.Draw(KeyedRandom.For(1, "test", index));
            Assert.Equal(text.Positions!.Distinct().Order(), text.Positions);
            Assert.InRange(text.Positions![^1], text.Tokens.Length - 1, text.Tokens.Length + 6);
            lasts.Add(text.Positions[^1] - text.Tokens.Length);
        }

        Assert.Equal(8, lasts.Count);
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(0, 6)]
    public void Gaps_of_either_kind_reach_positions_beyond_the_longest_text(int slack, int jump)
    {
        long Furthest(PretrainSettings settings)
        {
            using BigramModel model = new(CountingWorld.Vocabulary);
            Pretrainer(model, settings with { Steps = 10 }).Train(new CountingWorld());
            return model.FurthestPosition;
        }

        long plain = Furthest(Settings);
        Assert.InRange(Furthest(Settings with { PositionSlack = slack, PositionJump = jump }), plain + 1, plain + slack + jump);
    }

    [Fact]
    public void A_demonstration_that_does_not_fit_says_what_to_change()
    {
        using BigramModel model = new(CountingWorld.Vocabulary);
        SocietyException refusal = Assert.Throws<SocietyException>(() => Pretrainer(model, Settings with { MaximumDifficulty = 40 }).Train(new CountingWorld()));
        Assert.Contains("model.architecture.context is 16", refusal.Message);
    }

    [Fact]
    public void The_learning_rate_warms_up_and_falls_to_a_tenth()
    {
        Assert.Equal([0.5, 1.0, 1.0], Enumerable.Range(0, 3).Select(step => Schedule.WarmupCosine(step, 12, 2, 1)));
        Assert.Equal(0.55, Schedule.WarmupCosine(7, 12, 2, 1), 12);
        Assert.Equal(0.1, Schedule.WarmupCosine(12, 12, 2, 1), 12);
    }

    private static Pretrainer Pretrainer(BigramModel model, PretrainSettings settings, ulong seed = 1) => new(model.Weights, CountingWorld.Text, CPU, settings, seed);
}
