using AgentSociety.Core;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models;

// The weights as files hold them: names, shapes, and how they are read.
public sealed partial class Decoder
{
    /// <summary>A decoder with the weights of a model's folder.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="folder">The folder, with <c>model.safetensors</c> or shards and their index.</param>
    /// <param name="device">Where the weights are to live.</param>
    /// <param name="asStored">
    /// True to leave them in the file's number format and, on the CPU, in the mapped file itself: the weights can be decoded with and written, but not
    /// trained. False for float32 in memory of their own.
    /// </param>
    /// <exception cref="SocietyException">A file or tensor is missing, a tensor has another shape, or one has no place in the model.</exception>
    public static Decoder Load(DecoderConfig config, string folder, Device device, bool asStored = false)
    {
        using CheckpointFiles files = CheckpointFiles.Open(folder);
        CheckShapes(config, folder, files);
        Dictionary<string, Tensor> weights = [];
        using var frozen = no_grad();
        foreach ((string name, long[] shape) in Shapes(config))
        {
            Tensor source = files.View(name);
            if (asStored && device.type == DeviceType.CPU)
            {
                weights[name] = source.DetachFromDisposeScope();
                continue;
            }

            Tensor weight = empty(shape, asStored ? source.dtype : ScalarType.Float32, device);
            // Piece by piece, so that of the mapped pages only a few are held beside the copy.
            using (Tensor from = source.view(-1), to = weight.view(-1))
            {
                const long Piece = 1 << 20;
                for (long start = 0, whole = weight.numel(); start < whole; start += Piece)
                {
                    using Tensor part = from.narrow(0, start, Math.Min(Piece, whole - start)), place = to.narrow(0, start, part.shape[0]);
                    place.copy_(part).Dispose();
                    files.Release(name);
                }
            }

            weights[name] = weight.DetachFromDisposeScope().requires_grad_(!asStored);
            source.Dispose();
        }

        return new Decoder(config, weights);
    }

    private static void CheckShapes(DecoderConfig config, string folder, CheckpointFiles files)
    {
        HashSet<string> left = [.. files.Names];
        foreach ((string name, long[] shape) in Shapes(config))
        {
            if (!left.Remove(name)) throw new SocietyException($"{(left.Count > 0 ? files.FileOf(left.First()) : folder)}: tensor {name} is missing");
            if (!files.ShapeOf(name).SequenceEqual(shape)) throw new SocietyException($"{files.FileOf(name)}: tensor {name} has shape [{string.Join(", ", files.ShapeOf(name))}] where config.json asks for [{string.Join(", ", shape)}]");
            if (files.TypeOf(name) is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64)) throw new SocietyException($"{files.FileOf(name)}: tensor {name} holds whole numbers ({files.TypeOf(name)}); weights must be F32, F16, BF16 or F64");
        }

        // Older exports store the rotary frequencies, and some a copy of a tied head; both follow from the rest.
        left.RemoveWhere(name => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.TiedHead && name == "lm_head.weight"));
        if (left.Count > 0) throw new SocietyException($"{files.FileOf(left.First())}: holds tensors that config.json has no place for, such as {left.First()}");
    }

    /// <summary>Names and shapes of all weights.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Shapes(DecoderConfig config)
    {
        long width = config.Width;
        yield return ("model.embed_tokens.weight", [config.VocabularySize, width]);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = LayerMatrices.Prefix(layer);
            yield return (prefix + "input_layernorm.weight", [width]);
            foreach ((string, long[]) weight in Weights(layer, LayerProduct.Attention)) yield return weight;
            foreach ((string, long[]) weight in Weights(layer, LayerProduct.Output)) yield return weight;
            if (config.QueryKeyValueBias)
            {
                foreach ((string, long[]) bias in Biases(layer, LayerProduct.Attention)) yield return bias;
            }

            if (config.OutputBias)
            {
                foreach ((string, long[]) bias in Biases(layer, LayerProduct.Output)) yield return bias;
            }

            if (config.QueryKeyNorm)
            {
                yield return (prefix + "self_attn.q_norm.weight", [config.HeadWidth]);
                yield return (prefix + "self_attn.k_norm.weight", [config.HeadWidth]);
            }

            yield return (prefix + "post_attention_layernorm.weight", [width]);
            foreach ((string, long[]) weight in Weights(layer, LayerProduct.GateUp)) yield return weight;
            foreach ((string, long[]) weight in Weights(layer, LayerProduct.Down)) yield return weight;
        }

        yield return ("model.norm.weight", [width]);
        if (!config.TiedHead) yield return ("lm_head.weight", [config.VocabularySize, width]);

        IEnumerable<(string Name, long[] Shape)> Weights(int layer, LayerProduct product) =>
            LayerMatrices.Of(config, layer, product).Select(matrix => (matrix.Name + ".weight", (long[])[matrix.Outputs, LayerMatrices.Inputs(config, product)]));

        IEnumerable<(string Name, long[] Shape)> Biases(int layer, LayerProduct product) => LayerMatrices.Of(config, layer, product).Select(matrix => (matrix.Name + ".bias", (long[])[matrix.Outputs]));
    }
}
