using AgentSociety.Models.Fused;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>RMSNorm: x / sqrt(mean(x^2) + epsilon) * weight over the last dimension (Zhang and Sennrich 2019, equation 4).</summary>
internal static class RootMeanSquare
{
    /// <summary>Normalises [..., width], contiguous, to the same shape and number format. Half precision is squared and summed in float32, since its mean would lose what tells values apart.</summary>
    public static Tensor Normalise(Tensor input, Tensor weight, double epsilon)
    {
        if (Values.Supports(input) && Values.Supports(weight)) return FusedNorm.apply(input, weight, epsilon);
        Tensor wide = input.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? input.to(ScalarType.Float32) : input;
        return (wide * wide.Squared().mean([-1], keepdim: true).Plus(epsilon).rsqrt() * weight).to(input.dtype);
    }
}
