using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AgentSociety.Models.Cpu;
using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>silu(gate) * up of rows that hold gate and up side by side, with its gradient in one pass each.</summary>
/// <remarks>With s = sigmoid(g): y = g s u; dg = dy u s (1 + g (1 - s)); du = dy g s.</remarks>
internal sealed unsafe class FusedGate : autograd.SingleTensorFunction<FusedGate>
{
    private const int Lane = 16;

    public override string Name => nameof(FusedGate);

    /// <summary>Takes [..., 2 width], contiguous; gives [..., width].</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0];
        ctx.save_for_backward([input]);
        long[] shape = input.shape;
        int width = (int)(shape[^1] /= 2);
        Tensor output = Values.Like(shape);
        float* x = Values.Of(input), y = Values.Of(output);
        long rows = output.numel() / width;
        for (long row = 0; row < rows; row++)
        {
            float* gate = x + row * 2 * width, target = y + row * width;
            for (int index = 0; index < width; index += Lane) Forward(gate + index, gate + width + index, target + index, Math.Min(Lane, width - index));
        }
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Tensor input = ctx.get_saved_variables()[0];
        using Tensor gradient = grad_output.contiguous();
        Tensor inputGradient = Values.Like(input.shape);
        int width = (int)(input.shape[^1] / 2);
        float* x = Values.Of(input), dy = Values.Of(gradient), dx = Values.Of(inputGradient);
        long rows = input.numel() / width / 2;
        for (long row = 0; row < rows; row++)
        {
            float* gate = x + row * 2 * width, given = dy + row * width, target = dx + row * 2 * width;
            for (int index = 0; index < width; index += Lane) Backward(gate + index, gate + width + index, given + index, target + index, target + width + index, Math.Min(Lane, width - index));
        }
        return [inputGradient];
    }

    private static void Forward(float* gate, float* up, float* target, int count)
    {
        Vector512<float> g = Load(gate, count), u = Load(up, count);
        Store(g / (Vector512<float>.One + Elementwise.Exp(-g)) * u, target, count);
    }

    private static void Backward(float* gate, float* up, float* given, float* gateGradient, float* upGradient, int count)
    {
        Vector512<float> g = Load(gate, count), u = Load(up, count), dy = Load(given, count), one = Vector512<float>.One;
        Vector512<float> s = one / (one + Elementwise.Exp(-g));
        Store(dy * u * s * (one + g * (one - s)), gateGradient, count);
        Store(dy * g * s, upGradient, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(float* source, int count) => count == Lane ? Vector512.Load(source) : LoadPart(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> value, float* target, int count)
    {
        if (count == Lane) value.Store(target);
        else StorePart(value, target, count);
    }

    private static Vector512<float> LoadPart(float* source, int count)
    {
        float* padded = stackalloc float[Lane];
        for (int index = 0; index < Lane; index++) padded[index] = index < count ? source[index] : 0;
        return Vector512.Load(padded);
    }

    private static void StorePart(Vector512<float> value, float* target, int count)
    {
        for (int index = 0; index < count; index++) target[index] = value[index];
    }
}
