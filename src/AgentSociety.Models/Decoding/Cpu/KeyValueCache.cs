using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>Keys and values of the sequence in one slot, and attention over them.</summary>
/// <remarks>
/// Keys stand [layer, head, block, dimension, 16 positions], so that one vector holds a dimension of a block of positions and what is read
/// lies in one piece; values [layer, head, position, dimension].
/// </remarks>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private const int Lane = 16;
    private readonly FloatBlock _block;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _positions;
    private readonly int _window;
    private readonly long _keysPerLayer;
    private readonly long _perLayer;
    private readonly int _layers;

    /// <summary>Room for <paramref name="context"/> positions; memory is taken as they are written.</summary>
    public KeyValueCache(DecoderConfig config, int context)
    {
        _heads = config.KeyValueHeads;
        _width = config.HeadWidth;
        _positions = Padded(context);
        _window = config.Window ?? int.MaxValue;
        _keysPerLayer = (long)_heads * _width * _positions;
        _perLayer = 2 * _keysPerLayer;
        // The last vector of a value may reach past it; what it reads there lands in lanes that nobody looks at.
        _block = new FloatBlock(config.Layers * _perLayer + Lane);
        _layers = config.Layers;
    }

    /// <summary>Positions that there is room for.</summary>
    public int Positions => _positions;

    /// <summary>Rounded up to whole vectors.</summary>
    public static int Padded(int length) => (length + Lane - 1) / Lane * Lane;

    /// <summary>Stores one position's keys and values, [head, dimension] each.</summary>
    public void Store(int layer, int position, float* keys, float* values)
    {
        float* keyStart = _block.Start + layer * _perLayer + (long)(position / Lane) * _width * Lane + position % Lane;
        float* valueStart = _block.Start + layer * _perLayer + _keysPerLayer + (long)position * _width;
        for (int head = 0; head < _heads; head++)
        {
            float* key = keyStart + (long)head * _width * _positions, value = valueStart + (long)head * _width * _positions;
            for (int dimension = 0; dimension < _width; dimension++) key[dimension * Lane] = keys[head * _width + dimension];
            new ReadOnlySpan<float>(values + head * _width, _width).CopyTo(new(value, _width));
        }
    }

    /// <summary>Copies the first positions of another cache, which may have room for fewer or more.</summary>
    public void CopyFrom(KeyValueCache other, int length)
    {
        // Keys are copied by whole blocks: what lies behind the length is written before it is seen.
        uint bytes = (uint)(Padded(length) * _width * sizeof(float));
        for (int part = 0; part < _layers * 2 * _heads; part++)
        {
            long start = (long)part * _width;
            Unsafe.CopyBlock(_block.Start + start * _positions, other._block.Start + start * other._positions, bytes);
        }
    }

    /// <summary>softmax(q K / sqrt(width)) V of one query head over the positions that <paramref name="position"/> sees, itself the last (Vaswani et al. 2017, equation 1).</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Key and value head.</param>
    /// <param name="position">The position that looks.</param>
    /// <param name="query">The query, already divided by the root of the width.</param>
    /// <param name="scores">Room for the padded number of positions.</param>
    /// <param name="output">Room for the padded width.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Attend(int layer, int head, int position, float* query, float* scores, float* output)
    {
        float* keys = _block.Start + layer * _perLayer + (long)head * _width * _positions;
        float* values = _block.Start + layer * _perLayer + _keysPerLayer + (long)head * _positions * _width;
        // A window begins in the middle of a block of keys; what lies before it in the block is scored and struck out.
        int first = Math.Max(0, position + 1 - _window), skipped = first / Lane * Lane, seen = position + 1 - skipped;
        keys += (long)skipped * _width;
        values += (long)skipped * _width;
        Score(keys, query, scores, seen);
        for (int place = 0; place < first - skipped; place++) scores[place] = float.NegativeInfinity;
        float scale = 1 / Weigh(scores, seen);
        for (int start = 0; start < _width; start += Lane)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            float* value = values + start;
            int place = 0;
            for (; place + 4 <= seen; place += 4, value += 4 * _width)
            {
                a = Vector512.FusedMultiplyAdd(Vector512.Load(value), Vector512.Create(scores[place]), a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(value + _width), Vector512.Create(scores[place + 1]), b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(value + 2 * _width), Vector512.Create(scores[place + 2]), c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(value + 3 * _width), Vector512.Create(scores[place + 3]), d);
            }

            for (; place < seen; place++, value += _width) a = Vector512.FusedMultiplyAdd(Vector512.Load(value), Vector512.Create(scores[place]), a);
            (((a + b) + (c + d)) * scale).Store(output + start);
        }
    }

    public void Dispose() => _block.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Score(float* keys, float* query, float* scores, int seen)
    {
        int place = 0, block = _width * Lane;
        for (; place + 3 * Lane < seen; place += 4 * Lane)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            float* key = keys + place * _width;
            for (int dimension = 0; dimension < _width; dimension++, key += Lane)
            {
                Vector512<float> q = Vector512.Create(query[dimension]);
                a = Vector512.FusedMultiplyAdd(Vector512.Load(key), q, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(key + block), q, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(key + 2 * block), q, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(key + 3 * block), q, d);
            }

            a.Store(scores + place);
            b.Store(scores + place + Lane);
            c.Store(scores + place + 2 * Lane);
            d.Store(scores + place + 3 * Lane);
        }

        for (; place < seen; place += Lane)
        {
            Vector512<float> a = default;
            float* key = keys + place * _width;
            for (int dimension = 0; dimension < _width; dimension++, key += Lane) a = Vector512.FusedMultiplyAdd(Vector512.Load(key), Vector512.Create(query[dimension]), a);
            a.Store(scores + place);
        }
    }

    /// <summary>Replaces scores by their exponentials over the greatest and returns the sum; what lies behind the last position seen becomes 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Weigh(float* scores, int seen)
    {
        for (int place = seen; place < Padded(seen); place++) scores[place] = float.NegativeInfinity;
        Vector512<float> greatest = Vector512.Create(float.NegativeInfinity);
        for (int place = 0; place < seen; place += Lane) greatest = Vector512.Max(greatest, Vector512.Load(scores + place));
        Vector256<float> eight = Vector256.Max(greatest.GetLower(), greatest.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        float most = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
        Vector512<float> shift = Vector512.Create(most), sum = default;
        for (int place = 0; place < seen; place += Lane)
        {
            Vector512<float> difference = Vector512.Load(scores + place) - shift;
            Vector512<float> weight = Vector512.ConditionalSelect(Vector512.GreaterThan(difference, Vector512.Create(-87f)), Elementwise.Exp(difference), default);
            weight.Store(scores + place);
            sum += weight;
        }

        return Vector512.Sum(sum);
    }
}
