using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class AdamWTests
{
    [Fact]
    public void Five_steps_follow_the_published_algorithm()
    {
        double[,] start = { { 0.5, -1 }, { 2, 0.1 } };
        using Tensor matrix = tensor(start, ScalarType.Float64).requires_grad_();
        using AdamW optimizer = new([("matrix", matrix)]);
        double[] expected = [0.5, -1, 2, 0.1], mean = new double[4], square = new double[4];
        for (int step = 1; step <= 5; step++)
        {
            using (Tensor loss = (matrix.pow(3) / 3).sum()) loss.backward(); // gradient x^2
            optimizer.Step(learningRate: 0.1, weightDecay: 0.01);
            for (int i = 0; i < 4; i++)
            {
                double gradient = expected[i] * expected[i];
                mean[i] = 0.9 * mean[i] + 0.1 * gradient;
                square[i] = 0.99 * square[i] + 0.01 * gradient * gradient;
                double corrected = mean[i] / (1 - Math.Pow(0.9, step)), variance = square[i] / (1 - Math.Pow(0.99, step));
                expected[i] = expected[i] * (1 - 0.1 * 0.01) - 0.1 * corrected / (Math.Sqrt(variance) + 1e-8);
            }
        }

        Assert.Equal(expected, matrix.detach().data<double>().ToArray(), (x, y) => Math.Abs(x - y) < 1e-12);
    }

    [Fact]
    public void Vectors_do_not_decay()
    {
        using Tensor vector = ones(3).requires_grad_();
        using Tensor matrix = ones(1, 3).requires_grad_();
        using AdamW optimizer = new([("vector", vector), ("matrix", matrix)]);
        using (Tensor loss = (vector * 0).sum() + (matrix * 0).sum()) loss.backward();
        optimizer.Step(0.1, weightDecay: 0.5);
        Assert.Equal(1f, vector[0].item<float>());
        Assert.Equal(0.95f, matrix[0, 0].item<float>());
    }

    [Fact]
    public void The_gradient_norm_is_taken_over_all_parameters_together()
    {
        using Tensor a = zeros(2).requires_grad_(), b = zeros(1, 1).requires_grad_();
        using AdamW optimizer = new([("a", a), ("b", b)]);
        Assert.Equal(0, optimizer.GradientNorm());
        using (Tensor loss = a.sum() * 3 + b.sum() * Math.Sqrt(7)) loss.backward();
        Assert.Equal(5, optimizer.GradientNorm(), 5);
        optimizer.ClearGradients();
        Assert.Equal(0, optimizer.GradientNorm());
    }

    [Fact]
    public void A_wide_matrix_follows_the_published_algorithm_too_and_has_its_norm()
    {
        const int Rows = 257, Columns = 2_100; // more than one piece, and no whole number of vectors
        using Generator generator = new(1);
        using Tensor start = randn([Rows, Columns], generator: generator), slope = randn([Rows, Columns], generator: generator);
        using Tensor wide = start.clone().requires_grad_(), precise = start.@double().requires_grad_(), slopeThere = slope.@double();
        using AdamW optimizer = new([("wide", wide)]), reference = new([("precise", precise)]);
        for (int step = 0; step < 3; step++)
        {
            using (Tensor loss = wide.mul(slope).pow(2).sum()) loss.backward();
            using (Tensor loss = precise.mul(slopeThere).pow(2).sum()) loss.backward();
            Assert.Equal(1, optimizer.GradientNorm() / reference.GradientNorm(), 1e-5);
            optimizer.Step(0.01, weightDecay: 0.1, gradientScale: 0.7);
            reference.Step(0.01, weightDecay: 0.1, gradientScale: 0.7);
        }

        // Where a gradient is next to nothing its direction is all that counts, which float32 tells as well.
        using Tensor there = wide.@double(), apart = (there - precise).abs().max(), moved = (there - start.@double()).abs().max();
        Assert.InRange(apart.item<double>(), 0, 1e-5);
        Assert.InRange(moved.item<double>(), 0.02, 1);
    }

    [Fact]
    public void A_large_matrix_that_is_updated_in_pieces_on_all_threads_has_the_bits_of_one_that_is_not()
    {
        const int Rows = 80, Columns = 30_000; // beyond a piece and beyond what is worth a thread
        using Generator generator = new(1);
        using Tensor drawn = randn(Rows, Columns, generator: generator), slope = randn(Rows, Columns, generator: generator);
        using Tensor whole = drawn.clone().requires_grad_();
        Tensor[] rows = [.. Enumerable.Range(0, Rows).Select(row => drawn.narrow(0, row, 1).clone().requires_grad_())];
        using AdamW one = new([("whole", whole)]), many = new([.. rows.Select((row, index) => ($"row {index}", row))]);
        for (int step = 0; step < 3; step++)
        {
            using (Tensor loss = (whole.mul(slope).pow(2)).sum()) loss.backward();
            for (int row = 0; row < Rows; row++)
            {
                using Tensor loss = rows[row].mul(slope.narrow(0, row, 1)).pow(2).sum();
                loss.backward();
            }

            one.Step(0.01, weightDecay: 0.1, gradientScale: 0.7);
            many.Step(0.01, weightDecay: 0.1, gradientScale: 0.7);
        }

        using Tensor together = cat(rows), same = whole.eq(together).all(), unmoved = whole.eq(drawn).any();
        Assert.True(same.item<bool>());
        Assert.False(unmoved.item<bool>());
        foreach (Tensor row in rows) row.Dispose();
    }
}
