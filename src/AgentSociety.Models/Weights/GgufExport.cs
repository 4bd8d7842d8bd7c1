using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AgentSociety.Core;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Writes a model as one GGUF file, with its tokenizer and chat template, as llama.cpp runs it.</summary>
/// <remarks>
/// Matrices take the type asked for, except where a row is no multiple of 32 and Q8_0 is asked for (F16 then); vectors stay F32. Of families whose
/// rotary pairs llama.cpp wants side by side the rows of q and k are reordered. A Mistral window is written as the length of the context, since
/// llama.cpp's graph for this family has none: within it the two agree.
/// </remarks>
public static class GgufExport
{
    /// <summary>Writes the file.</summary>
    /// <param name="model">The model; its adapters are not part of the file, merge one first to have it.</param>
    /// <param name="path">The file.</param>
    /// <param name="type">Number format of the matrices.</param>
    /// <param name="name">The model's name in the file.</param>
    /// <exception cref="SocietyException">The tokenizer is none that llama.cpp knows, or a weight is too large for the type.</exception>
    public static void Write(LanguageModel model, string path, GgufType type = GgufType.F16, string? name = null)
    {
        DecoderConfig config = model.Decoder.Config;
        GgufFile file = new();
        AddShape(file, config, type, name ?? Path.GetFileNameWithoutExtension(path));
        GgufTokenizer.Add(file, model);
        foreach ((string parameter, Tensor weight) in model.Decoder.Parameters)
        {
            long[] shape = weight.shape;
            GgufType own = shape.Length == 1 ? GgufType.F32 : type == GgufType.Q8 && shape[^1] % 32 != 0 ? GgufType.F16 : type;
            int heads = !config.Family.GgufInterleaves ? 0 : parameter.Contains("self_attn.q_proj", StringComparison.Ordinal) ? config.Heads : parameter.Contains("self_attn.k_proj", StringComparison.Ordinal) ? config.KeyValueHeads : 0;
            file.AddTensor(NameOf(parameter), shape, own, stream => WriteValues(parameter, weight, heads, own, stream));
        }

        if (config.RopeScaling?.Rule == "llama3")
        {
            DecoderConfig plain = config with { RopeScaling = null };
            float[] divisors = [.. RotaryTable.Frequencies(plain).Zip(RotaryTable.Frequencies(config), (fast, slow) => (float)(fast / slow))];
            file.AddTensor("rope_freqs.weight", [divisors.Length], GgufType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(divisors)));
        }

        file.Save(path);
    }

    private static void AddShape(GgufFile file, DecoderConfig config, GgufType type, string name)
    {
        string family = config.Family.GgufName;
        file.Add("general.architecture", family);
        file.Add("general.name", name);
        file.Add("general.type", "model");
        file.Add("general.quantization_version", 2);
        file.Add("general.file_type", type == GgufType.Q8 ? 7 : (int)type);
        file.Add($"{family}.context_length", Math.Min(config.Context, config.Window ?? int.MaxValue));
        file.Add($"{family}.embedding_length", config.Width);
        file.Add($"{family}.block_count", config.Layers);
        file.Add($"{family}.feed_forward_length", config.FeedForward);
        file.Add($"{family}.attention.head_count", config.Heads);
        file.Add($"{family}.attention.head_count_kv", config.KeyValueHeads);
        file.Add($"{family}.attention.key_length", config.HeadWidth);
        file.Add($"{family}.attention.value_length", config.HeadWidth);
        file.Add($"{family}.attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        file.Add($"{family}.rope.freq_base", (float)config.RopeTheta);
        file.Add($"{family}.rope.dimension_count", config.HeadWidth);
        file.Add($"{family}.vocab_size", config.VocabularySize);
        if (config.RopeScaling is not { Rule: "linear" } scaling) return;
        file.Add($"{family}.rope.scaling.type", "linear");
        file.Add($"{family}.rope.scaling.factor", (float)scaling.Factor!.Value);
    }

    private static string NameOf(string parameter)
    {
        string[] parts = parameter.Split('.');
        if (parts[1] != "layers") return parameter switch
        {
            "model.embed_tokens.weight" => "token_embd.weight",
            "model.norm.weight" => "output_norm.weight",
            "lm_head.weight" => "output.weight",
            _ => throw new InvalidOperationException($"{parameter} has no name in GGUF."),
        };
        string place = parts[^2] switch
        {
            "input_layernorm" => "attn_norm",
            "post_attention_layernorm" => "ffn_norm",
            "q_proj" => "attn_q",
            "k_proj" => "attn_k",
            "v_proj" => "attn_v",
            "o_proj" => "attn_output",
            "q_norm" => "attn_q_norm",
            "k_norm" => "attn_k_norm",
            "gate_proj" => "ffn_gate",
            "up_proj" => "ffn_up",
            "down_proj" => "ffn_down",
            _ => throw new InvalidOperationException($"{parameter} has no name in GGUF."),
        };
        return $"blk.{parts[2]}.{place}.{parts[^1]}";
    }

    private static void WriteValues(string name, Tensor weight, int heads, GgufType type, Stream stream)
    {
        using var frozen = no_grad();
        // Row i of a head's first half and row i of its second become neighbours.
        using Tensor ordered = heads == 0 ? weight.detach() : weight.detach().reshape(heads, 2, weight.shape[0] / heads / 2, -1).transpose(1, 2).reshape(weight.shape);
        TensorValues.Read<float>(ordered, (values, _) => Write(name, values, type, stream));
    }

    private static void Write(string name, ReadOnlySpan<float> values, GgufType type, Stream stream)
    {
        switch (type)
        {
            case GgufType.F32:
                stream.Write(MemoryMarshal.AsBytes(values));
                break;
            case GgufType.F16:
                Half[] halves = new Half[values.Length];
                for (int index = 0; index < values.Length; index++) halves[index] = Narrowed(name, values[index], type);
                stream.Write(MemoryMarshal.AsBytes<Half>(halves));
                break;
            default:
                Quantise(name, values, stream);
                break;
        }
    }

    private static Half Narrowed(string name, float value, GgufType type)
    {
        Half half = (Half)value;
        return Half.IsFinite(half) || !float.IsFinite(value) ? half
            : throw new SocietyException($"tensor {name} holds values that are too large for {type} in GGUF and would become infinite; export it as f32, or in the Hugging Face format as bf16");
    }

    /// <summary>q = round(x / d) with d the greatest magnitude of 32 values divided by 127.</summary>
    private static void Quantise(string name, ReadOnlySpan<float> values, Stream stream)
    {
        Span<byte> block = stackalloc byte[34];
        for (int start = 0; start < values.Length; start += 32)
        {
            ReadOnlySpan<float> part = values.Slice(start, 32);
            float greatest = 0;
            foreach (float value in part) greatest = Math.Max(greatest, Math.Abs(value));
            float scale = greatest / 127, inverse = scale > 0 ? 1 / scale : 0;
            BinaryPrimitives.WriteHalfLittleEndian(block, Narrowed(name, scale, GgufType.Q8));
            for (int index = 0; index < 32; index++) block[2 + index] = (byte)(sbyte)MathF.Round(part[index] * inverse, MidpointRounding.AwayFromZero);
            stream.Write(block);
        }
    }
}
