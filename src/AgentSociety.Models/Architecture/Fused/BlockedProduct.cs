using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AgentSociety.Models.Cpu;

namespace AgentSociety.Models.Fused;

/// <summary>A matrix as it lies in memory, or its transpose.</summary>
/// <param name="start">First value.</param>
/// <param name="stride">Values from one row in memory to the next.</param>
/// <param name="transposed">True where rows in memory are the matrix' columns.</param>
internal readonly unsafe struct Operand(float* start, long stride, bool transposed = false)
{
    public float* Start { get; } = start;

    public long Stride { get; } = stride;

    public bool Transposed { get; } = transposed;

    /// <summary>Where a value lies.</summary>
    public float* At(int row, int column) => Transposed ? Start + column * Stride + row : Start + row * Stride + column;
}

/// <summary>Products of large matrices that change from one product to the next, on the calling thread, in the tiles of the decoding engine (<see cref="Tile{TWeight}"/>).</summary>
/// <remarks>
/// Up to four vectors of columns of the right matrix, and of them as many rows as stay in a core's second cache, are laid out in the order in which tiles read
/// them, whichever way they lie in memory; all rows of the left one pass over them (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", with
/// the panel in the second cache and the left matrix streamed). An output is a sum of sums over blocks of its depth, in order: its bits follow from the shapes of
/// the matrices, and those of a row of outputs from that row, the right matrix and the depth alone.
/// </remarks>
internal static unsafe class BlockedProduct
{
    private const int Lane = 16, WidestPanel = 4, TileRows = 4;

    /// <summary>Most rows of a panel: with four vectors of columns 256 KiB.</summary>
    private const int DeepestBlock = 1024;

    /// <summary>Values of a left matrix that lies transposed which are copied together: 1 MiB, and all rows of another one.</summary>
    private const int LargestCopy = 1 << 18;

    private const int PanelRoom = DeepestBlock * WidestPanel * Lane, TileRoom = TileRows * WidestPanel * Lane;

    /// <summary>A thread's panel, tile, and copy of a transposed left matrix.</summary>
    [ThreadStatic]
    private static FloatBlock? _room;

    /// <summary>output = left right, or output += left right.</summary>
    /// <param name="left">[rows, depth].</param>
    /// <param name="right">[depth, columns].</param>
    /// <param name="output">[rows, columns]; overlaps with neither.</param>
    /// <param name="outputStride">Values from one row of outputs to the next.</param>
    /// <param name="rows">Rows of outputs.</param>
    /// <param name="depth">Products that are summed for an output.</param>
    /// <param name="columns">Columns of outputs.</param>
    /// <param name="add">True to add to what <paramref name="output"/> holds.</param>
    public static void Multiply(Operand left, Operand right, float* output, long outputStride, int rows, int depth, int columns, bool add)
    {
        int vectors = (columns + Lane - 1) / Lane, panels = (vectors + WidestPanel - 1) / WidestPanel;
        int blocks = (depth + DeepestBlock - 1) / DeepestBlock, deepest = (depth + blocks - 1) / blocks;
        // One vector more than a row holds, so that neighbouring rows of 4 KiB do not compete for the same places of a cache.
        int copyStride = deepest + Lane, together = left.Transposed ? Math.Min(rows, LargestCopy / copyStride) : rows;
        float* panel = Room(), tile = panel + PanelRoom, copy = tile + TileRoom;
        for (int row = 0; row < rows; row += together)
        {
            int count = Math.Min(together, rows - row);
            for (int from = 0; from < depth; from += deepest)
            {
                int taken = Math.Min(deepest, depth - from);
                if (left.Transposed) Transpose(left.At(row, from), left.Stride, taken, count, copy, copyStride);
                Operand block = left.Transposed ? new Operand(copy, copyStride) : new Operand(left.At(row, from), left.Stride);
                for (int index = 0, vector = 0; index < panels; index++)
                {
                    // Widths differ by one at most.
                    int width = vectors / panels + (index < vectors % panels ? 1 : 0), column = vector * Lane, used = Math.Min(width * Lane, columns - column);
                    Lay(right, from, taken, column, used, panel, width);
                    Pass(block, panel, width, output + row * outputStride + column, outputStride, count, taken, used, tile, add || from > 0);
                    vector += width;
                }
            }
        }
    }

    /// <summary>target[column, row] = source[row, column].</summary>
    public static void Transpose(float* source, long sourceStride, int rows, int columns, float* target, long targetStride)
    {
        // In squares of a cache line, so that every line is read and written whole.
        for (int row = 0; row < rows; row += Lane)
        {
            int rowEnd = Math.Min(row + Lane, rows), wholeRows = row + (rowEnd - row) / 4 * 4;
            for (int column = 0; column < columns; column += Lane)
            {
                int columnEnd = Math.Min(column + Lane, columns), wholeColumns = column + (columnEnd - column) / 4 * 4;
                for (int r = row; r < wholeRows; r += 4)
                {
                    for (int c = column; c < wholeColumns; c += 4) TransposeFour(source + r * sourceStride + c, sourceStride, target + c * targetStride + r, targetStride);
                }

                for (int r = row; r < rowEnd; r++)
                {
                    for (int c = r < wholeRows ? wholeColumns : column; c < columnEnd; c++) target[c * targetStride + r] = source[r * sourceStride + c];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(float* source, long sourceStride, float* target, long targetStride)
    {
        Vector256<float> upper = Vector256.Create(Vector128.Load(source), Vector128.Load(source + sourceStride));
        Vector256<float> lower = Vector256.Create(Vector128.Load(source + 2 * sourceStride), Vector128.Load(source + 3 * sourceStride));
        Vector512<float> turned = Vector512.Shuffle(Vector512.Create(upper, lower), Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
        turned.GetLower().GetLower().Store(target);
        turned.GetLower().GetUpper().Store(target + targetStride);
        turned.GetUpper().GetLower().Store(target + 2 * targetStride);
        turned.GetUpper().GetUpper().Store(target + 3 * targetStride);
    }

    /// <summary>Lays out columns of the right matrix: for each row of them whole vectors, those of one row behind those of the row before.</summary>
    private static void Lay(Operand right, int from, int depth, int column, int used, float* panel, int width)
    {
        int stride = width * Lane;
        if (used < stride) new Span<float>(panel, depth * stride).Clear();
        if (right.Transposed)
        {
            Transpose(right.At(from, column), right.Stride, used, depth, panel, stride);
            return;
        }

        for (int row = 0; row < depth; row++) new ReadOnlySpan<float>(right.At(from + row, column), used).CopyTo(new Span<float>(panel + row * stride, used));
    }

    /// <summary>All rows over one panel.</summary>
    private static void Pass(Operand left, float* panel, int width, float* output, long outputStride, int rows, int depth, int used, float* tile, bool add)
    {
        // Whole vectors that are not added to anything go where they belong; others by way of the tile.
        bool whole = used == width * Lane && !add && outputStride <= int.MaxValue;
        for (int row = 0; row < rows;)
        {
            int count = row + TileRows <= rows ? TileRows : 1;
            float* x = left.Start + row * left.Stride, place = output + row * outputStride, y = whole ? place : tile;
            int stride = whole ? (int)outputStride : WidestPanel * Lane, inputStride = (int)left.Stride;
            switch (count * 10 + width)
            {
                case 44: Tile<float>.Four4(panel, x, inputStride, y, stride, depth, null, null); break;
                case 43: Tile<float>.Four3(panel, x, inputStride, y, stride, depth, null, null); break;
                case 42: Tile<float>.Four2(panel, x, inputStride, y, stride, depth); break;
                case 41: Tile<float>.Four1(panel, x, inputStride, y, stride, depth); break;
                case 14: Tile<float>.One4(panel, x, y, depth); break;
                case 13: Tile<float>.One3(panel, x, y, depth); break;
                case 12: Tile<float>.One2(panel, x, y, depth); break;
                default: Tile<float>.One1(panel, x, y, depth); break;
            }

            for (int line = 0; !whole && line < count; line++) Put(tile + line * WidestPanel * Lane, place + line * outputStride, used, add);
            row += count;
        }
    }

    private static void Put(float* tile, float* place, int count, bool add)
    {
        int index = 0;
        for (; index + Lane <= count; index += Lane)
        {
            Vector512<float> values = Vector512.Load(tile + index);
            (add ? Vector512.Load(place + index) + values : values).Store(place + index);
        }

        for (; index < count; index++) place[index] = add ? place[index] + tile[index] : tile[index];
    }

    private static float* Room() => (_room ??= new FloatBlock(PanelRoom + TileRoom + LargestCopy)).Start;
}
