using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>Tiles for processors whose vectors have 256 bits, where those of <see cref="Tile{TWeight}"/> would not stay in registers: six rows, or four, or one, by a part of 16 outputs in two halves.</summary>
/// <remarks>
/// For panels of three or four vectors, whose parts lie one behind the other: each is read from end to end, since a processor fetches ahead along what follows (see <see cref="PackedMatrix"/>).
/// An output is the same chain of fused multiply-adds: its bits do not depend on which of the two a processor takes. Tiles are written out, as those are, so that the sums stay in registers.
/// </remarks>
internal static unsafe class NarrowTile<TWeight>
    where TWeight : unmanaged
{
    private const int Lane = 16;

    /// <summary>How many of the rows that are left the next tile takes: six, four, or one.</summary>
    public static int Rows(int left) => left switch
    {
        // Two tiles of four rather than one of six and rows by themselves.
        >= 6 and not 8 and not 9 => 6,
        >= 4 => 4,
        _ => 1,
    };

    /// <summary>How many tiles of more than one row there are.</summary>
    public static int Tiles(int rows)
    {
        int tiles = 0;
        for (int row = 0, count; (count = Rows(rows - row)) > 1; row += count) tiles++;
        return tiles;
    }

    /// <summary>Four or six rows by a part of a panel.</summary>
    /// <param name="rows">Four or six.</param>
    /// <param name="panel">The panel's first weight.</param>
    /// <param name="width">Its vectors.</param>
    /// <param name="part">Which of as many parts.</param>
    /// <param name="x">The rows.</param>
    /// <param name="inputStride">Values from one row to the next.</param>
    /// <param name="y">The panel's outputs of the first row.</param>
    /// <param name="outputStride">Values from one row of outputs to the next.</param>
    /// <param name="inputs">Length of a row.</param>
    /// <param name="soon">Where to ask for weights meanwhile.</param>
    /// <param name="end">Where they end.</param>
    public static void Multiply(int rows, TWeight* panel, int width, int part, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
    {
        TWeight* weights = panel + (long)part * inputs * Lane;
        y += FirstOutput(part, width);
        if (typeof(TWeight) == typeof(float)) Multiply<Single>(rows, weights, x, inputStride, y, outputStride, inputs, soon, end);
        else if (IsAlone(part, width)) Multiply<Alone>(rows, weights, x, inputStride, y, outputStride, inputs, soon, end);
        else Multiply<Paired>(rows, weights, x, inputStride, y, outputStride, inputs, soon, end);
    }

    /// <summary>One row by a whole panel, two parts at a time.</summary>
    public static void One(TWeight* panel, int width, float* x, float* y, int inputs)
    {
        for (int part = 0; part < width; part += 2)
        {
            TWeight* weights = panel + (long)part * inputs * Lane;
            float* to = y + FirstOutput(part, width);
            if (IsAlone(part, width))
            {
                if (typeof(TWeight) == typeof(float)) One<Single>(weights, x, to, inputs);
                else One<Alone>(weights, x, to, inputs);
            }
            else if (typeof(TWeight) == typeof(float))
            {
                Two<Single>(weights, x, to, Lane, inputs);
            }
            else
            {
                Two<Paired>(weights, x, to, Lane / 2, inputs);
            }
        }
    }

    /// <summary>Which of a panel's outputs a part begins with: of two neighbouring vectors in bfloat16 it has the same half of each, since they lie by turns.</summary>
    private static int FirstOutput(int part, int width) => typeof(TWeight) == typeof(float) || IsAlone(part, width) ? part * Lane : part / 2 * 2 * Lane + part % 2 * Lane / 2;

    private static bool IsAlone(int part, int width) => part % 2 == 0 && part + 1 == width;

    private static void Multiply<TPart>(int rows, TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
        where TPart : struct, IPart
    {
        if (rows == 6) Six<TPart>(weights, x, inputStride, y, outputStride, inputs, soon, end);
        else Four<TPart>(weights, x, inputStride, y, outputStride, inputs, soon, end);
    }

    private static void Six<TPart>(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
        where TPart : struct, IPart
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride, x4 = x3 + inputStride, x5 = x4 + inputStride;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default;
        for (int input = 0; input < inputs; input++)
        {
            if (soon < end) soon = Lookahead.Ask(soon);
            Vector256<float> first = TPart.First((byte*)weights), second = TPart.Second((byte*)weights);
            Vector256<float> v = Vector256.Create(x[input]);
            a0 = Vector256.FusedMultiplyAdd(first, v, a0);
            b0 = Vector256.FusedMultiplyAdd(second, v, b0);
            v = Vector256.Create(x1[input]);
            a1 = Vector256.FusedMultiplyAdd(first, v, a1);
            b1 = Vector256.FusedMultiplyAdd(second, v, b1);
            v = Vector256.Create(x2[input]);
            a2 = Vector256.FusedMultiplyAdd(first, v, a2);
            b2 = Vector256.FusedMultiplyAdd(second, v, b2);
            v = Vector256.Create(x3[input]);
            a3 = Vector256.FusedMultiplyAdd(first, v, a3);
            b3 = Vector256.FusedMultiplyAdd(second, v, b3);
            v = Vector256.Create(x4[input]);
            a4 = Vector256.FusedMultiplyAdd(first, v, a4);
            b4 = Vector256.FusedMultiplyAdd(second, v, b4);
            v = Vector256.Create(x5[input]);
            a5 = Vector256.FusedMultiplyAdd(first, v, a5);
            b5 = Vector256.FusedMultiplyAdd(second, v, b5);
            weights += Lane;
        }

        a0.Store(y);
        b0.Store(y + TPart.Apart);
        y += outputStride;
        a1.Store(y);
        b1.Store(y + TPart.Apart);
        y += outputStride;
        a2.Store(y);
        b2.Store(y + TPart.Apart);
        y += outputStride;
        a3.Store(y);
        b3.Store(y + TPart.Apart);
        y += outputStride;
        a4.Store(y);
        b4.Store(y + TPart.Apart);
        y += outputStride;
        a5.Store(y);
        b5.Store(y + TPart.Apart);
    }

    private static void Four<TPart>(TWeight* weights, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
        where TPart : struct, IPart
    {
        float* x1 = x + inputStride, x2 = x1 + inputStride, x3 = x2 + inputStride;
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default, b3 = default;
        for (int input = 0; input < inputs; input++)
        {
            if (soon < end) soon = Lookahead.Ask(soon);
            Vector256<float> first = TPart.First((byte*)weights), second = TPart.Second((byte*)weights);
            Vector256<float> v = Vector256.Create(x[input]);
            a0 = Vector256.FusedMultiplyAdd(first, v, a0);
            b0 = Vector256.FusedMultiplyAdd(second, v, b0);
            v = Vector256.Create(x1[input]);
            a1 = Vector256.FusedMultiplyAdd(first, v, a1);
            b1 = Vector256.FusedMultiplyAdd(second, v, b1);
            v = Vector256.Create(x2[input]);
            a2 = Vector256.FusedMultiplyAdd(first, v, a2);
            b2 = Vector256.FusedMultiplyAdd(second, v, b2);
            v = Vector256.Create(x3[input]);
            a3 = Vector256.FusedMultiplyAdd(first, v, a3);
            b3 = Vector256.FusedMultiplyAdd(second, v, b3);
            weights += Lane;
        }

        a0.Store(y);
        b0.Store(y + TPart.Apart);
        y += outputStride;
        a1.Store(y);
        b1.Store(y + TPart.Apart);
        y += outputStride;
        a2.Store(y);
        b2.Store(y + TPart.Apart);
        y += outputStride;
        a3.Store(y);
        b3.Store(y + TPart.Apart);
    }

    private static void Two<TPart>(TWeight* weights, float* x, float* y, int further, int inputs)
        where TPart : struct, IPart
    {
        TWeight* next = weights + (long)inputs * Lane;
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector256<float> v = Vector256.Create(x[input]);
            a0 = Vector256.FusedMultiplyAdd(TPart.First((byte*)weights), v, a0);
            b0 = Vector256.FusedMultiplyAdd(TPart.Second((byte*)weights), v, b0);
            a1 = Vector256.FusedMultiplyAdd(TPart.First((byte*)next), v, a1);
            b1 = Vector256.FusedMultiplyAdd(TPart.Second((byte*)next), v, b1);
            weights += Lane;
            next += Lane;
        }

        a0.Store(y);
        b0.Store(y + TPart.Apart);
        a1.Store(y + further);
        b1.Store(y + further + TPart.Apart);
    }

    private static void One<TPart>(TWeight* weights, float* x, float* y, int inputs)
        where TPart : struct, IPart
    {
        Vector256<float> a = default, b = default;
        for (int input = 0; input < inputs; input++)
        {
            Vector256<float> v = Vector256.Create(x[input]);
            a = Vector256.FusedMultiplyAdd(TPart.First((byte*)weights), v, a);
            b = Vector256.FusedMultiplyAdd(TPart.Second((byte*)weights), v, b);
            weights += Lane;
        }

        a.Store(y);
        b.Store(y + TPart.Apart);
    }

    /// <summary>How the weights of 16 outputs and one input are read as two vectors of eight.</summary>
    private interface IPart
    {
        /// <summary>Outputs from the first vector's to the second's.</summary>
        static abstract int Apart { get; }

        static abstract Vector256<float> First(byte* weights);

        static abstract Vector256<float> Second(byte* weights);
    }

    /// <summary>16 neighbours in float32.</summary>
    private readonly struct Single : IPart
    {
        public static int Apart => Lane / 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> First(byte* weights) => PackedWeight.First((float*)weights, 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Second(byte* weights) => PackedWeight.First((float*)weights, Lane / 2);
    }

    /// <summary>Eight each of two neighbouring vectors in bfloat16, which lie by turns.</summary>
    private readonly struct Paired : IPart
    {
        public static int Apart => Lane;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> First(byte* weights) => PackedWeight.First((BFloat16*)weights, 0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Second(byte* weights) => PackedWeight.Second((BFloat16*)weights, 0);
    }

    /// <summary>16 neighbours in bfloat16.</summary>
    private readonly struct Alone : IPart
    {
        public static int Apart => Lane / 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> First(byte* weights) => Widen((ushort*)weights);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Second(byte* weights) => Widen((ushort*)weights + Lane / 2);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Widen(ushort* weights) => (Vector256.WidenLower(Vector128.Load(weights).ToVector256Unsafe()) << 16).AsSingle();
    }
}
