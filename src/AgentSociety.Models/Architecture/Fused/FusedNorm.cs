using System.Runtime.Intrinsics;
using AgentSociety.Models.Cpu;
using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>RMSNorm with its gradient in one pass each; torch's operations take ten.</summary>
/// <remarks>y = w x / r with r = sqrt(mean(x^2) + e); dx = (w dy - x (x . w dy) / (n r^2)) / r; dw = sum over rows of dy x / r.</remarks>
internal sealed unsafe class FusedNorm : autograd.SingleTensorFunction<FusedNorm>
{
    private const int Lane = 16;

    public override string Name => nameof(FusedNorm);

    /// <summary>Takes the input [..., width], contiguous, the weight [width] and epsilon as a double.</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0], weight = (Tensor)vars[1];
        float epsilon = (float)(double)vars[2];
        ctx.save_for_backward([input, weight]);
        ctx.save_data("epsilon", epsilon);
        Tensor output = Values.Like(input.shape);
        int width = (int)weight.shape[0];
        float* x = Values.Of(input), w = Values.Of(weight), y = Values.Of(output);
        long rows = input.numel() / width;
        for (long row = 0; row < rows; row++) Elementwise.Normalise(x + row * width, w, y + row * width, width, epsilon);
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor input = saved[0], weight = saved[1];
        float epsilon = (float)ctx.get_data("epsilon");
        using Tensor gradient = grad_output.contiguous();
        int width = (int)weight.shape[0];
        Tensor inputGradient = Values.Like(input.shape), weightGradient = Values.Like(width);
        float* x = Values.Of(input), w = Values.Of(weight), dy = Values.Of(gradient), dx = Values.Of(inputGradient), dw = Values.Of(weightGradient);
        new Span<float>(dw, width).Clear();
        long rows = input.numel() / width;
        for (long row = 0; row < rows; row++) Row(x + row * width, w, dy + row * width, dx + row * width, dw, width, epsilon);
        return [inputGradient, weightGradient, null!];
    }

    private static void Row(float* x, float* w, float* dy, float* dx, float* dw, int width, float epsilon)
    {
        Vector512<float> squares = default, products = default;
        int index = 0;
        for (; index + Lane <= width; index += Lane)
        {
            Vector512<float> value = Vector512.Load(x + index);
            squares += value * value;
            products += value * Vector512.Load(w + index) * Vector512.Load(dy + index);
        }

        float square = Vector512.Sum(squares), product = Vector512.Sum(products);
        for (; index < width; index++)
        {
            square += x[index] * x[index];
            product += x[index] * w[index] * dy[index];
        }

        float inverse = 1 / MathF.Sqrt(square / width + epsilon), along = product * inverse * inverse / width;
        for (index = 0; index + Lane <= width; index += Lane)
        {
            Vector512<float> value = Vector512.Load(x + index), given = Vector512.Load(dy + index);
            ((Vector512.Load(w + index) * given - value * along) * inverse).Store(dx + index);
            (Vector512.Load(dw + index) + given * value * inverse).Store(dw + index);
        }

        for (; index < width; index++)
        {
            dx[index] = (w[index] * dy[index] - x[index] * along) * inverse;
            dw[index] += dy[index] * x[index] * inverse;
        }
    }
}
