using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class TensorArithmeticTests
{
    [Fact]
    public void Numbers_outlive_the_calls_that_read_them_while_garbage_is_collected()
    {
        using CancellationTokenSource done = new();
        Thread collector = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            Parallel.For(0, 4, _ =>
            {
                for (int repeat = 0; repeat < 5_000; repeat++)
                {
                    using DisposeScope scope = NewDisposeScope();
                    using var frozen = no_grad();
                    Tensor left = tensor([3f, 3f, 3f, 3f]), right = tensor([4f, 4f, 4f, 4f]);
                    Assert.Equal([7f, 7f, 7f, 7f], left.Plus(right).data<float>().ToArray());
                    Assert.Equal(2.5f, left.Plus(2).DividedBy(2).Clamped(0, 9).Times(1).data<float>()[0]);
                }
            });
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }

    [Fact]
    public void Arithmetic_is_that_of_the_operators()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor left = tensor([-1.5f, 0f, 0.25f, 7f]), right = tensor([2f, -3f, 0.1f, 7f]);
        void Same(Tensor expected, Tensor actual) => Assert.Equal(expected.to(ScalarType.Float32).data<float>().ToArray(), actual.to(ScalarType.Float32).data<float>().ToArray());
        Same(left + right, left.Plus(right));
        Same(left + 0.3, left.Plus(0.3));
        Same(left * 0.3, left.Times(0.3));
        Same(left / 0.3, left.DividedBy(0.3));
        Same(left.square(), left.Squared());
        Same(left.clamp(-1, 2), left.Clamped(-1, 2));
        Same(left > 0.25, left.Above(0.25));
        Same(left < 0.25, left.Below(0.25));
        Same(left + 0.5 * right, left.clone().Accumulate(right, 0.5));
    }
}
