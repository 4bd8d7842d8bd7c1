using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Models;

namespace AgentSociety.Cli.Measuring;

/// <summary>Steps of the trainer that runs use, on texts of drawn tokens: forward, backward, clipping and update of all weights.</summary>
internal sealed class TrainingLoad : IDisposable
{
    private readonly Trainer _trainer;
    private readonly EpisodeRecord[] _episodes;
    private readonly int _length;
    private int _round;

    /// <summary>Steps on <paramref name="texts"/> texts with <paramref name="length"/> predictions each. The model is trained, so give it one that nobody needs.</summary>
    public TrainingLoad(LanguageModel model, int texts, int length)
    {
        _length = length;
        LearningSettings learning = new()
        {
            Weights = TrainedWeights.Full,
            Method = LearningMethod.RejectionSampling,
            // A rate at which random texts do no harm to the figures: weights stay finite.
            LearningRate = 1e-4,
            WeightDecay = 0.01,
            Batch = texts,
            ReplayShare = 0,
        };
        _trainer = new Trainer(model, new TrainingPlan
        {
            Learning = learning,
            Pretrain = new PretrainSettings(),
            Temperature = 1,
            Seed = 1,
            Population = [new Agent { Name = "measured", Role = Role.Solver, Adapter = TrainingPlan.Base }],
        });
        bool[] mask = [false, .. Enumerable.Repeat(true, length)];
        _episodes = [.. Enumerable.Range(0, texts).Select(text => new EpisodeRecord
        {
            Id = $"{text}",
            Round = 0,
            Agent = "measured",
            Role = Role.Solver,
            Attempt = 0,
            Checkpoint = "",
            Segments = [],
            Tokens = Tokens(model, text, length + 1),
            LogProbabilities = new float[length + 1],
            LossMask = mask,
            Outcome = Outcome.Correct,
            Reason = "",
            Sound = true,
            Reward = 1,
        })];
    }

    /// <summary>Takes one step.</summary>
    /// <returns>Tokens that were predicted.</returns>
    public long Step()
    {
        _trainer.Train(++_round, _episodes, replay: null);
        return (long)_episodes.Length * _length;
    }

    /// <inheritdoc />
    public void Dispose() => _trainer.Dispose();

    private static int[] Tokens(LanguageModel model, int text, int count)
    {
        KeyedRandom random = KeyedRandom.For(1, "measured text", text);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Tokenizer.VocabularySize))];
    }
}
