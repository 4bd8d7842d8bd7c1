using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>The decoder written down as the papers have it, one number at a time in double precision: an oracle that shares no code with the product.</summary>
internal sealed class PlainDecoder
{
    private readonly DecoderConfig _config;
    private readonly Dictionary<string, double[]> _weights;

    public PlainDecoder(Decoder decoder)
    {
        _config = decoder.Config;
        _weights = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Weight.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray());
    }

    /// <summary>Logits after each token.</summary>
    public double[][] Logits(int[] tokens)
    {
        int width = _config.Width, head = _config.GivenHeadWidth ?? width / _config.Heads;
        double[][] stream = [.. tokens.Select(token => _weights["model.embed_tokens.weight"][(token * width)..((token + 1) * width)])];
        for (int layer = 0; layer < _config.Layers; layer++)
        {
            string attention = $"model.layers.{layer}.self_attn.", feed = $"model.layers.{layer}.mlp.";
            double[][] input = [.. stream.Select(x => Norm(x, $"model.layers.{layer}.input_layernorm.weight"))];
            double[][][] q = [.. input.Select((x, at) => Heads(Linear(x, attention + "q_proj"), head, at, attention + "q_norm.weight"))];
            double[][][] k = [.. input.Select((x, at) => Heads(Linear(x, attention + "k_proj"), head, at, attention + "k_norm.weight"))];
            double[][][] v = [.. input.Select(x => Linear(x, attention + "v_proj").Chunk(head).ToArray())];
            for (int at = 0; at < tokens.Length; at++)
            {
                int from = _config.ModelType == "mistral" && _config.GivenWindow is { } window ? Math.Max(0, at - window + 1) : 0;
                double[] mixed = [.. Enumerable.Range(0, _config.Heads).SelectMany(index => Mix(q[at][index], k, v, index * _config.KeyValueHeads / _config.Heads, from, at))];
                stream[at] = Add(stream[at], Linear(mixed, attention + "o_proj"));
                double[] hidden = Norm(stream[at], $"model.layers.{layer}.post_attention_layernorm.weight");
                double[] gated = [.. Linear(hidden, feed + "gate_proj").Zip(Linear(hidden, feed + "up_proj"), (gate, up) => gate / (1 + Math.Exp(-gate)) * up)];
                stream[at] = Add(stream[at], Linear(gated, feed + "down_proj"));
            }
        }

        string output = _config.TiedHead ? "model.embed_tokens" : "lm_head";
        return [.. stream.Select(x => Linear(Norm(x, "model.norm.weight"), output))];
    }

    private double[][] Heads(double[] row, int width, int position, string norm)
    {
        double[][] heads = [.. row.Chunk(width)];
        foreach (double[] head in heads)
        {
            if (_weights.ContainsKey(norm)) Norm(head, norm).CopyTo(head, 0);
            for (int pair = 0; pair < width / 2; pair++)
            {
                double angle = position * Slowed(Math.Pow(_config.RopeTheta, -2.0 * pair / width)), a = head[pair], b = head[pair + width / 2];
                head[pair] = a * Math.Cos(angle) - b * Math.Sin(angle);
                head[pair + width / 2] = b * Math.Cos(angle) + a * Math.Sin(angle);
            }
        }

        return heads;
    }

    /// <summary>Llama 3.1's rule in terms of wavelengths, as its reference code words it.</summary>
    private double Slowed(double frequency)
    {
        if (_config.RopeScaling is not { } scaling) return frequency;
        if (scaling.OlderType == "linear") return frequency / scaling.Factor!.Value;
        double wavelength = 2 * Math.PI / frequency, original = scaling.OriginalContext!.Value;
        if (wavelength < original / scaling.HighFrequencyFactor) return frequency;
        if (wavelength > original / scaling.LowFrequencyFactor) return frequency / scaling.Factor!.Value;
        double smooth = (original / wavelength - scaling.LowFrequencyFactor!.Value) / (scaling.HighFrequencyFactor!.Value - scaling.LowFrequencyFactor.Value);
        return (1 - smooth) * frequency / scaling.Factor!.Value + smooth * frequency;
    }

    private static double[] Mix(double[] query, double[][][] keys, double[][][] values, int head, int from, int to)
    {
        double[] weights = [.. Enumerable.Range(from, to - from + 1).Select(at => Math.Exp(query.Zip(keys[at][head], (a, b) => a * b).Sum() / Math.Sqrt(query.Length)))];
        return [.. Enumerable.Range(0, query.Length).Select(index => weights.Select((weight, at) => weight * values[from + at][head][index]).Sum() / weights.Sum())];
    }

    private double[] Norm(double[] x, string name) => [.. x.Zip(_weights[name], (value, weight) => value * weight / Math.Sqrt(x.Sum(other => other * other) / x.Length + _config.NormEpsilon))];

    private double[] Linear(double[] x, string module)
    {
        double[] weight = _weights[module + ".weight"], bias = _weights.GetValueOrDefault(module + ".bias", new double[weight.Length / x.Length]);
        return [.. bias.Select((start, row) => start + x.Select((value, column) => value * weight[row * x.Length + column]).Sum())];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (left, right) => left + right)];
}
