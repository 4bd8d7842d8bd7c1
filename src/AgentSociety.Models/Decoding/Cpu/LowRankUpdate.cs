using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>B(Ax), added to the outputs of one fused product: the low-rank updates of the modules that share an input, in the order in which they are read.</summary>
/// <remarks>
/// <para>
/// In a batch of many adapters each is used for a row or two, so that its weights come from far every time and the time is that of reading them. They stand in one
/// piece without padding, to be read from end to end, and are asked for while the base's product is computed (see <see cref="Lookahead"/>).
/// </para>
/// <para>
/// A stands in panels of eight, four or one of its rows: vectors of 16 inputs, the rows of a panel side by side, so that a panel has as many sums under way as rows.
/// B stands in vectors of 16 outputs, the ranks side by side. A row's sums never depend on other rows: its bits are the same in any batch.
/// </para>
/// </remarks>
internal sealed unsafe class LowRankUpdate
{
    private const int Lane = 16;
    private readonly float* _weights;
    private readonly int _inputs;
    private readonly int _vectors;
    private readonly Part[] _parts;

    /// <summary>An update whose weights are packed behind <paramref name="weights"/>.</summary>
    /// <param name="weights">Room for <see cref="Length"/> values, aligned to a cache line.</param>
    /// <param name="inputs">Inputs of the fused product.</param>
    /// <param name="parts">Rank, outputs and first output of each module, in the order of their outputs.</param>
    public LowRankUpdate(float* weights, int inputs, IReadOnlyList<(int Rank, int Outputs, int First)> parts)
    {
        _weights = weights;
        _inputs = inputs;
        _vectors = Vectors(inputs);
        _parts = new Part[parts.Count];
        // Room counts the same: A's rows, then each module's B.
        float* up = weights + (long)parts.Sum(part => part.Rank) * _vectors * Lane;
        int row = 0;
        for (int index = 0; index < parts.Count; index++)
        {
            (int rank, int outputs, int first) = parts[index];
            _parts[index] = new Part(up, rank, row, Vectors(outputs), first);
            up += (long)rank * Vectors(outputs) * Lane;
            row += rank;
        }

        Ranks = row;
        Length = Room(inputs, parts);
    }

    /// <summary>Rows of A, those of all modules together.</summary>
    public int Ranks { get; }

    /// <summary>Values that the weights take.</summary>
    public long Length { get; }

    /// <summary>Where the weights stand.</summary>
    public float* Weights => _weights;

    /// <summary>Values that the weights of such an update take.</summary>
    public static long Room(int inputs, IEnumerable<(int Rank, int Outputs, int First)> parts) => parts.Sum(part => (long)part.Rank * (Vectors(inputs) + Vectors(part.Outputs)) * Lane);

    /// <summary>Takes in a part of A.</summary>
    /// <param name="source">[count, inputs], row-major.</param>
    /// <param name="firstRow">The row that <paramref name="source"/> begins with, counted over all modules.</param>
    public void PackDown(ReadOnlySpan<float> source, int firstRow)
    {
        for (int row = 0; row < source.Length / _inputs; row++)
        {
            (int start, int width) = Panel(firstRow + row);
            float* target = _weights + (long)start * _vectors * Lane + (firstRow + row - start) * Lane;
            for (int input = 0; input < _inputs; input++) target[(long)(input / Lane) * width * Lane + input % Lane] = source[row * _inputs + input];
        }
    }

    /// <summary>Takes in a part of B.</summary>
    /// <param name="part">Which module's.</param>
    /// <param name="source">[count, rank], row-major.</param>
    /// <param name="firstOutput">The output that <paramref name="source"/> begins with, counted in the module.</param>
    /// <param name="scale">What the weights are multiplied by.</param>
    public void PackUp(int part, ReadOnlySpan<float> source, int firstOutput, float scale)
    {
        int rank = _parts[part].Rank;
        for (int row = 0; row < source.Length / rank; row++)
        {
            float* target = _parts[part].Weights + (long)((firstOutput + row) / Lane) * rank * Lane + (firstOutput + row) % Lane;
            for (int index = 0; index < rank; index++) target[(long)index * Lane] = source[row * rank + index] * scale;
        }
    }

    /// <summary>Adds the update of one row to its outputs.</summary>
    /// <param name="x">The inputs, and behind them room to read up to a whole vector.</param>
    /// <param name="y">The outputs, and behind them room for up to a whole vector.</param>
    /// <param name="middle">Room for <see cref="Ranks"/> values.</param>
    public void Apply(float* x, float* y, float* middle)
    {
        for (int row = 0; row < Ranks;)
        {
            (int _, int width) = Panel(row);
            float* panel = _weights + (long)row * _vectors * Lane;
            switch (width)
            {
                case 8: DownEight(panel, x, middle + row); break;
                case 4: DownFour(panel, x, middle + row); break;
                default: DownOne(panel, x, middle + row); break;
            }

            row += width;
        }

        foreach (Part part in _parts)
        {
            float* weights = part.Weights, target = y + part.First;
            if (part.Rank == 8) UpEight(weights, middle + part.Row, target, part.Vectors);
            else Up(weights, middle + part.Row, part.Rank, target, part.Vectors);
        }
    }

    /// <summary>Adds the update of two rows to their outputs: each weight is read once for both.</summary>
    /// <param name="x">The first row's inputs.</param>
    /// <param name="inputStride">Values from the first row's inputs to the second's.</param>
    /// <param name="y">The first row's outputs.</param>
    /// <param name="outputStride">Values from the first row's outputs to the second's.</param>
    /// <param name="middle">Room for twice <see cref="Ranks"/> values.</param>
    public void ApplyTwo(float* x, int inputStride, float* y, int outputStride, float* middle)
    {
        for (int row = 0; row < Ranks;)
        {
            (int _, int width) = Panel(row);
            float* panel = _weights + (long)row * _vectors * Lane;
            switch (width)
            {
                case 8:
                    DownEightOfTwo(panel, x, x + inputStride, middle + row, middle + Ranks + row);
                    break;
                case 4:
                    DownFour(panel, x, middle + row);
                    DownFour(panel, x + inputStride, middle + Ranks + row);
                    break;
                default:
                    DownOne(panel, x, middle + row);
                    DownOne(panel, x + inputStride, middle + Ranks + row);
                    break;
            }

            row += width;
        }

        foreach (Part part in _parts)
        {
            float* weights = part.Weights, target = y + part.First, first = middle + part.Row, second = first + Ranks;
            if (part.Rank == 8) UpEightOfTwo(weights, first, second, target, target + outputStride, part.Vectors);
            else
            {
                Up(weights, first, part.Rank, target, part.Vectors);
                Up(weights, second, part.Rank, target + outputStride, part.Vectors);
            }
        }
    }

    private void DownEight(float* weights, float* x, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (int vector = 0; vector < _vectors; vector++)
        {
            Vector512<float> v = Inputs(x, vector);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 16), v, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 48), v, a3);
            a4 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 64), v, a4);
            a5 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 80), v, a5);
            a6 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 96), v, a6);
            a7 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 112), v, a7);
            weights += 8 * Lane;
        }

        Sums(a0, a1, a2, a3).Store(sums);
        Sums(a4, a5, a6, a7).Store(sums + 4);
    }

    private void DownEightOfTwo(float* weights, float* x, float* x1, float* sums, float* sums1)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        Vector512<float> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        for (int vector = 0; vector < _vectors; vector++)
        {
            Vector512<float> v = Inputs(x, vector), u = Inputs(x1, vector);
            Vector512<float> w = Vector512.Load(weights);
            a0 = Vector512.FusedMultiplyAdd(w, v, a0);
            b0 = Vector512.FusedMultiplyAdd(w, u, b0);
            w = Vector512.Load(weights + 16);
            a1 = Vector512.FusedMultiplyAdd(w, v, a1);
            b1 = Vector512.FusedMultiplyAdd(w, u, b1);
            w = Vector512.Load(weights + 32);
            a2 = Vector512.FusedMultiplyAdd(w, v, a2);
            b2 = Vector512.FusedMultiplyAdd(w, u, b2);
            w = Vector512.Load(weights + 48);
            a3 = Vector512.FusedMultiplyAdd(w, v, a3);
            b3 = Vector512.FusedMultiplyAdd(w, u, b3);
            w = Vector512.Load(weights + 64);
            a4 = Vector512.FusedMultiplyAdd(w, v, a4);
            b4 = Vector512.FusedMultiplyAdd(w, u, b4);
            w = Vector512.Load(weights + 80);
            a5 = Vector512.FusedMultiplyAdd(w, v, a5);
            b5 = Vector512.FusedMultiplyAdd(w, u, b5);
            w = Vector512.Load(weights + 96);
            a6 = Vector512.FusedMultiplyAdd(w, v, a6);
            b6 = Vector512.FusedMultiplyAdd(w, u, b6);
            w = Vector512.Load(weights + 112);
            a7 = Vector512.FusedMultiplyAdd(w, v, a7);
            b7 = Vector512.FusedMultiplyAdd(w, u, b7);
            weights += 8 * Lane;
        }

        Sums(a0, a1, a2, a3).Store(sums);
        Sums(a4, a5, a6, a7).Store(sums + 4);
        Sums(b0, b1, b2, b3).Store(sums1);
        Sums(b4, b5, b6, b7).Store(sums1 + 4);
    }

    private void DownFour(float* weights, float* x, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (int vector = 0; vector < _vectors; vector++)
        {
            Vector512<float> v = Inputs(x, vector);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), v, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 16), v, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 32), v, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 48), v, a3);
            weights += 4 * Lane;
        }

        Sums(a0, a1, a2, a3).Store(sums);
    }

    private void DownOne(float* weights, float* x, float* sum)
    {
        Vector512<float> a = default;
        for (int vector = 0; vector < _vectors; vector++)
        {
            a = Vector512.FusedMultiplyAdd(Vector512.Load(weights), Inputs(x, vector), a);
            weights += Lane;
        }

        *sum = Sums(a, default, default, default)[0];
    }

    private static void UpEight(float* weights, float* middle, float* y, int vectors)
    {
        Vector512<float> m0 = Vector512.Create(middle[0]), m1 = Vector512.Create(middle[1]), m2 = Vector512.Create(middle[2]), m3 = Vector512.Create(middle[3]);
        Vector512<float> m4 = Vector512.Create(middle[4]), m5 = Vector512.Create(middle[5]), m6 = Vector512.Create(middle[6]), m7 = Vector512.Create(middle[7]);
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> even = Vector512.FusedMultiplyAdd(Vector512.Load(weights), m0, Vector512.Load(y)), odd = Vector512.Load(weights + 16) * m1;
            even = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 32), m2, even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 48), m3, odd);
            even = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 64), m4, even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 80), m5, odd);
            even = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 96), m6, even);
            odd = Vector512.FusedMultiplyAdd(Vector512.Load(weights + 112), m7, odd);
            (even + odd).Store(y);
            weights += 8 * Lane;
            y += Lane;
        }
    }

    private static void UpEightOfTwo(float* weights, float* middle, float* middle1, float* y, float* y1, int vectors)
    {
        Vector512<float> m0 = Vector512.Create(middle[0]), m1 = Vector512.Create(middle[1]), m2 = Vector512.Create(middle[2]), m3 = Vector512.Create(middle[3]);
        Vector512<float> m4 = Vector512.Create(middle[4]), m5 = Vector512.Create(middle[5]), m6 = Vector512.Create(middle[6]), m7 = Vector512.Create(middle[7]);
        Vector512<float> n0 = Vector512.Create(middle1[0]), n1 = Vector512.Create(middle1[1]), n2 = Vector512.Create(middle1[2]), n3 = Vector512.Create(middle1[3]);
        Vector512<float> n4 = Vector512.Create(middle1[4]), n5 = Vector512.Create(middle1[5]), n6 = Vector512.Create(middle1[6]), n7 = Vector512.Create(middle1[7]);
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> w = Vector512.Load(weights), odd = Vector512.Load(weights + 16);
            Vector512<float> even = Vector512.FusedMultiplyAdd(w, m0, Vector512.Load(y)), even1 = Vector512.FusedMultiplyAdd(w, n0, Vector512.Load(y1));
            Vector512<float> odd1 = odd * n1;
            odd *= m1;
            w = Vector512.Load(weights + 32);
            even = Vector512.FusedMultiplyAdd(w, m2, even);
            even1 = Vector512.FusedMultiplyAdd(w, n2, even1);
            w = Vector512.Load(weights + 48);
            odd = Vector512.FusedMultiplyAdd(w, m3, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n3, odd1);
            w = Vector512.Load(weights + 64);
            even = Vector512.FusedMultiplyAdd(w, m4, even);
            even1 = Vector512.FusedMultiplyAdd(w, n4, even1);
            w = Vector512.Load(weights + 80);
            odd = Vector512.FusedMultiplyAdd(w, m5, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n5, odd1);
            w = Vector512.Load(weights + 96);
            even = Vector512.FusedMultiplyAdd(w, m6, even);
            even1 = Vector512.FusedMultiplyAdd(w, n6, even1);
            w = Vector512.Load(weights + 112);
            odd = Vector512.FusedMultiplyAdd(w, m7, odd);
            odd1 = Vector512.FusedMultiplyAdd(w, n7, odd1);
            (even + odd).Store(y);
            (even1 + odd1).Store(y1);
            weights += 8 * Lane;
            y += Lane;
            y1 += Lane;
        }
    }

    private static void Up(float* weights, float* middle, int rank, float* y, int vectors)
    {
        for (int vector = 0; vector < vectors; vector++)
        {
            Vector512<float> sum = Vector512.Load(y);
            for (int index = 0; index < rank; index++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(weights), Vector512.Create(middle[index]), sum);
                weights += Lane;
            }

            sum.Store(y);
            y += Lane;
        }
    }

    /// <summary>16 inputs; 0 behind the last, whatever stands there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Inputs(float* x, int vector)
    {
        Vector512<float> v = Vector512.Load(x + vector * Lane);
        int left = _inputs - vector * Lane;
        return left >= Lane ? v : Vector512.ConditionalSelect(Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(left)).AsSingle(), v, default);
    }

    /// <summary>The sum of the lanes of each; the same order of additions on every machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector128<float> a4 = Quarter(a), b4 = Quarter(b), c4 = Quarter(c), d4 = Quarter(d);
        return Vector128.Create(a4[0], b4[0], c4[0], d4[0]) + Vector128.Create(a4[1], b4[1], c4[1], d4[1])
            + (Vector128.Create(a4[2], b4[2], c4[2], d4[2]) + Vector128.Create(a4[3], b4[3], c4[3], d4[3]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(Vector512<float> vector)
    {
        Vector256<float> half = vector.GetLower() + vector.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    private static int Vectors(int values) => (values + Lane - 1) / Lane;

    /// <summary>First row and width of the panel that a row of A stands in: eights first, then a four, then ones.</summary>
    private (int Start, int Width) Panel(int row)
    {
        int eights = Ranks / 8 * 8;
        if (row < eights) return (row / 8 * 8, 8);
        return Ranks - eights >= 4 && row < eights + 4 ? (eights, 4) : (row, 1);
    }

    private readonly record struct Part(nint Address, int Rank, int Row, int Vectors, int First)
    {
        public Part(float* weights, int rank, int row, int vectors, int first)
            : this((nint)weights, rank, row, vectors, first)
        {
        }

        public float* Weights => (float*)Address;
    }
}
