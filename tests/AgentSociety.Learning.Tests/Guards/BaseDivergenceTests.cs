using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class BaseDivergenceTests
{
    private const double Temperature = 1.7;

    [Theory]
    [InlineData(TrainedWeights.Full)]
    [InlineData(TrainedWeights.Lora)]
    public void The_divergence_is_the_k3_estimate_on_what_was_written(TrainedWeights weights)
    {
        using LanguageModel policy = Model(1), origin = Model(weights == TrainedWeights.Full ? 2ul : 1ul);
        TrainingPlan plan = new()
        {
            Learning = new LearningSettings { Weights = weights },
            Pretrain = new PretrainSettings(),
            Temperature = Temperature,
            Seed = 1,
            Population = [new Agent { Name = "ada", Role = Role.Solver, Adapter = weights == TrainedWeights.Lora ? "solver" : "base" }],
        };
        Adapter? adapter = null;
        if (weights == TrainedWeights.Lora)
        {
            adapter = policy.AddAdapter("solver", new LoraSettings { Rank = 2 }, 1);
            using var frozen = no_grad();
            foreach ((_, Tensor weight) in adapter.Parameters) weight.add_(0.3);
        }

        EpisodeRecord[] episodes = [Episode([3, 10, 4, 5, CountingWorld.EndOfText], [false, false, true, true, true]), Episode([7, 10, 1], [false, false, true]), Episode([], [])];
        double sum = 0;
        int count = 0;
        foreach (EpisodeRecord episode in episodes.Where(episode => episode.Tokens.Length > 0))
        {
            float[] now = LogProbabilities(policy, episode.Tokens, adapter), then = LogProbabilities(origin, episode.Tokens, null);
            for (int token = 1; token < episode.Tokens.Length; token++)
            {
                if (!episode.LossMask[token]) continue;
                double ratio = Math.Exp((double)then[token] - now[token]);
                sum += ratio - 1 - Math.Log(ratio);
                count++;
            }
        }

        double measured = double.NaN;
        Assert.Equal(0, LiveTensors.LeftBy(() => measured = BaseDivergence.Of(policy, origin, episodes, plan)!.Value));
        Assert.Equal(sum / count, measured, 5);
        Assert.True(sum / count > 1e-4);
        Assert.Equal(0, BaseDivergence.Of(origin, origin, episodes, plan with { Learning = new LearningSettings() })!.Value, 9);
        Assert.Null(BaseDivergence.Of(policy, origin, [episodes[2]], plan));
    }

    private static LanguageModel Model(ulong seed) => LanguageModel.Create(
        new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 16 }, new CharacterTokenizer(CountingWorld.Alphabet), seed);

    private static float[] LogProbabilities(LanguageModel model, int[] tokens, Adapter? adapter)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Tensor distribution = (model.Decoder.Forward(tensor(tokens.Select(token => (long)token).ToArray()).unsqueeze(0), arange(tokens.Length).unsqueeze(0), adapter)[0] / Temperature).log_softmax(-1);
        return [0, .. Enumerable.Range(1, tokens.Length - 1).Select(token => distribution[token - 1, tokens[token]].item<float>())];
    }

    private static EpisodeRecord Episode(int[] tokens, bool[] mask) => new()
    {
        Id = "1",
        Round = 1,
        Agent = "ada",
        Role = Role.Solver,
        Attempt = 0,
        Checkpoint = "base",
        Segments = [],
        Tokens = tokens,
        LogProbabilities = new float[tokens.Length],
        LossMask = mask,
        Outcome = Outcome.Wrong,
        Reason = "",
        Sound = false,
        Reward = 0,
    };
}
