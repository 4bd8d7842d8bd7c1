using AgentSociety.Core.Randomness;

namespace AgentSociety.Models;

/// <summary>Draws one token from logits. Knows nothing of sequences beyond the tokens that a repetition penalty looks at.</summary>
internal sealed class Sampler(int vocabulary)
{
    private readonly float[] _weights = new float[vocabulary];
    private readonly int[] _order = new int[vocabulary];
    private double _sum;

    /// <summary>Draws a token.</summary>
    /// <param name="logits">One value a token id; changed by a repetition penalty.</param>
    /// <param name="settings">How to draw.</param>
    /// <param name="random">The sequence's stream; not touched at temperature 0.</param>
    /// <param name="written">The sequence so far.</param>
    public (int Token, float LogProbability) Draw(Span<float> logits, SamplingSettings settings, KeyedRandom random, ReadOnlySpan<int> written)
    {
        if (settings.RepetitionPenalty != 1) Penalise(logits, (float)settings.RepetitionPenalty, written);
        int best = Likeliest(logits);
        float scale = settings.Temperature > 0 ? (float)(1 / settings.Temperature) : 1;
        float greatest = logits[best];
        double sum = 0;
        for (int token = 0; token < logits.Length; token++)
        {
            float weight = MathF.Exp((logits[token] - greatest) * scale);
            _weights[token] = weight;
            sum += weight;
        }

        _sum = sum;
        if (settings.Temperature <= 0) return (best, (float)-Math.Log(sum));
        if (settings.TopK > 0 && settings.TopK < logits.Length || settings.TopP < 1 || settings.MinP > 0) _sum = sum = Truncate(settings, sum);
        double place = random.NextDouble() * sum;
        int chosen = best;
        for (int token = 0; token < logits.Length; token++)
        {
            if (_weights[token] == 0) continue;
            chosen = token;
            place -= _weights[token];
            if (place < 0) break;
        }

        return (chosen, (float)Math.Log(_weights[chosen] / sum));
    }

    /// <summary>The likeliest tokens of the distribution that was drawn from last, likeliest first, ties by id; tokens that could not be drawn are left out.</summary>
    public IReadOnlyList<(int Token, float LogProbability)> Likeliest(int count)
    {
        if (count <= 0) return [];
        PriorityQueue<int, (float, int)> kept = new(count + 1);
        for (int token = 0; token < _weights.Length; token++)
        {
            if (_weights[token] == 0) continue;
            if (kept.Count < count) kept.Enqueue(token, (_weights[token], -token));
            else kept.EnqueueDequeue(token, (_weights[token], -token));
        }

        (int, float)[] likeliest = new (int, float)[kept.Count];
        for (int place = likeliest.Length - 1; place >= 0; place--)
        {
            int token = kept.Dequeue();
            likeliest[place] = (token, (float)Math.Log(_weights[token] / _sum));
        }

        return likeliest;
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[best]) best = token;
        }

        return best;
    }

    private void Penalise(Span<float> logits, float penalty, ReadOnlySpan<int> written)
    {
        _order.AsSpan().Clear();
        foreach (int token in written) _order[token] = 1;
        for (int token = 0; token < logits.Length; token++)
        {
            if (_order[token] == 1) logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
        }
    }

    /// <summary>Sets the weights of excluded tokens to zero and returns the sum of the others.</summary>
    private double Truncate(SamplingSettings settings, double sum)
    {
        int count = 0;
        for (int token = 0; token < _weights.Length; token++) _order[count++] = token;
        // Weights fall, ids rise among equals; the likeliest token has weight 1.
        _order.AsSpan().Sort((left, right) => _weights[right] != _weights[left] ? _weights[right].CompareTo(_weights[left]) : left.CompareTo(right));
        int kept = settings.TopK > 0 ? Math.Min(settings.TopK, count) : count;
        double total = 0;
        for (int rank = 0; rank < kept; rank++) total += _weights[_order[rank]];
        double reached = 0;
        for (int rank = 0; rank < kept; rank++)
        {
            if (rank > 0 && (reached >= settings.TopP * total || _weights[_order[rank]] < settings.MinP))
            {
                kept = rank;
                break;
            }

            reached += _weights[_order[rank]];
        }

        for (int rank = kept; rank < count; rank++) _weights[_order[rank]] = 0;
        return kept == count ? sum : reached;
    }
}
