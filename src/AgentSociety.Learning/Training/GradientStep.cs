using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Logits [B, T, V] of tokens [B, T] at positions [B, T]; both int64. Where positions of a row do not rise another text begins.</summary>
internal delegate Tensor Forward(Tensor tokens, Tensor positions);

/// <summary>One update of some weights from some texts: passes in groups of similar length side by side, clips the gradient, steps.</summary>
/// <remarks>
/// The weights change only by a finite gradient of a finite loss: at the first that is not finite it throws, and the weights are those
/// of the last good step. One dispose scope a group; no tensor outlives the step but the weights' own.
/// </remarks>
internal sealed class GradientStep(WeightSet weights, AdamW optimizer, Device device, LearningSettings settings, bool packed = false)
{
    /// <summary>Takes the step.</summary>
    /// <param name="texts">The texts, weighed so that their losses sum to the step's loss.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="weightDecay">AdamW's weight decay.</param>
    /// <param name="greatestNorm">The gradient's norm is scaled down to this; 0 for no bound.</param>
    /// <param name="where">What to name in the error, such as <c>round 3, step 2</c>.</param>
    /// <exception cref="SocietyException">The loss or the gradient is not finite.</exception>
    public StepReading Take(IReadOnlyList<WeighedText> texts, double learningRate, double weightDecay, double greatestNorm, string where)
    {
        StepReading reading = Accumulate(texts);
        reading.GradientNorm = Apply(optimizer, reading.Loss, learningRate, weightDecay, greatestNorm, where);
        return reading;
    }

    /// <summary>Adds the gradient of the texts' loss to those at hand, and takes no step.</summary>
    public StepReading Accumulate(IReadOnlyList<WeighedText> texts)
    {
        int least = Minibatch.SmallestGroup(weights.Size);
        Minibatch[] batches = [.. packed ? Minibatch.Pack(texts, settings.MicroBatchTokens, least) : Minibatch.Split(texts, settings.MicroBatchTokens, least)];
        (float Loss, float[] LogProbabilities, float[] Entropy)[] seen = new (float, float[], float[])[batches.Length];
        GradientSum.Add(weights.Parameters, device, batches.Length, share =>
        {
            Minibatch batch = batches[share];
            TokenLoss.Reading tokens = TokenLoss.Of(weights.Forward(batch.Tokens(device), batch.Positions(device)), batch, settings);
            seen[share] = (tokens.Loss.item<float>(), Values(tokens.LogProbabilities), Values(tokens.Entropy));
            return tokens.Loss;
        });
        StepReading reading = new();
        for (int share = 0; share < batches.Length; share++)
        {
            reading.Loss += seen[share].Loss;
            reading.Note(batches[share], seen[share].LogProbabilities, seen[share].Entropy, settings);
        }

        return reading;
    }

    /// <summary>Updates the weights from gradients at hand, or drops these and throws where loss or gradient is not finite.</summary>
    /// <returns>The norm of the gradient before it was scaled.</returns>
    public static double Apply(AdamW optimizer, double loss, double learningRate, double weightDecay, double greatestNorm, string where)
    {
        double norm = double.IsFinite(loss) ? optimizer.GradientNorm() : double.NaN;
        if (!double.IsFinite(norm))
        {
            optimizer.ClearGradients();
            string what = double.IsFinite(loss) ? $"gradient norm is {norm}" : $"loss is {loss}";
            throw new SocietyException(
                $"training stopped at {where}: the {what}; the weights are those of the step before; lower the learning rate ({learningRate:g3}) or the gradient norm ({greatestNorm:g3})",
                badInput: false)
            { Repeats = true };
        }

        optimizer.Step(learningRate, weightDecay, greatestNorm > 0 && norm > greatestNorm ? greatestNorm / norm : 1);
        return norm;
    }

    private static float[] Values(Tensor values) => values.detach().cpu().contiguous().data<float>().ToArray();
}

/// <summary>What one or more gradient steps saw.</summary>
internal sealed class StepReading
{
    public double Loss { get; set; }

    public double GradientNorm { get; set; }

    /// <summary>Tokens that went through the model, padding not counted.</summary>
    public long Tokens { get; set; }

    /// <summary>Pairs of answers, and how many of them the weights order as they should, relative to the reference; each is in every step that took it.</summary>
    public double Pairs { get; set; }

    public double PairsInOrder { get; set; }

    public long PolicyTokens { get; private set; }

    public long Clipped { get; private set; }

    /// <summary>Sum over policy tokens of r - 1 - log r with r = p / p_recorded: the k3 estimate of KL(recorded || now), as the tokens were sampled from the recorded policy.</summary>
    public double Divergence { get; private set; }

    public long ImitationTokens { get; private set; }

    /// <summary>Sum of -log p over imitated tokens, without smoothing.</summary>
    public double ImitationLoss { get; private set; }

    public Dictionary<Role, (double Sum, long Count)> Entropy { get; } = [];

    public void Note(Minibatch batch, float[] logProbabilities, float[] entropy, LearningSettings settings)
    {
        for (int index = 0; index < batch.Texts.Count; index++)
        {
            WeighedText weighed = batch.Texts[index];
            TrainingSequence text = weighed.Text;
            Tokens += text.Tokens.Length;
            (double entropySum, long entropyCount) = Entropy.GetValueOrDefault(text.Role);
            for (int token = 1; token < text.Tokens.Length; token++)
            {
                if (!text.Mask[token]) continue;
                int cell = batch.Cell(index, token);
                entropySum += entropy[cell];
                entropyCount++;
                if (text.Recorded is null)
                {
                    ImitationTokens++;
                    ImitationLoss -= logProbabilities[cell];
                    continue;
                }

                double logRatio = logProbabilities[cell] - batch.Recorded[cell], ratio = Math.Exp(logRatio);
                float advantage = batch.Advantages[cell];
                PolicyTokens++;
                Divergence += ratio - 1 - logRatio;
                if (advantage > 0 && ratio > 1 + settings.ClipHigh || advantage < 0 && ratio < 1 - settings.ClipLow) Clipped++;
            }

            if (weighed.Measured) Entropy[text.Role] = (entropySum, entropyCount);
        }
    }

    public void Add(StepReading other)
    {
        Loss += other.Loss;
        GradientNorm += other.GradientNorm;
        Tokens += other.Tokens;
        Pairs += other.Pairs;
        PairsInOrder += other.PairsInOrder;
        PolicyTokens += other.PolicyTokens;
        Clipped += other.Clipped;
        Divergence += other.Divergence;
        ImitationTokens += other.ImitationTokens;
        ImitationLoss += other.ImitationLoss;
        foreach ((Role role, (double sum, long count)) in other.Entropy)
        {
            (double mySum, long myCount) = Entropy.GetValueOrDefault(role);
            Entropy[role] = (mySum + sum, myCount + count);
        }
    }
}
