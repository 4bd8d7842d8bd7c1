using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>Sums of tensors, and arithmetic of tensors with numbers, whose numbers outlive the native call that reads them.</summary>
/// <remarks>
/// TorchSharp passes numbers, among them the 1 before the second term of every sum, as objects with finalizers and keeps no reference to them during the
/// native call: the garbage collector may free one while it is read, above all where threads wait for a core. Here each is held until the call
/// returns. <c>build/BannedSymbols.txt</c> keeps the others out of the projects that compute with tensors.
/// </remarks>
public static class TensorArithmetic
{
    private static readonly Scalar One = 1.ToScalar();
    private static readonly Scalar Two = 2.ToScalar();

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>left + right.</summary>
    public static Tensor Plus(this Tensor left, double right)
    {
        using Scalar number = right.ToScalar();
        return left.add(number, One);
    }

    /// <summary>left * right.</summary>
    public static Tensor Times(this Tensor left, double right)
    {
        using Scalar number = right.ToScalar();
        return left.mul(number);
    }

    /// <summary>left / right.</summary>
    public static Tensor DividedBy(this Tensor left, double right)
    {
        using Scalar number = right.ToScalar();
        return left.div(number);
    }

    /// <summary>left, no value below or above the bounds.</summary>
    public static Tensor Clamped(this Tensor left, double least, double greatest)
    {
        using Scalar low = least.ToScalar(), high = greatest.ToScalar();
        return left.clamp(low, high);
    }

    /// <summary>Whether left &gt; right, value by value.</summary>
    public static Tensor Above(this Tensor left, double right)
    {
        using Scalar number = right.ToScalar();
        return left.gt(number);
    }

    /// <summary>Whether left &lt; right, value by value.</summary>
    public static Tensor Below(this Tensor left, double right)
    {
        using Scalar number = right.ToScalar();
        return left.lt(number);
    }

    /// <summary>left * left.</summary>
    public static Tensor Squared(this Tensor left) => left.pow(Two);

    /// <summary>Adds factor * right to left.</summary>
    /// <returns><paramref name="left"/>.</returns>
    public static Tensor Accumulate(this Tensor left, Tensor right, double factor = 1)
    {
        using Scalar number = factor.ToScalar();
        return left.add_(right, number);
    }
}
