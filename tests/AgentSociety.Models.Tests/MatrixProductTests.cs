using System.Runtime.Intrinsics;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Fused;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

/// <summary>Training's products of large matrices against torch's in float64: values, gradients, and who makes them.</summary>
[Collection("Torch")]
public sealed class MatrixProductTests
{
    private static readonly ArchitectureSettings Wide = new() { Width = 256, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 300, Context = 96 };

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 17, 5)]
    [InlineData(4, 64, 64)]
    [InlineData(7, 33, 100)]
    [InlineData(70, 1025, 81)]
    [InlineData(300, 2050, 130)]
    public unsafe void A_product_of_any_shape_lying_either_way_is_the_sum_of_its_terms(int rows, int depth, int columns)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(1);
        Tensor left = randn([rows, depth], generator: generator), right = randn([depth, columns], generator: generator), before = randn([rows, columns + 3], generator: generator);
        Tensor product = left.@double().matmul(right.@double());
        foreach (bool leftTurned in (bool[])[false, true])
        {
            foreach (bool rightTurned in (bool[])[false, true])
            {
                foreach (bool add in (bool[])[false, true])
                {
                    Tensor a = leftTurned ? left.t().contiguous() : left, b = rightTurned ? right.t().contiguous() : right, output = before.clone();
                    BlockedProduct.Multiply(new Operand(Values.Of(a), a.shape[1], leftTurned), new Operand(Values.Of(b), b.shape[1], rightTurned), Values.Of(output), columns + 3, rows, depth, columns, add);
                    Tensor expected = before.@double();
                    expected.narrow(1, 0, columns).copy_(add ? product + before.narrow(1, 0, columns) : product);
                    Assert.True(allclose(output.@double(), expected, rtol: 1e-4, atol: 1e-3), $"left turned {leftTurned}, right turned {rightTurned}, add {add}");
                }
            }
        }
    }

    [Fact]
    public unsafe void A_row_of_outputs_has_the_same_bits_alone_and_among_others()
    {
        using var scope = NewDisposeScope();
        Tensor input = randn(70, 1500), weight = randn(200, 1500), together = empty(70, 200), alone = empty(1, 200);
        BlockedProduct.Multiply(new Operand(Values.Of(input), 1500), new Operand(Values.Of(weight), 1500, transposed: true), Values.Of(together), 200, 70, 1500, 200, add: false);
        BlockedProduct.Multiply(new Operand(Values.Of(input) + 33 * 1500, 1500), new Operand(Values.Of(weight), 1500, transposed: true), Values.Of(alone), 200, 1, 1500, 200, add: false);
        Assert.Equal(together[33].data<float>().ToArray(), alone[0].data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, 256, false, 256)]
    [InlineData(37, 259, true, 300)]
    [InlineData(130, 1100, true, 256, 65, 65)]
    [InlineData(64, 256, false, 700, 13)]
    public void Products_side_by_side_and_their_gradients_are_those_of_the_formula(long rows, long inputs, bool biased, params int[] outputs)
    {
        using var scope = NewDisposeScope();
        Tensor input = Differentiation.Leaf(1, 2, rows, inputs);
        Tensor[] weights = [.. outputs.Select((count, index) => Differentiation.Leaf(10 + index, count, inputs))], biases = biased ? [.. outputs.Select((count, index) => Differentiation.Leaf(20 + index, count))] : [];
        Differentiation.Compare([input, .. weights, .. biases], MatrixProduct.Of(input, weights, biases), leaves =>
            nn.functional.linear(leaves[0], cat(leaves[1..(1 + outputs.Length)], 0), biased ? cat(leaves[(1 + outputs.Length)..], 0) : null), relative: 1e-3, absolute: 1e-3);
    }

    [Fact]
    public void An_input_that_does_not_lie_row_by_row_gets_its_gradient_too()
    {
        using var scope = NewDisposeScope();
        Tensor input = Differentiation.Leaf(1, 256, 21, 2), weight = Differentiation.Leaf(2, 256, 256);
        Differentiation.Compare([input, weight], MatrixProduct.Of(input.transpose(0, 2), [weight], []), leaves => nn.functional.linear(leaves[0].transpose(0, 2), leaves[1]), relative: 1e-3, absolute: 1e-3);
    }

    [Fact]
    public void What_is_not_trained_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        Tensor input = Differentiation.Leaf(1, 5, 256), frozen = randn(256, 256), trained = Differentiation.Leaf(2, 256, 256);
        MatrixProduct.Of(input, [frozen], []).sum().backward();
        Assert.NotNull(input.grad);
        Assert.Null(frozen.grad);
        MatrixProduct.Of(input.detach(), [trained, frozen], []).sum().backward();
        Assert.Null(frozen.grad);
        Assert.True(allclose(trained.grad!, input.detach().sum([0]).expand(256, 256), rtol: 1e-4, atol: 1e-4));
    }

    [Fact]
    public void Small_matrices_other_number_formats_and_other_devices_are_left_to_torch()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Vector512.IsHardwareAccelerated, MatrixProduct.Supports(zeros(1, 256), [zeros(256, 256)]));
        Assert.Equal(Vector512.IsHardwareAccelerated, MatrixProduct.Supports(zeros(1, 256), [zeros(128, 256), zeros(64, 256), zeros(64, 256)]));
        Assert.False(MatrixProduct.Supports(zeros(1000, 255), [zeros(4096, 255)]));
        Assert.False(MatrixProduct.Supports(zeros(1000, 4096), [zeros(255, 4096)]));
        Assert.False(MatrixProduct.Supports(zeros(1, 256, dtype: bfloat16), [zeros(256, 256, dtype: bfloat16)]));
        Assert.False(MatrixProduct.Supports(zeros(1, 256, device: META), [zeros(256, 256, device: META)]));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_wide_decoder_has_the_logits_and_gradients_of_one_in_float64(bool recomputed, bool adapted)
    {
        using LanguageModel model = Torch.Model(Wide);
        using Decoder precise = model.Decoder.To(ScalarType.Float64);
        using var scope = NewDisposeScope();
        Tensor tokens = randint(0, 22, [5, 40], dtype: int64), positions = arange(40).expand(5, 40);
        TrainingPass pass = new(HalfProducts: false, recomputed);
        using Adapter? adapter = adapted ? Adapter.Create(model.Decoder, new LoraSettings { Rank = 4 }, 1) : null;
        if (adapted) Freeze(model.Decoder);
        Tensor own = model.Decoder.Forward(tokens, positions, adapter, pass), expected = precise.Forward(tokens, positions);
        Assert.True(allclose(own.@double(), expected, rtol: 1e-3, atol: 1e-4));
        own.logsumexp(-1).sum().backward();
        expected.logsumexp(-1).sum().backward();
        foreach (((string name, Tensor weight), (_, Tensor there)) in model.Decoder.Parameters.Zip(precise.Parameters))
        {
            if (adapted)
            {
                Assert.Null(weight.grad);
                continue;
            }

            double error = (weight.grad!.@double() - there.grad!).norm().item<double>() / there.grad!.norm().item<double>();
            Assert.True(error < 1e-3, $"{name}: relative error of the gradient {error}");
        }

        if (adapter is not null) Assert.All(adapter.Parameters, parameter => Assert.NotNull(parameter.Weight.grad));
    }

    [Fact]
    public void Steps_of_a_wide_decoder_leave_no_tensor_behind_and_repeat_to_the_bit()
    {
        using LanguageModel model = Torch.Model(Wide with { Layers = 1 });
        using Tensor tokens = randint(0, 22, [2, 8], dtype: int64), positions = arange(8).expand(2, 8);
        float[] Step()
        {
            using var scope = NewDisposeScope();
            model.Decoder.Forward(tokens, positions).logsumexp(-1).sum().backward();
            float[] seen = model.Decoder["model.layers.0.mlp.up_proj.weight"].grad!.data<float>().ToArray();
            foreach ((_, Tensor weight) in model.Decoder.Parameters)
            {
                weight.grad!.Dispose();
                weight.grad = null;
            }

            return seen;
        }

        float[] first = Step();
        for (int step = 0; step < 20; step++) Step();
        Differentiation.Settle();
        long tensors = Tensor.TotalCount;
        for (int step = 0; step < 200; step++) Step();
        Differentiation.Settle();
        Assert.InRange(Tensor.TotalCount - tensors, -50, 50);
        Assert.Equal(first, Step());
    }

    private static void Freeze(Decoder decoder)
    {
        foreach ((_, Tensor weight) in decoder.Parameters) weight.requires_grad_(false);
    }
}
