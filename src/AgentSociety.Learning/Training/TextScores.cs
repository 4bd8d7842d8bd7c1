using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>What weights think of texts as they stand; nothing is trained.</summary>
internal static class TextScores
{
    /// <summary>Log-probabilities of the texts' learned tokens, one value a token, 0 elsewhere.</summary>
    /// <param name="forward">The model.</param>
    /// <param name="device">Where it lives.</param>
    /// <param name="settings">How many tokens pass at once.</param>
    /// <param name="texts">The texts with their temperatures.</param>
    public static float[][] LogProbabilities(Forward forward, Device device, LearningSettings settings, IReadOnlyList<WeighedText> texts)
    {
        Dictionary<TrainingSequence, float[]> found = new(ReferenceEqualityComparer.Instance);
        foreach (WeighedText text in texts) found[text.Text] = new float[text.Text.Tokens.Length];
        Minibatch[] batches = [.. Minibatch.Split(texts, settings.MicroBatchTokens)];
        GradientSum.Each(device, batches.Length, share =>
        {
            Minibatch batch = batches[share];
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            using Tensor picked = TokenLoss.Of(forward(batch.Tokens(device), batch.Positions(device)), batch, settings).LogProbabilities;
            float[] values = picked.cpu().contiguous().data<float>().ToArray();
            for (int index = 0; index < batch.Texts.Count; index++)
            {
                TrainingSequence text = batch.Texts[index].Text;
                float[] own = found[text];
                for (int token = 1; token < own.Length; token++)
                {
                    if (text.Mask[token]) own[token] = values[batch.Cell(index, token)];
                }
            }
        });

        return [.. texts.Select(text => found[text.Text])];
    }
}
