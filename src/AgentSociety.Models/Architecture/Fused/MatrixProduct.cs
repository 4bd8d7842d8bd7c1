using System.Runtime.Intrinsics;
using AgentSociety.Models.Cpu;
using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>y = x [W1; W2; ...]^T + b for large matrices in this library's own kernels; torch's use narrower vectors on some makers' processors, and copy matrices that stand side by side.</summary>
/// <remarks>
/// dx = dy W, dW = dy^T x, db = the sum of dy's rows. Small matrices are left to torch, by their shapes alone: how many rows pass changes nothing. All are left to torch where
/// the processor has no vectors of 512 bits: its products are faster there.
/// </remarks>
internal sealed unsafe class MatrixProduct : autograd.SingleTensorFunction<MatrixProduct>
{
    /// <summary>Inputs and outputs from which on a matrix is large.</summary>
    public const int Large = 256;

    private const string Learned = "learned", Matrices = "matrices";

    public override string Name => nameof(MatrixProduct);

    /// <summary>True where the product is made here: all float32 on the CPU, a large matrix, and vectors as wide as the kernels'.</summary>
    public static bool Supports(Tensor input, Tensor[] weights) =>
        Vector512.IsHardwareAccelerated && weights[0].shape[1] >= Large && weights.Sum(weight => weight.shape[0]) >= Large && Values.Supports(input) && weights.All(Values.Supports);

    /// <summary>The products side by side.</summary>
    /// <param name="input">[..., inputs].</param>
    /// <param name="weights">Each [outputs, inputs].</param>
    /// <param name="biases">None, or one for each matrix.</param>
    /// <returns>[..., outputs of all matrices].</returns>
    public static Tensor Of(Tensor input, Tensor[] weights, Tensor[] biases) =>
        apply([input.contiguous(), .. weights.Select(weight => weight.contiguous()), .. biases.Select(bias => bias.contiguous()), weights.Length]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        int matrices = (int)vars[^1];
        Tensor[] all = [.. vars[..^1].Cast<Tensor>()], weights = all[1..(1 + matrices)], biases = all[(1 + matrices)..];
        Tensor input = all[0];
        bool[] learned = [.. all.Select(tensor => tensor.requires_grad)];
        // The input is held for the gradients of matrices alone.
        ctx.save_for_backward([.. weights, .. learned[1..(1 + matrices)].Any(wanted => wanted) ? (Tensor[])[input] : []]);
        ctx.save_data(Learned, learned);
        ctx.save_data(Matrices, matrices);

        int inputs = (int)weights[0].shape[1], outputs = (int)weights.Sum(weight => weight.shape[0]), rows = (int)(input.numel() / inputs);
        Tensor output = Values.Like([.. input.shape[..^1], outputs]);
        float* x = Values.Of(input), y = Values.Of(output);
        for (int index = 0; index < matrices; index++)
        {
            int own = (int)weights[index].shape[0];
            if (biases.Length > 0) Repeat(Values.Of(biases[index]), own, y, outputs, rows);
            BlockedProduct.Multiply(new Operand(x, inputs), new Operand(Values.Of(weights[index]), inputs, transposed: true), y, outputs, rows, inputs, own, add: biases.Length > 0);
            y += own;
        }

        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        bool[] learned = (bool[])ctx.get_data(Learned);
        int matrices = (int)ctx.get_data(Matrices), inputs = (int)saved[0].shape[1], outputs = (int)grad_output.shape[^1], rows = (int)(grad_output.numel() / outputs);
        using Tensor gradient = grad_output.contiguous();
        float* dy = Values.Of(gradient), x = saved.Count > matrices ? Values.Of(saved[^1]) : null;
        Tensor[] gradients = new Tensor[learned.Length + 1];
        if (learned[0]) gradients[0] = Values.Like([.. grad_output.shape[..^1], inputs]);
        for (int index = 0; index < matrices; index++)
        {
            int own = (int)saved[index].shape[0];
            if (learned[0]) BlockedProduct.Multiply(new Operand(dy, outputs), new Operand(Values.Of(saved[index]), inputs), Values.Of(gradients[0]), inputs, rows, own, inputs, add: index > 0);
            if (learned[1 + index])
            {
                gradients[1 + index] = Values.Like(own, inputs);
                BlockedProduct.Multiply(new Operand(dy, outputs, transposed: true), new Operand(x, inputs), Values.Of(gradients[1 + index]), inputs, own, rows, inputs, add: false);
            }

            int bias = 1 + matrices + index;
            if (bias < learned.Length && learned[bias])
            {
                gradients[bias] = Values.Like(own);
                SumRows(dy, outputs, rows, Values.Of(gradients[bias]), own);
            }

            dy += own;
        }

        return [.. gradients];
    }

    private static void Repeat(float* values, int count, float* target, long stride, int rows)
    {
        for (int row = 0; row < rows; row++) new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(target + row * stride, count));
    }

    private static void SumRows(float* values, long stride, int rows, float* sum, int count)
    {
        new Span<float>(sum, count).Clear();
        for (int row = 0; row < rows; row++) Elementwise.Add(sum, values + row * stride, count);
    }
}
