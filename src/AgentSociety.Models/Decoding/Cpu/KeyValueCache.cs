using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AgentSociety.Models.Cpu;

/// <summary>Keys and values of the sequence in one slot, and attention over them.</summary>
/// <remarks>Keys stand [layer, head, dimension, position], so that one vector holds a dimension of 16 positions; values [layer, head, position, dimension].</remarks>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private const int Lane = 16;
    private readonly FloatBlock _block;
    private readonly int _heads;
    private readonly int _width;
    private readonly int _positions;
    private readonly int _paddedWidth;
    private readonly long _keysPerLayer;
    private readonly long _perLayer;

    public KeyValueCache(DecoderConfig config)
    {
        _heads = config.KeyValueHeads;
        _width = config.HeadWidth;
        _positions = Padded(config.Context);
        _paddedWidth = Padded(_width);
        _keysPerLayer = (long)_heads * _width * _positions;
        _perLayer = _keysPerLayer + (long)_heads * _positions * _paddedWidth;
        _block = new FloatBlock(config.Layers * _perLayer);
    }

    /// <summary>Rounded up to whole vectors.</summary>
    public static int Padded(int length) => (length + Lane - 1) / Lane * Lane;

    /// <summary>Stores one position's keys and values, [head, dimension] each.</summary>
    public void Store(int layer, int position, float* keys, float* values)
    {
        float* keyStart = _block.Start + layer * _perLayer + position;
        float* valueStart = _block.Start + layer * _perLayer + _keysPerLayer + (long)position * _paddedWidth;
        for (int index = 0; index < _heads * _width; index++) keyStart[(long)index * _positions] = keys[index];
        for (int head = 0; head < _heads; head++)
        {
            float* target = valueStart + (long)head * _positions * _paddedWidth;
            for (int dimension = 0; dimension < _width; dimension++) target[dimension] = values[head * _width + dimension];
        }
    }

    /// <summary>Copies the first positions of another slot.</summary>
    public void CopyFrom(KeyValueCache other, int length)
    {
        int layers = (int)(_block.Length / _perLayer);
        for (int layer = 0; layer < layers; layer++)
        {
            float* from = other._block.Start + layer * _perLayer, to = _block.Start + layer * _perLayer;
            for (int row = 0; row < _heads * _width; row++) Unsafe.CopyBlock(to + (long)row * _positions, from + (long)row * _positions, (uint)length * sizeof(float));
            for (int head = 0; head < _heads; head++)
            {
                long start = _keysPerLayer + (long)head * _positions * _paddedWidth;
                Unsafe.CopyBlock(to + start, from + start, (uint)(length * _paddedWidth) * sizeof(float));
            }
        }
    }

    /// <summary>softmax(q K / sqrt(width)) V of one query head over positions 0 to <paramref name="position"/> (Vaswani et al. 2017, equation 1).</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Key and value head.</param>
    /// <param name="position">The last position that is seen.</param>
    /// <param name="query">The query, already divided by the root of the width.</param>
    /// <param name="scores">Room for the padded number of positions.</param>
    /// <param name="output">Room for the padded width.</param>
    public void Attend(int layer, int head, int position, float* query, float* scores, float* output)
    {
        float* keys = _block.Start + layer * _perLayer + (long)head * _width * _positions;
        float* values = _block.Start + layer * _perLayer + _keysPerLayer + (long)head * _positions * _paddedWidth;
        int seen = position + 1;
        Score(keys, query, scores, seen);
        float scale = 1 / Weigh(scores, seen);
        for (int start = 0; start < _paddedWidth; start += Lane)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            float* value = values + start;
            int place = 0;
            for (; place + 4 <= seen; place += 4, value += 4 * _paddedWidth)
            {
                a = Vector512.FusedMultiplyAdd(Vector512.Load(value), Vector512.Create(scores[place]), a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(value + _paddedWidth), Vector512.Create(scores[place + 1]), b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(value + 2 * _paddedWidth), Vector512.Create(scores[place + 2]), c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(value + 3 * _paddedWidth), Vector512.Create(scores[place + 3]), d);
            }

            for (; place < seen; place++, value += _paddedWidth) a = Vector512.FusedMultiplyAdd(Vector512.Load(value), Vector512.Create(scores[place]), a);
            (((a + b) + (c + d)) * scale).Store(output + start);
        }
    }

    public void Dispose() => _block.Dispose();

    private void Score(float* keys, float* query, float* scores, int seen)
    {
        int place = 0;
        for (; place + 3 * Lane < seen; place += 4 * Lane)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            float* key = keys + place;
            for (int dimension = 0; dimension < _width; dimension++, key += _positions)
            {
                Vector512<float> q = Vector512.Create(query[dimension]);
                a = Vector512.FusedMultiplyAdd(Vector512.Load(key), q, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Load(key + Lane), q, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Load(key + 2 * Lane), q, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Load(key + 3 * Lane), q, d);
            }

            a.Store(scores + place);
            b.Store(scores + place + Lane);
            c.Store(scores + place + 2 * Lane);
            d.Store(scores + place + 3 * Lane);
        }

        for (; place < seen; place += Lane)
        {
            Vector512<float> a = default;
            float* key = keys + place;
            for (int dimension = 0; dimension < _width; dimension++, key += _positions)
                a = Vector512.FusedMultiplyAdd(Vector512.Load(key), Vector512.Create(query[dimension]), a);
            a.Store(scores + place);
        }
    }

    /// <summary>Replaces scores by their exponentials over the greatest and returns the sum; what lies behind the last position seen becomes 0.</summary>
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
