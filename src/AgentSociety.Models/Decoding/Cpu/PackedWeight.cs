using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>How weights of a panel are read as float32, which is exact: from float32 as they are, from bfloat16 by 16 zeros behind them.</summary>
/// <remarks>
/// The compiler of each format's code drops the other's branch. Of two neighbouring vectors in bfloat16 the weights lie by turns, so that the pair is one
/// vector of 32-bit numbers, the first weights their lower halves and the second ones their upper halves: one shift or one mask widens 16 of them.
/// </remarks>
internal static unsafe class PackedWeight
{
    private const int Lane = 16;

    /// <summary>Where among an input's weights of a panel an output's stands; where the panel is cut into parts, those of 16 places each.</summary>
    /// <param name="output">Output within the panel.</param>
    /// <param name="vectors">The panel's width.</param>
    public static int Place<TWeight>(int output, int vectors)
        where TWeight : unmanaged
    {
        int vector = output / Lane, second = vector % 2;
        if (typeof(TWeight) == typeof(float) || vector - second + 2 > vectors) return output;
        return (vector - second) * Lane + output % Lane * 2 + second;
    }

    /// <summary>The first vector of the pair at a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First<TWeight>(TWeight* pair)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? Vector512.Load((float*)pair) : (Vector512.Load((uint*)pair) << 16).AsSingle();

    /// <summary>The second vector of the pair at a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Second<TWeight>(TWeight* pair)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? Vector512.Load((float*)pair + Lane) : (Vector512.Load((uint*)pair) & Vector512.Create(0xFFFF0000u)).AsSingle();

    /// <summary>Eight weights of the first vector of the pair at a place.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="from">The weight of the vector that they begin with.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> First<TWeight>(TWeight* pair, int from)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? Vector256.Load((float*)pair + from) : (Vector256.Load((uint*)pair + from) << 16).AsSingle();

    /// <summary>Eight weights of the second vector of the pair at a place.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="from">The weight of the vector that they begin with.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Second<TWeight>(TWeight* pair, int from)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? Vector256.Load((float*)pair + Lane + from) : (Vector256.Load((uint*)pair + from) & Vector256.Create(0xFFFF0000u)).AsSingle();

    /// <summary>A vector that is not one of a pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Alone<TWeight>(TWeight* vector)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? Vector512.Load((float*)vector) : (Vector512.WidenLower(Vector256.Load((ushort*)vector).ToVector512Unsafe()) << 16).AsSingle();

    /// <summary>One weight.</summary>
    public static float Single<TWeight>(TWeight weight)
        where TWeight : unmanaged
        => typeof(TWeight) == typeof(float) ? *(float*)&weight : BitConverter.Int32BitsToSingle(*(ushort*)&weight << 16);
}
