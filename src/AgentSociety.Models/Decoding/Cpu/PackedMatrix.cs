using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>A weight matrix in the order in which products read it, and its product with rows of inputs.</summary>
/// <remarks>
/// Outputs stand in panels of one to four vectors of 16; within a panel the weights of one input follow those of the one before. Where the processor's vectors have 256 bits, panels of
/// three and four are cut into parts of 16 outputs, which lie one behind the other (see <see cref="NarrowTile{TWeight}"/>). The order of an output's sum depends on the matrix only (see <see cref="Tile{TWeight}"/>), so that its bits do not depend on how many rows are
/// multiplied together, on the width of the machine's vectors, or on the format in which weights are kept.
/// </remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private const int Lane = 16;
    private const int WidestPanel = 4;

    /// <summary>Vectors from which on a panel's tiles ask for weights, and lie in parts where the processor's vectors are narrow.</summary>
    private const int WideFrom = 3;

    private readonly WeightBlock _weights;
    private readonly int _vectors;
    private readonly int _panels;
    private readonly bool _inParts;

    /// <summary>Panels, or parts of them, that ask for weights while a tile of rows passes.</summary>
    private readonly int _asking;

    /// <summary>Room for a matrix.</summary>
    /// <param name="inputs">Length of a row that is multiplied.</param>
    /// <param name="outputs">Length of its product.</param>
    /// <param name="halved">True to keep the weights in bfloat16.</param>
    public PackedMatrix(int inputs, int outputs, bool halved = false)
        : this(inputs, outputs, halved, inParts: !Vector512.IsHardwareAccelerated)
    {
    }

    /// <summary>Room for a matrix whose wide panels lie in parts or whole, whichever this processor reads faster.</summary>
    internal PackedMatrix(int inputs, int outputs, bool halved, bool inParts)
    {
        _inParts = inParts;
        Inputs = inputs;
        Outputs = outputs;
        _vectors = (outputs + Lane - 1) / Lane;
        _panels = (_vectors + WidestPanel - 1) / WidestPanel;
        _asking = Enumerable.Range(0, _panels).Select(panel => Panel(panel).Width).Where(width => width >= WideFrom).Sum(width => InParts(width) ? width : 1);
        _weights = new WeightBlock((long)_vectors * Lane * inputs, halved);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>Outputs rounded up to whole vectors; the room that a row of outputs needs.</summary>
    public int PaddedOutputs => _vectors * Lane;

    /// <summary>True where the weights are kept in bfloat16.</summary>
    public bool Halved => _weights.Halved;

    public long Bytes => _weights.Bytes;

    /// <summary>Takes in a part of the matrix, in the format in which it is kept.</summary>
    /// <param name="source">[count, inputs], row-major.</param>
    /// <param name="firstOutput">Output that the first row of <paramref name="source"/> gives.</param>
    public void Pack<TWeight>(ReadOnlySpan<TWeight> source, int firstOutput)
        where TWeight : unmanaged
    {
        for (int row = 0; row < source.Length / Inputs; row++)
        {
            TWeight* target = Column<TWeight>(firstOutput + row, out int step);
            ReadOnlySpan<TWeight> weights = source.Slice(row * Inputs, Inputs);
            for (int input = 0; input < Inputs; input++) target[(long)input * step] = weights[input];
        }
    }

    /// <summary>Copies one output's weights, as they were packed.</summary>
    public void CopyRow(int output, float* target)
    {
        if (Halved) CopyRow<BFloat16>(output, target);
        else CopyRow<float>(output, target);
    }

    /// <summary>Multiplies rows.</summary>
    /// <param name="input">Rows of at least <see cref="Inputs"/> values.</param>
    /// <param name="inputStride">Values from one input row to the next.</param>
    /// <param name="output">Rows of at least <see cref="PaddedOutputs"/> values.</param>
    /// <param name="outputStride">Values from one output row to the next.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="soon">Weights that are read next, to be asked for meanwhile; null for none.</param>
    public void Multiply(float* input, int inputStride, float* output, int outputStride, int rows, Lookahead? soon = null)
    {
        if (Halved) Multiply<BFloat16>(input, inputStride, output, outputStride, rows, soon);
        else Multiply<float>(input, inputStride, output, outputStride, rows, soon);
    }

    public void Dispose() => _weights.Dispose();

    private void Multiply<TWeight>(float* input, int inputStride, float* output, int outputStride, int rows, Lookahead? soon)
        where TWeight : unmanaged
    {
        soon?.Spread(_asking * (_inParts ? NarrowTile<TWeight>.Tiles(rows) : rows / 4));
        for (int panel = 0; panel < _panels; panel++)
        {
            (int start, int width) = Panel(panel);
            TWeight* weights = _weights.Start<TWeight>() + (long)start * Lane * Inputs;
            float* target = output + start * Lane;
            if (InParts(width))
            {
                MultiplyParts(weights, width, input, inputStride, target, outputStride, rows, soon);
                continue;
            }

            int row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                float* x = input + (long)row * inputStride, y = target + (long)row * outputStride;
                byte* from = null, to = null;
                if (width >= WideFrom) soon?.Take(Inputs, out from, out to);
                switch (width)
                {
                    case 4: Tile<TWeight>.Four4(weights, x, inputStride, y, outputStride, Inputs, from, to); break;
                    case 3: Tile<TWeight>.Four3(weights, x, inputStride, y, outputStride, Inputs, from, to); break;
                    case 2: Tile<TWeight>.Four2(weights, x, inputStride, y, outputStride, Inputs); break;
                    default: Tile<TWeight>.Four1(weights, x, inputStride, y, outputStride, Inputs); break;
                }
            }

            for (; row < rows; row++)
            {
                float* x = input + (long)row * inputStride, y = target + (long)row * outputStride;
                switch (width)
                {
                    case 4: Tile<TWeight>.One4(weights, x, y, Inputs); break;
                    case 3: Tile<TWeight>.One3(weights, x, y, Inputs); break;
                    case 2: Tile<TWeight>.One2(weights, x, y, Inputs); break;
                    default: Tile<TWeight>.One1(weights, x, y, Inputs); break;
                }
            }
        }
    }

    /// <summary>The rows over a panel's parts, one part after another, so that it stays near while all rows pass.</summary>
    private void MultiplyParts<TWeight>(TWeight* weights, int width, float* input, int inputStride, float* output, int outputStride, int rows, Lookahead? soon)
        where TWeight : unmanaged
    {
        int row = 0;
        for (int part = 0; part < width; part++)
        {
            row = 0;
            for (int count; (count = NarrowTile<TWeight>.Rows(rows - row)) > 1; row += count)
            {
                byte* from = null, to = null;
                soon?.Take(Inputs, out from, out to);
                NarrowTile<TWeight>.Multiply(count, weights, width, part, input + (long)row * inputStride, inputStride, output + (long)row * outputStride, outputStride, Inputs, from, to);
            }
        }

        for (; row < rows; row++) NarrowTile<TWeight>.One(weights, width, input + (long)row * inputStride, output + (long)row * outputStride, Inputs);
    }

    private void CopyRow<TWeight>(int output, float* target)
        where TWeight : unmanaged
    {
        TWeight* source = Column<TWeight>(output, out int step);
        for (int input = 0; input < Inputs; input++) target[input] = PackedWeight.Single(source[(long)input * step]);
    }

    /// <summary>An output's weight of the first input.</summary>
    /// <param name="output">The output.</param>
    /// <param name="step">Weights from one input's to the next one's.</param>
    private TWeight* Column<TWeight>(int output, out int step)
        where TWeight : unmanaged
    {
        (int start, int width) = PanelOf(output / Lane);
        int place = PackedWeight.Place<TWeight>(output - start * Lane, width), part = InParts(width) ? place / Lane : 0;
        step = (InParts(width) ? 1 : width) * Lane;
        return _weights.Start<TWeight>() + ((long)start + part) * Lane * Inputs + place - part * Lane;
    }

    /// <summary>True where a panel's parts lie one behind the other.</summary>
    private bool InParts(int width) => _inParts && width >= WideFrom;

    /// <summary>First vector and width of a panel; widths differ by one at most.</summary>
    private (int Start, int Width) Panel(int panel)
    {
        int narrow = _vectors / _panels, wide = _vectors % _panels;
        return (panel * narrow + Math.Min(panel, wide), narrow + (panel < wide ? 1 : 0));
    }

    private (int Start, int Width) PanelOf(int vector)
    {
        for (int panel = vector / WidestPanel; ; panel++)
        {
            (int start, int width) = Panel(panel);
            if (vector < start + width) return (start, width);
        }
    }
}
