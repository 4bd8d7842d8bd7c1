namespace AgentSociety.Models.Cpu;

/// <summary>B(Ax), added to the outputs of one fused product: the low-rank updates of the modules that share an input, in the order in which they are read.</summary>
/// <remarks>
/// <para>
/// In a batch of many adapters each is used for a row or two, so that its weights come from far every time and the time is that of reading them. They stand in one
/// piece without padding, to be read from end to end, and are asked for while the base's product is computed (see <see cref="Lookahead"/>).
/// </para>
/// <para>
/// A stands in panels of eight, four or one of its rows: vectors of 16 inputs, the rows of a panel side by side, so that a panel has as many sums under way as rows.
/// B stands in vectors of 16 outputs, the ranks side by side. In bfloat16 two neighbouring vectors lie by turns (see <see cref="PackedWeight"/>).
/// A row's sums never depend on other rows or on the format: its bits are the same in any batch.
/// </para>
/// </remarks>
internal sealed unsafe class LowRankUpdate
{
    private const int Lane = 16;
    private readonly nint _weights;
    private readonly bool _halved;
    private readonly float _scale;
    private readonly int _inputs;
    private readonly int _vectors;
    private readonly Part[] _parts;

    /// <summary>An update whose weights are packed into a block.</summary>
    /// <param name="block">The block, with room for <see cref="Length"/> weights.</param>
    /// <param name="first">The weight of the block that it begins with.</param>
    /// <param name="inputs">Inputs of the fused product.</param>
    /// <param name="scale">What B is multiplied by.</param>
    /// <param name="parts">Rank, outputs and first output of each module, in the order of their outputs.</param>
    public LowRankUpdate(WeightBlock block, long first, int inputs, float scale, IReadOnlyList<(int Rank, int Outputs, int First)> parts)
    {
        _weights = block.At(first);
        _halved = block.Halved;
        _scale = scale;
        _inputs = inputs;
        _vectors = Vectors(inputs);
        _parts = new Part[parts.Count];
        // Room counts the same: A's rows, then each module's B.
        long up = (long)parts.Sum(part => part.Rank) * _vectors * Lane;
        int row = 0;
        for (int index = 0; index < parts.Count; index++)
        {
            (int rank, int outputs, int firstOutput) = parts[index];
            _parts[index] = new Part(up, rank, row, Vectors(outputs), firstOutput);
            up += (long)rank * Vectors(outputs) * Lane;
            row += rank;
        }

        Ranks = row;
        Length = Room(inputs, parts);
    }

    /// <summary>Rows of A, those of all modules together.</summary>
    public int Ranks { get; }

    /// <summary>How many weights there are.</summary>
    public long Length { get; }

    /// <summary>Where the weights stand.</summary>
    public byte* Start => (byte*)_weights;

    /// <summary>Bytes that the weights take.</summary>
    public long Bytes => Length * (_halved ? sizeof(BFloat16) : sizeof(float));

    /// <summary>How many weights such an update has.</summary>
    public static long Room(int inputs, IEnumerable<(int Rank, int Outputs, int First)> parts) => parts.Sum(part => (long)part.Rank * (Vectors(inputs) + Vectors(part.Outputs)) * Lane);

    /// <summary>Takes in a part of A, in the format in which it is kept.</summary>
    /// <param name="source">[count, inputs], row-major.</param>
    /// <param name="firstRow">The row that <paramref name="source"/> begins with, counted over all modules.</param>
    public void PackDown<TWeight>(ReadOnlySpan<TWeight> source, int firstRow)
        where TWeight : unmanaged
    {
        for (int row = 0; row < source.Length / _inputs; row++)
        {
            (int start, int width) = Panel(firstRow + row);
            TWeight* panel = Weights<TWeight>() + (long)start * _vectors * Lane;
            for (int input = 0; input < _inputs; input++)
                panel[(long)(input / Lane) * width * Lane + PackedWeight.Place<TWeight>((firstRow + row - start) * Lane + input % Lane, width)] = source[row * _inputs + input];
        }
    }

    /// <summary>Takes in a part of B, in the format in which it is kept.</summary>
    /// <param name="part">Which module's.</param>
    /// <param name="source">[count, rank], row-major.</param>
    /// <param name="firstOutput">The output that <paramref name="source"/> begins with, counted in the module.</param>
    public void PackUp<TWeight>(int part, ReadOnlySpan<TWeight> source, int firstOutput)
        where TWeight : unmanaged
    {
        int rank = _parts[part].Rank;
        for (int row = 0; row < source.Length / rank; row++)
        {
            TWeight* target = Weights<TWeight>() + _parts[part].Start + (long)((firstOutput + row) / Lane) * rank * Lane;
            for (int index = 0; index < rank; index++)
            {
                TWeight weight = source[row * rank + index];
                // What is kept in bfloat16 is multiplied as it is read: the product has more bits.
                if (typeof(TWeight) == typeof(float)) *(float*)&weight *= _scale;
                target[PackedWeight.Place<TWeight>(index * Lane + (firstOutput + row) % Lane, rank)] = weight;
            }
        }
    }

    /// <summary>Adds the update of one row to its outputs.</summary>
    /// <param name="x">The inputs, and behind them room to read up to a whole vector.</param>
    /// <param name="y">The outputs, and behind them room for up to a whole vector.</param>
    /// <param name="middle">Room for <see cref="Ranks"/> values.</param>
    public void Apply(float* x, float* y, float* middle)
    {
        if (_halved) Apply<BFloat16>(x, y, middle);
        else Apply<float>(x, y, middle);
    }

    /// <summary>Adds the update of two rows to their outputs: each weight is read once for both.</summary>
    /// <param name="x">The first row's inputs.</param>
    /// <param name="inputStride">Values from the first row's inputs to the second's.</param>
    /// <param name="y">The first row's outputs.</param>
    /// <param name="outputStride">Values from the first row's outputs to the second's.</param>
    /// <param name="middle">Room for twice <see cref="Ranks"/> values.</param>
    public void ApplyTwo(float* x, int inputStride, float* y, int outputStride, float* middle)
    {
        if (_halved) ApplyTwo<BFloat16>(x, inputStride, y, outputStride, middle);
        else ApplyTwo<float>(x, inputStride, y, outputStride, middle);
    }

    private void Apply<TWeight>(float* x, float* y, float* middle)
        where TWeight : unmanaged
    {
        for (int row = 0; row < Ranks;)
        {
            (int _, int width) = Panel(row);
            TWeight* panel = Weights<TWeight>() + (long)row * _vectors * Lane;
            switch (width)
            {
                case 8: LowRankTile<TWeight>.DownEight(panel, x, _inputs, middle + row); break;
                case 4: LowRankTile<TWeight>.DownFour(panel, x, _inputs, middle + row); break;
                default: LowRankTile<TWeight>.DownOne(panel, x, _inputs, middle + row); break;
            }

            row += width;
        }

        foreach (Part part in _parts)
        {
            TWeight* weights = Weights<TWeight>() + part.Start;
            float* target = y + part.First;
            if (part.Rank == 8) LowRankTile<TWeight>.UpEight(weights, _scale, middle + part.Row, target, part.Vectors);
            else LowRankTile<TWeight>.Up(weights, _scale, middle + part.Row, part.Rank, target, part.Vectors);
        }
    }

    private void ApplyTwo<TWeight>(float* x, int inputStride, float* y, int outputStride, float* middle)
        where TWeight : unmanaged
    {
        for (int row = 0; row < Ranks;)
        {
            (int _, int width) = Panel(row);
            TWeight* panel = Weights<TWeight>() + (long)row * _vectors * Lane;
            switch (width)
            {
                case 8:
                    LowRankTile<TWeight>.DownEightOfTwo(panel, x, x + inputStride, _inputs, middle + row, middle + Ranks + row);
                    break;
                case 4:
                    LowRankTile<TWeight>.DownFour(panel, x, _inputs, middle + row);
                    LowRankTile<TWeight>.DownFour(panel, x + inputStride, _inputs, middle + Ranks + row);
                    break;
                default:
                    LowRankTile<TWeight>.DownOne(panel, x, _inputs, middle + row);
                    LowRankTile<TWeight>.DownOne(panel, x + inputStride, _inputs, middle + Ranks + row);
                    break;
            }

            row += width;
        }

        foreach (Part part in _parts)
        {
            TWeight* weights = Weights<TWeight>() + part.Start;
            float* target = y + part.First, first = middle + part.Row, second = first + Ranks;
            if (part.Rank == 8) LowRankTile<TWeight>.UpEightOfTwo(weights, _scale, first, second, target, target + outputStride, part.Vectors);
            else
            {
                LowRankTile<TWeight>.Up(weights, _scale, first, part.Rank, target, part.Vectors);
                LowRankTile<TWeight>.Up(weights, _scale, second, part.Rank, target + outputStride, part.Vectors);
            }
        }
    }

    private TWeight* Weights<TWeight>()
        where TWeight : unmanaged
        => (TWeight*)_weights;

    private static int Vectors(int values) => (values + Lane - 1) / Lane;

    /// <summary>First row and width of the panel that a row of A stands in: eights first, then a four, then ones.</summary>
    private (int Start, int Width) Panel(int row)
    {
        int eights = Ranks / 8 * 8;
        if (row < eights) return (row / 8 * 8, 8);
        return Ranks - eights >= 4 && row < eights + 4 ? (eights, 4) : (row, 1);
    }

    /// <summary>A module's half of the update.</summary>
    /// <param name="Start">The first weight of B.</param>
    /// <param name="Rank">Its rank.</param>
    /// <param name="Row">Its first row of A.</param>
    /// <param name="Vectors">Its outputs, in vectors.</param>
    /// <param name="First">Its first output in the fused product.</param>
    private readonly record struct Part(long Start, int Rank, int Row, int Vectors, int First);
}
