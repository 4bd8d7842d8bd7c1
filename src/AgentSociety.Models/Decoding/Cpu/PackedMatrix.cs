namespace AgentSociety.Models.Cpu;

/// <summary>A weight matrix in the order in which products read it, and its product with rows of inputs.</summary>
/// <remarks>
/// Outputs stand in panels of one to four vectors of 16; within a panel the weights of one input follow those of the one before. The
/// order of an output's sum depends on the matrix only (see <see cref="Tile"/>), so that its bits do not depend on how many rows are
/// multiplied together or on the width of the machine's vectors.
/// </remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private const int Lane = 16;
    private const int WidestPanel = 4;
    private const int NarrowestThatAsks = 3;
    private readonly FloatBlock _weights;
    private readonly int _vectors;
    private readonly int _panels;
    private readonly int _askingPanels;

    /// <summary>Room for a matrix.</summary>
    public PackedMatrix(int inputs, int outputs)
    {
        Inputs = inputs;
        Outputs = outputs;
        _vectors = (outputs + Lane - 1) / Lane;
        _panels = (_vectors + WidestPanel - 1) / WidestPanel;
        _askingPanels = Enumerable.Range(0, _panels).Count(panel => Panel(panel).Width >= NarrowestThatAsks);
        _weights = new FloatBlock((long)_vectors * Lane * inputs);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>Outputs rounded up to whole vectors; the room that a row of outputs needs.</summary>
    public int PaddedOutputs => _vectors * Lane;

    /// <summary>Takes in a part of the matrix.</summary>
    /// <param name="source">[count, inputs], row-major.</param>
    /// <param name="firstOutput">Output that the first row of <paramref name="source"/> gives.</param>
    public void Pack(ReadOnlySpan<float> source, int firstOutput)
    {
        for (int row = 0; row < source.Length / Inputs; row++)
        {
            (int start, int width) = PanelOf((firstOutput + row) / Lane);
            float* target = _weights.Start + (long)start * Lane * Inputs + firstOutput + row - start * Lane;
            ReadOnlySpan<float> weights = source.Slice(row * Inputs, Inputs);
            for (int input = 0; input < Inputs; input++) target[(long)input * width * Lane] = weights[input];
        }
    }

    /// <summary>Copies one output's weights, as they were packed.</summary>
    public void CopyRow(int output, float* target)
    {
        (int start, int width) = PanelOf(output / Lane);
        float* source = _weights.Start + (long)start * Lane * Inputs + output - start * Lane;
        for (int input = 0; input < Inputs; input++) target[input] = source[(long)input * width * Lane];
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
        soon?.Spread(_askingPanels * (rows / 4));
        for (int panel = 0; panel < _panels; panel++)
        {
            (int start, int width) = Panel(panel);
            float* weights = _weights.Start + (long)start * Lane * Inputs;
            float* target = output + start * Lane;
            int row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                float* x = input + (long)row * inputStride, y = target + (long)row * outputStride;
                byte* from = null, to = null;
                if (width >= NarrowestThatAsks) soon?.Take(out from, out to);
                switch (width)
                {
                    case 4: Tile.Four4(weights, x, inputStride, y, outputStride, Inputs, from, to); break;
                    case 3: Tile.Four3(weights, x, inputStride, y, outputStride, Inputs, from, to); break;
                    case 2: Tile.Four2(weights, x, inputStride, y, outputStride, Inputs); break;
                    default: Tile.Four1(weights, x, inputStride, y, outputStride, Inputs); break;
                }
            }

            for (; row < rows; row++)
            {
                float* x = input + (long)row * inputStride, y = target + (long)row * outputStride;
                switch (width)
                {
                    case 4: Tile.One4(weights, x, y, Inputs); break;
                    case 3: Tile.One3(weights, x, y, Inputs); break;
                    case 2: Tile.One2(weights, x, y, Inputs); break;
                    default: Tile.One1(weights, x, y, Inputs); break;
                }
            }
        }
    }

    public void Dispose() => _weights.Dispose();

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
