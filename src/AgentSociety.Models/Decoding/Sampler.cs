using System.Runtime.Intrinsics;
using AgentSociety.Core.Randomness;
using AgentSociety.Models.Cpu;

namespace AgentSociety.Models;

/// <summary>Draws one token from logits. Knows nothing of sequences beyond the tokens that a repetition penalty looks at.</summary>
/// <remarks>Work grows with the vocabulary and not with its logarithm: what top-k, top-p and min-p keep is selected, and sorted only as far as top-p looks.</remarks>
internal sealed class Sampler(int vocabulary)
{
    private const int Lane = 16;
    private const int Block = 64;
    private const int FirstSorted = 64;

    private readonly float[] _weights = new float[vocabulary];
    private readonly ulong[] _ranks = new ulong[vocabulary];
    private readonly bool[] _seen = new bool[vocabulary];
    private double _sum;

    /// <summary>Draws a token.</summary>
    /// <param name="logits">One value a token id, negative infinity for a token that cannot be drawn; changed by a repetition penalty.</param>
    /// <param name="settings">How to draw.</param>
    /// <param name="random">The sequence's stream; not touched at temperature 0.</param>
    /// <param name="written">The sequence so far.</param>
    /// <returns>The token and its log-probability; -1 where the logits are no distribution, as those of weights that are not finite.</returns>
    public (int Token, float LogProbability) Draw(Span<float> logits, SamplingSettings settings, KeyedRandom random, ReadOnlySpan<int> written)
    {
        if (settings.RepetitionPenalty != 1) Penalise(logits, (float)settings.RepetitionPenalty, written);
        int best = Likeliest(logits);
        // A temperature that is almost 0 must not make the likeliest token's distance, 0, times infinity.
        _sum = Weigh(logits, logits[best], settings.Temperature > 0 ? (float)Math.Min(1 / settings.Temperature, float.MaxValue) : 1);
        if (!(_sum > 0)) return (-1, float.NaN);
        if (settings.Temperature <= 0) return (best, (float)-Math.Log(_sum));
        if (settings.TopK > 0 && settings.TopK < logits.Length || settings.TopP < 1 || settings.MinP > 0) _sum = Truncate(settings, _sum);
        double place = random.NextDouble() * _sum;
        int chosen = best;
        for (int token = 0; token < logits.Length; token++)
        {
            if (_weights[token] == 0) continue;
            chosen = token;
            place -= _weights[token];
            if (place < 0) break;
        }

        return (chosen, (float)Math.Log(_weights[chosen] / _sum));
    }

    /// <summary>The likeliest tokens of the distribution that was drawn from last, likeliest first, ties by id; tokens that could not be drawn are left out.</summary>
    public IReadOnlyList<(int Token, float LogProbability)> Likeliest(int count)
    {
        if (count <= 0) return [];
        int left = Rank();
        Span<ulong> kept = _ranks.AsSpan(left - SelectGreatest(_ranks.AsSpan(0, left), count), Math.Min(count, left));
        kept.Sort();
        (int, float)[] likeliest = new (int, float)[kept.Length];
        for (int place = 0; place < likeliest.Length; place++)
        {
            int token = TokenOf(kept[kept.Length - 1 - place]);
            likeliest[place] = (token, (float)Math.Log(_weights[token] / _sum));
        }

        return likeliest;
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int start = 0; start < logits.Length; start += Block)
        {
            ReadOnlySpan<float> block = logits[start..Math.Min(start + Block, logits.Length)];
            if (!Exceeds(block, logits[best])) continue;
            for (int token = 0; token < block.Length; token++)
            {
                if (block[token] > logits[best]) best = start + token;
            }
        }

        return best;
    }

    /// <summary>False where no value of a block is greater; most blocks of a large vocabulary are passed over so.</summary>
    private static bool Exceeds(ReadOnlySpan<float> block, float most)
    {
        if (block.Length < Block) return true;
        Vector512<float> bound = Vector512.Create(most);
        for (int index = 0; index < Block; index += Lane)
        {
            if (Vector512.GreaterThanAny(Vector512.Create(block.Slice(index, Lane)), bound)) return true;
        }

        return false;
    }

    /// <summary>Sets the weights to exp((logit - greatest) * scale), 0 for what lies so far below that it cannot be drawn, and returns their sum.</summary>
    private unsafe double Weigh(ReadOnlySpan<float> logits, float greatest, float scale)
    {
        Vector512<float> shift = Vector512.Create(greatest), scales = Vector512.Create(scale), least = Vector512.Create(-87f);
        Vector512<double> sums = default;
        int token = 0;
        fixed (float* from = logits, to = _weights)
        {
            for (; token + Lane <= logits.Length; token += Lane)
            {
                Vector512<float> distance = (Vector512.Load(from + token) - shift) * scales;
                Vector512<float> weight = Vector512.ConditionalSelect(Vector512.GreaterThan(distance, least), Elementwise.Exp(distance), default);
                weight.Store(to + token);
                (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(weight);
                sums += lower + upper;
            }
        }

        double sum = Vector512.Sum(sums);
        for (; token < logits.Length; token++)
        {
            float distance = (logits[token] - greatest) * scale;
            _weights[token] = distance > -87 ? Elementwise.Exp(Vector512.Create(distance)).ToScalar() : 0;
            sum += _weights[token];
        }

        return sum;
    }

    private void Penalise(Span<float> logits, float penalty, ReadOnlySpan<int> written)
    {
        foreach (int token in written)
        {
            if (_seen[token]) continue;
            _seen[token] = true;
            logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }

        foreach (int token in written) _seen[token] = false;
    }

    /// <summary>Sets the weights of excluded tokens to zero and returns the sum of the others.</summary>
    private double Truncate(SamplingSettings settings, double sum)
    {
        int end = Rank();
        int first = settings.TopK > 0 && settings.TopK < end ? end - SelectGreatest(_ranks.AsSpan(0, end), settings.TopK) : 0;
        double total = sum;
        if (first > 0)
        {
            total = Keep(_ranks.AsSpan(first, end - first));
        }

        int kept = first;
        if (settings.TopP < 1) kept = first + Nucleus(_ranks.AsSpan(first, end - first), settings.TopP * total);
        if (kept == first && settings.MinP <= 0) return total;
        return Keep(_ranks.AsSpan(kept, end - kept), (float)settings.MinP);
    }

    /// <summary>Ranks all tokens that can be drawn: as numbers whose order is that of the weights, ties with the lower id above.</summary>
    private int Rank()
    {
        int count = 0;
        for (int token = 0; token < _weights.Length; token++)
        {
            if (_weights[token] > 0) _ranks[count++] = (ulong)BitConverter.SingleToUInt32Bits(_weights[token]) << 32 | ~(uint)token;
        }

        return count;
    }

    private static int TokenOf(ulong rank) => (int)~(uint)rank;

    /// <summary>How many of the least ranks are to be left out, so that the others just reach a weight; these others then stand behind.</summary>
    private int Nucleus(Span<ulong> ranks, double wanted)
    {
        double reached = 0;
        int end = ranks.Length;
        for (int count = FirstSorted; end > 0; count *= 4)
        {
            int begin = end - SelectGreatest(ranks[..end], count);
            ranks[begin..end].Sort();
            for (int place = end - 1; place >= begin; place--)
            {
                reached += _weights[TokenOf(ranks[place])];
                if (reached >= wanted) return place;
            }

            end = begin;
        }

        return 0;
    }

    /// <summary>Keeps the weights of these tokens that are at least <paramref name="least"/>, or the greatest's, and returns their sum in the order of ids.</summary>
    private double Keep(ReadOnlySpan<ulong> ranks, float least = 0)
    {
        foreach (ulong rank in ranks) _seen[TokenOf(rank)] = true;
        double sum = 0;
        for (int token = 0; token < _weights.Length; token++)
        {
            // The likeliest token has weight 1 and stays whatever is asked for.
            if (!_seen[token] || _weights[token] < Math.Min(least, 1)) _weights[token] = 0;
            sum += _weights[token];
            _seen[token] = false;
        }

        return sum;
    }

    /// <summary>Moves the greatest <paramref name="count"/> values to the end, in no order (Hoare 1961, "Find"); returns how many that are.</summary>
    private static int SelectGreatest(Span<ulong> values, int count)
    {
        if (count >= values.Length) return values.Length;
        int begin = 0, end = values.Length, border = values.Length - count;
        while (end - begin > 16)
        {
            ulong a = values[begin], b = values[begin + (end - begin) / 2], c = values[end - 1];
            ulong pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
            int low = begin, high = end - 1;
            while (low <= high)
            {
                while (values[low] < pivot) low++;
                while (values[high] > pivot) high--;
                if (low > high) break;
                (values[low], values[high]) = (values[high], values[low]);
                low++;
                high--;
            }

            if (border <= high) end = high + 1;
            else if (border >= low) begin = low;
            else return count;
        }

        values[begin..end].Sort();
        return count;
    }
}
