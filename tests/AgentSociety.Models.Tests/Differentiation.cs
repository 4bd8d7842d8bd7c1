using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>Operations with gradients of their own against the same formulas in torch's operations, in float64.</summary>
internal static class Differentiation
{
    /// <summary>Normally distributed values to differentiate by.</summary>
    public static Tensor Leaf(int seed, params long[] shape)
    {
        using Generator generator = new((ulong)seed);
        return randn(shape, generator: generator).requires_grad_();
    }

    /// <summary>Values within the tolerances, gradients by the leaves within 1e-3.</summary>
    public static void Compare(Tensor[] leaves, Tensor own, Func<Tensor[], Tensor> formula, double relative, double absolute)
    {
        Tensor[] precise = [.. leaves.Select(leaf => leaf.detach().to(ScalarType.Float64).requires_grad_())];
        Tensor expected = formula(precise), weights = randn(own.shape);
        Assert.True(allclose(own.to(ScalarType.Float64), expected, rtol: relative, atol: absolute));
        own.mul(weights).sum().backward();
        expected.mul(weights.to(ScalarType.Float64)).sum().backward();
        foreach ((Tensor leaf, Tensor there) in leaves.Zip(precise)) Assert.True(allclose(leaf.grad!.to(ScalarType.Float64), there.grad!, rtol: 1e-3, atol: 1e-3));
    }

    /// <summary>Collects what nobody holds any more, so that live tensors can be counted.</summary>
    public static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
