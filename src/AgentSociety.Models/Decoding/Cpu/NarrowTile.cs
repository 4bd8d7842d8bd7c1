using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>Tiles of four rows for processors whose vectors have 256 bits, where those of <see cref="Tile{TWeight}"/> would not stay in registers: 16 outputs at a time, in two halves.</summary>
/// <remarks>An output is the same chain of fused multiply-adds: its bits do not depend on which of the two a processor takes.</remarks>
internal static unsafe class NarrowTile<TWeight>
    where TWeight : unmanaged
{
    private const int Lane = 16;

    /// <summary>Four rows by a panel of three or four vectors.</summary>
    public static void Four(TWeight* weights, int width, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
    {
        for (int part = 0; part < width; part++)
        {
            // Of two neighbouring vectors in bfloat16 a part has the same half of each, since they lie by turns.
            TWeight* from = weights + part * Lane;
            int step = width * Lane;
            // Each part asks for its share of what is wanted soon.
            byte* until = part + 1 == width ? end : soon + (end - soon) / (width - part) / Lookahead.Step * Lookahead.Step;
            if (typeof(TWeight) == typeof(float)) Four<Single>(from, step, x, inputStride, y + part * Lane, outputStride, inputs, soon, until);
            else if (part % 2 == 0 && part + 1 == width) Four<Alone>(from, step, x, inputStride, y + part * Lane, outputStride, inputs, soon, until);
            else Four<Paired>(from, step, x, inputStride, y + part / 2 * 2 * Lane + part % 2 * Lane / 2, outputStride, inputs, soon, until);
            soon = until;
        }
    }

    private static void Four<TPart>(TWeight* weights, int step, float* x, int inputStride, float* y, int outputStride, int inputs, byte* soon, byte* end)
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
            weights += step;
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
