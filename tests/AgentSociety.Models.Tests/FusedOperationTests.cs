using AgentSociety.Models.Fused;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>The fused operations against the same formulas in torch's operations, in float64, values and gradients.</summary>
[Collection("Torch")]
public sealed class FusedOperationTests
{
    [Theory]
    [InlineData(3, 16)]
    [InlineData(1000, 96)]
    [InlineData(130, 37)]
    public void The_norm_and_its_gradient_are_those_of_the_formula(long rows, long width)
    {
        using var scope = NewDisposeScope();
        Tensor input = Differentiation.Leaf(1, 2, rows, width), weight = Differentiation.Leaf(2, width);
        Differentiation.Compare([input, weight], FusedNorm.apply(input, weight, 1e-5), leaves => leaves[0] * (leaves[0].square().mean([-1], keepdim: true) + 1e-5).rsqrt() * leaves[1], relative: 1e-4, absolute: 1e-5);
    }

    [Theory]
    [InlineData(3, 16)]
    [InlineData(1000, 256)]
    [InlineData(130, 37)]
    public void The_gate_and_its_gradient_are_those_of_the_formula(long rows, long width)
    {
        using var scope = NewDisposeScope();
        Tensor input = Differentiation.Leaf(3, 2, rows, 2 * width);
        Differentiation.Compare([input], FusedGate.apply(input), leaves => nn.functional.silu(leaves[0].narrow(-1, 0, width)) * leaves[0].narrow(-1, width, width), relative: 1e-4, absolute: 1e-5);
    }

    [Fact]
    public void A_decoder_in_float64_without_fused_operations_gives_the_same_logits_and_gradients()
    {
        using LanguageModel model = Torch.Loud(), reference = Torch.Loud();
        using var scope = NewDisposeScope();
        Tensor tokens = randint(0, 22, [5, 40], dtype: int64), positions = (arange(40) * 2).expand(5, 40);
        Tensor own = model.Decoder.Forward(tokens, positions);
        using Decoder precise = reference.Decoder.To(ScalarType.Float64);
        Tensor expected = precise.Forward(tokens, positions);
        Assert.True(allclose(own.to(ScalarType.Float64), expected, rtol: 1e-3, atol: 1e-3));
        own.logsumexp(-1).sum().backward();
        expected.logsumexp(-1).sum().backward();
        foreach (((string name, Tensor weight), (_, Tensor there)) in model.Decoder.Parameters.Zip(precise.Parameters))
        {
            double error = (weight.grad!.to(ScalarType.Float64) - there.grad!).norm().item<double>() / there.grad!.norm().item<double>();
            Assert.True(error < 1e-3, $"{name}: relative error of the gradient {error}");
        }
    }

    [Fact]
    public void A_thousand_training_steps_leave_no_tensor_behind()
    {
        using LanguageModel model = Torch.Model(Torch.Small with { Layers = 1 });
        using Tensor tokens = randint(0, 22, [2, 8], dtype: int64), positions = arange(8).expand(2, 8);
        void Step()
        {
            using var scope = NewDisposeScope();
            model.Decoder.Forward(tokens, positions).logsumexp(-1).sum().backward();
            foreach ((_, Tensor weight) in model.Decoder.Parameters)
            {
                weight.grad!.Dispose();
                weight.grad = null;
            }
        }

        for (int step = 0; step < 100; step++) Step();
        Differentiation.Settle();
        long tensors = Tensor.TotalCount, bytes = Environment.WorkingSet;
        for (int step = 0; step < 1000; step++) Step();
        Differentiation.Settle();
        Assert.InRange(Tensor.TotalCount - tensors, -50, 50);
        Assert.InRange(Environment.WorkingSet - bytes, long.MinValue, 64L << 20);
    }
}
