using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>A text in a gradient step, with what its tokens weigh in the step's loss.</summary>
/// <param name="Text">The text.</param>
/// <param name="TokenWeight">Weight of each learned token.</param>
/// <param name="EntropyWeight">Weight of each learned token's entropy, which is rewarded.</param>
/// <param name="Temperature">The logits are divided by it, as they were when the text was sampled.</param>
/// <param name="Played">True for a text of the round's own play that is imitated; those that are learned by their advantage always are.</param>
internal readonly record struct WeighedText(TrainingSequence Text, double TokenWeight, double EntropyWeight = 0, double Temperature = 1, bool Played = false)
{
    /// <summary>True where the entropy of its tokens tells how play stands, as that of base material does not.</summary>
    public bool Measured => Played || Text.Recorded is not null;
}

/// <summary>Texts side by side, or several in a row, padded on the right to the longest: B rows of T predictions, each of the next token.</summary>
/// <remarks>
/// The last token of a text is predicted and never read, so that a text takes one cell less than it has tokens. Arrays are row-major [B, T]. In a
/// packed row positions begin again with each text, by which the decoder knows where one ends (Krell et al. 2021, "Efficient sequence packing
/// without cross-contamination"): the loss and its gradient are those of the texts side by side. Each begins at position 0 there, also where its own begin
/// later, or a short one before it would not be told apart; attention sees differences of positions alone.
/// </remarks>
internal sealed class Minibatch
{
    private const int SmallestGroupOfSmall = 1024, SmallestGroupOfLarge = 256;
    private const long Large = 20_000_000;

    private const int UsualGroups = 8;

    /// <summary>Cells of a packed row, unless a text is longer: attention costs by their square, and what is left empty by their number.</summary>
    private const int PackedLength = 192;

    private readonly int _rows;
    private readonly int[] _first;
    private readonly long[] _tokens;
    private readonly long[] _positions;
    private readonly long[] _targets;
    private readonly float[] _weights;
    private readonly float[] _entropyWeights;
    private readonly float[] _smoothing;
    private readonly float[] _temperatures;
    private readonly float[] _sampled;

    /// <summary>Texts side by side, a row each.</summary>
    public Minibatch(IReadOnlyList<WeighedText> texts)
        : this([.. texts.Select(text => (IReadOnlyList<WeighedText>)[text])])
    {
    }

    private Minibatch(IReadOnlyList<IReadOnlyList<WeighedText>> rows)
    {
        Texts = [.. rows.SelectMany(row => row)];
        _rows = rows.Count;
        _first = new int[Texts.Count];
        Length = rows.Max(row => row.Sum(text => Cells(text)));
        int size = rows.Count * Length;
        (_tokens, _positions, _targets) = (new long[size], new long[size], new long[size]);
        (_weights, _entropyWeights, _smoothing) = (new float[size], new float[size], new float[size]);
        (Advantages, Recorded, Reference) = (new float[size], new float[size], new float[size]);
        _temperatures = new float[size];
        _sampled = new float[size];
        Array.Fill(_temperatures, 1);
        bool packed = rows.Any(row => row.Count > 1);
        int next = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            int cell = row * Length, end = cell + Length;
            foreach (WeighedText text in rows[row])
            {
                _first[next] = cell;
                Fill(_first[next++], text, packed ? text.Text.Positions?[0] ?? 0 : 0);
                cell += Cells(text);
            }

            // Padding goes on counting, so that each row is one text; where it is not, every cell of padding is a text by itself.
            for (; cell < end; cell++) _positions[cell] = packed ? 0 : cell - row * Length;
        }
    }

    /// <summary>The texts, row by row.</summary>
    public IReadOnlyList<WeighedText> Texts { get; }

    public int Length { get; }

    public float[] Advantages { get; }

    public float[] Recorded { get; }

    public float[] Reference { get; }

    /// <summary>True where some text was sampled and is learned by its advantage.</summary>
    public bool HasPolicy { get; private set; }

    /// <summary>True where some text is learned by imitation.</summary>
    public bool HasImitation { get; private set; }

    /// <summary>True where the entropy of some text is rewarded.</summary>
    public bool HasEntropy { get; private set; }

    /// <summary>True where that of some text is measured.</summary>
    public bool HasMeasured { get; private set; }

    public bool HasTemperature { get; private set; }

    public Tensor Tokens(Device device) => Shaped(_tokens, device);

    public Tensor Positions(Device device) => Shaped(_positions, device);

    public Tensor Targets(Device device) => Shaped(_targets, device);

    public Tensor Weights(Device device) => Shaped(_weights, device);

    public Tensor EntropyWeights(Device device) => Shaped(_entropyWeights, device);

    public Tensor Smoothing(Device device) => Shaped(_smoothing, device);

    /// <summary>The temperature of each prediction, [B, T, 1].</summary>
    public Tensor Temperatures(Device device) => tensor(_temperatures, [_rows, Length, 1], device: device);

    /// <summary>1 in texts that were sampled, 0 in texts of imitation, [B, T].</summary>
    public Tensor Sampled(Device device) => Shaped(_sampled, device);

    /// <summary>The place, in arrays and flattened tensors [B T], of the prediction of a text's token.</summary>
    /// <param name="text">Index into <see cref="Texts"/>.</param>
    /// <param name="token">Index of the token, at least 1.</param>
    public int Cell(int text, int token) => _first[text] + token - 1;

    public Tensor Shaped(float[] values, Device device) => tensor(values, [_rows, Length], device: device);

    private Tensor Shaped(long[] values, Device device) => tensor(values, [_rows, Length], device: device);

    /// <summary>Tokens below which a pass costs more than another thread saves: with small weights each operation costs more than its sums, with large ones a group's gradient is to be added up.</summary>
    /// <param name="weights">Weights that a pass goes through.</param>
    public static int SmallestGroup(long weights) => weights < Large ? SmallestGroupOfSmall : SmallestGroupOfLarge;

    /// <summary>Texts of one step in groups of similar length, so that little is padding, no group exceeds the token limit, and several threads have work of about the same size.</summary>
    /// <remarks>The groups follow from the texts alone: the gradient of a step, summed group by group, is the same on any number of cores.</remarks>
    public static IEnumerable<Minibatch> Split(IReadOnlyList<WeighedText> texts, int tokenLimit, int least = SmallestGroupOfSmall)
    {
        int size = Math.Min(tokenLimit, Math.Max(least, texts.Sum(text => text.Text.Tokens.Length) / UsualGroups));
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

    /// <summary>The texts of one step packed: several in a row, first fit in falling length.</summary>
    /// <remarks>Rows and groups follow from the texts alone, as those of <see cref="Split"/> do.</remarks>
    public static IEnumerable<Minibatch> Pack(IReadOnlyList<WeighedText> texts, int tokenLimit, int least = SmallestGroupOfSmall)
    {
        int capacity = Math.Max(PackedLength, texts.Max(Cells));
        List<List<WeighedText>> rows = [];
        List<int> left = [];
        foreach (WeighedText text in texts.OrderByDescending(Cells))
        {
            int row = left.FindIndex(room => room >= Cells(text));
            if (row < 0)
            {
                row = rows.Count;
                rows.Add([]);
                left.Add(capacity);
            }

            rows[row].Add(text);
            left[row] -= Cells(text);
        }

        int size = Math.Min(tokenLimit, Math.Max(least, texts.Sum(Cells) / UsualGroups));
        foreach (List<WeighedText>[] group in rows.Chunk(Math.Max(1, size / capacity))) yield return new Minibatch(group);
    }

    /// <summary>Predictions of a text.</summary>
    private static int Cells(WeighedText text) => text.Text.Tokens.Length - 1;

    private void Fill(int first, WeighedText weighed, int origin)
    {
        TrainingSequence text = weighed.Text;
        bool policy = text.Recorded is not null;
        HasPolicy |= policy;
        HasImitation |= !policy;
        HasMeasured |= weighed.Measured;
        HasEntropy |= weighed.EntropyWeight != 0;
        HasTemperature |= weighed.Temperature != 1;
        for (int column = 0; column < Cells(weighed); column++)
        {
            int cell = first + column, next = column + 1;
            _temperatures[cell] = (float)weighed.Temperature;
            _sampled[cell] = policy ? 1 : 0;
            _tokens[cell] = text.Tokens[column];
            _positions[cell] = (text.Positions?[column] ?? column) - origin;
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
