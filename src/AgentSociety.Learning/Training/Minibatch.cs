using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>A text in a gradient step, with what its tokens weigh in the step's loss.</summary>
/// <param name="Text">The text.</param>
/// <param name="TokenWeight">Weight of each learned token.</param>
/// <param name="EntropyWeight">Weight of each learned token's entropy, which is rewarded.</param>
/// <param name="Temperature">The logits are divided by it, as they were when the text was sampled.</param>
internal readonly record struct WeighedText(TrainingSequence Text, double TokenWeight, double EntropyWeight = 0, double Temperature = 1);

/// <summary>Texts side by side, padded on the right to the longest: B rows of T predictions, each of the next token.</summary>
/// <remarks>The last token of a text is predicted and never read, so T is one less than the longest text. Arrays are row-major [B, T].</remarks>
internal sealed class Minibatch
{
    /// <summary>Tokens below which a pass costs more than another thread saves.</summary>
    private const int SmallestGroup = 1024;

    private const int UsualGroups = 8;
    private readonly long[] _tokens;
    private readonly long[] _positions;
    private readonly long[] _targets;
    private readonly float[] _weights;
    private readonly float[] _entropyWeights;
    private readonly float[] _smoothing;
    private readonly float[] _temperatures;

    public Minibatch(IReadOnlyList<WeighedText> rows)
    {
        Rows = rows;
        Length = rows.Max(row => row.Text.Tokens.Length) - 1;
        int size = rows.Count * Length;
        (_tokens, _positions, _targets) = (new long[size], new long[size], new long[size]);
        (_weights, _entropyWeights, _smoothing) = (new float[size], new float[size], new float[size]);
        (Advantages, Recorded, Reference) = (new float[size], new float[size], new float[size]);
        _temperatures = new float[rows.Count];
        for (int row = 0; row < rows.Count; row++) Fill(row, rows[row]);
    }

    public IReadOnlyList<WeighedText> Rows { get; }

    public int Length { get; }

    public float[] Advantages { get; }

    public float[] Recorded { get; }

    public float[] Reference { get; }

    /// <summary>True where some text was sampled and is learned by its advantage.</summary>
    public bool HasPolicy { get; private set; }

    /// <summary>True where some text is learned by imitation.</summary>
    public bool HasImitation { get; private set; }

    public bool HasEntropy { get; private set; }

    public bool HasTemperature { get; private set; }

    public Tensor Tokens(Device device) => Shaped(_tokens, device);

    public Tensor Positions(Device device) => Shaped(_positions, device);

    public Tensor Targets(Device device) => Shaped(_targets, device);

    public Tensor Weights(Device device) => Shaped(_weights, device);

    public Tensor EntropyWeights(Device device) => Shaped(_entropyWeights, device);

    public Tensor Smoothing(Device device) => Shaped(_smoothing, device);

    /// <summary>One temperature a row, [B, 1, 1].</summary>
    public Tensor Temperatures(Device device) => tensor(_temperatures, [Rows.Count, 1, 1], device: device);

    /// <summary>1 in rows that were sampled, 0 in rows of imitation, [B, 1].</summary>
    public Tensor PolicyRows(Device device) =>
        tensor(Rows.Select(row => row.Text.Recorded is null ? 0f : 1f).ToArray(), [Rows.Count, 1], device: device);

    public Tensor Shaped(float[] values, Device device) => tensor(values, [Rows.Count, Length], device: device);

    private Tensor Shaped(long[] values, Device device) => tensor(values, [Rows.Count, Length], device: device);

    /// <summary>Texts of one step in groups of similar length, so that little is padding, no group exceeds the token limit, and several threads have work of about the same size.</summary>
    /// <remarks>The groups follow from the texts alone: the gradient of a step, summed group by group, is the same on any number of cores.</remarks>
    public static IEnumerable<Minibatch> Split(IReadOnlyList<WeighedText> texts, int tokenLimit)
    {
        int size = Math.Min(tokenLimit, Math.Max(SmallestGroup, texts.Sum(text => text.Text.Tokens.Length) / UsualGroups));
        List<WeighedText> group = [];
        int longest = 0;
        foreach (WeighedText text in texts.OrderByDescending(text => text.Text.Tokens.Length))
        {
            if (group.Count > 0 && (group.Count + 1) * longest > size)
            {
                yield return new Minibatch(group);
                group = [];
            }

            if (group.Count == 0) longest = text.Text.Tokens.Length;
            group.Add(text);
        }

        if (group.Count > 0) yield return new Minibatch(group);
    }

    private void Fill(int row, WeighedText weighed)
    {
        TrainingSequence text = weighed.Text;
        bool policy = text.Recorded is not null;
        HasPolicy |= policy;
        HasImitation |= !policy;
        HasEntropy |= weighed.EntropyWeight != 0;
        HasTemperature |= weighed.Temperature != 1;
        _temperatures[row] = (float)weighed.Temperature;
        int first = row * Length;
        for (int column = 0; column < Length; column++)
        {
            int cell = first + column;
            if (column + 1 >= text.Tokens.Length)
            {
                // Padding goes on counting, so that a decoder that looks positions up stays within its table.
                _positions[cell] = column;
                continue;
            }

            int next = column + 1;
            _tokens[cell] = text.Tokens[column];
            _positions[cell] = text.Positions?[column] ?? column;
            _targets[cell] = text.Tokens[next];
            if (!text.Mask[next]) continue;
            _weights[cell] = (float)weighed.TokenWeight * (text.TokenWeights?[next] ?? 1);
            _entropyWeights[cell] = (float)weighed.EntropyWeight;
            _smoothing[cell] = (float)text.Smoothing;
            Advantages[cell] = (float)text.Advantage + (text.TokenAdvantages?[next] ?? 0);
            Recorded[cell] = text.Recorded?[next] ?? 0;
            Reference[cell] = text.Reference?[next] ?? 0;
        }
    }
}
