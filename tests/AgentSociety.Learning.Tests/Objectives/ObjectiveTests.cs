using AgentSociety.Core.Scenarios;
using AgentSociety.Learning.Objectives;
using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

/// <summary>Values against formulas worked in plain C#, gradients against central differences of those formulas.</summary>
[Collection("Torch")]
public sealed class ObjectiveTests
{
    private static readonly double[] Now = [-0.2, -1.1, -2.3, -0.7, -0.1, -3.0];
    private static readonly double[] Then = [-0.5, -1.0, -1.2, -0.7, -2.0, -0.4];
    private static readonly double[] Advantage = [1, -1, -0.5, 2, 0.7, -2];

    [Fact]
    public void The_clipped_surrogate_and_its_gradient_follow_the_formula() =>
        Check(now => PolicyGradient.Clipped(now, Double(Then), Double(Advantage), 0.2, 0.28), (p, i) =>
        {
            double ratio = Math.Exp(p - Then[i]), clipped = Math.Clamp(ratio, 0.8, 1.28);
            return -Math.Min(ratio * Advantage[i], clipped * Advantage[i]);
        });

    [Fact]
    public void The_dual_clip_bounds_what_a_bad_token_can_cost() =>
        Check(now => PolicyGradient.Clipped(now, Double(Then), Double(Advantage), 0.2, 0.28, dualClip: 1.05), (p, i) =>
        {
            double ratio = Math.Exp(p - Then[i]);
            double surrogate = Math.Min(ratio * Advantage[i], Math.Clamp(ratio, 0.8, 1.28) * Advantage[i]);
            return -(Advantage[i] < 0 ? Math.Max(surrogate, 1.05 * Advantage[i]) : surrogate);
        });

    [Fact]
    public void A_token_counts_as_clipped_where_its_gradient_is_cut()
    {
        using Tensor now = Double(Now).requires_grad_();
        using Tensor loss = PolicyGradient.Clipped(now, Double(Then), Double(Advantage), 0.2, 0.28).sum();
        loss.backward();
        double[] clipped = Values(PolicyGradient.IsClipped(now, Double(Then), Double(Advantage), 0.2, 0.28));
        Assert.Equal(Values(now.grad!).Select(slope => slope == 0 ? 1.0 : 0.0), clipped);
        Assert.Contains(1.0, clipped);
        Assert.Contains(0.0, clipped);
    }

    [Theory]
    [InlineData(KlEstimator.K1)]
    [InlineData(KlEstimator.K2)]
    [InlineData(KlEstimator.K3)]
    public void Divergence_estimates_follow_their_formulas(KlEstimator estimator) =>
        Check(now => Divergence.Estimate(now, Double(Then), estimator), (p, i) =>
        {
            double ratio = Math.Exp(Then[i] - p);
            return estimator switch
            {
                KlEstimator.K1 => -Math.Log(ratio),
                KlEstimator.K2 => Math.Pow(Math.Log(ratio), 2) / 2,
                _ => ratio - 1 - Math.Log(ratio),
            };
        });

    [Fact]
    public void Estimates_k1_and_k3_average_to_the_divergence_over_the_whole_vocabulary()
    {
        double[] policy = [0.5, 0.3, 0.2], reference = [0.2, 0.2, 0.6];
        double exact = policy.Zip(reference, (p, q) => p * Math.Log(p / q)).Sum();
        foreach (KlEstimator estimator in (KlEstimator[])[KlEstimator.K1, KlEstimator.K3])
        {
            double[] tokens = Values(Divergence.Estimate(Double(policy).log(), Double(reference).log(), estimator));
            Assert.Equal(exact, policy.Zip(tokens, (p, estimate) => p * estimate).Sum(), 12);
        }
    }

    [Fact]
    public void As_a_loss_k2_pulls_as_the_divergence_from_the_reference_does_k3_as_that_of_the_reference_and_k1_not_at_all()
    {
        double[] logits = [0.4, -0.2, 0.1], reference = [0.2, 0.2, 0.6];
        double[] Distribution(double[] values)
        {
            double sum = values.Sum(Math.Exp);
            return [.. values.Select(value => Math.Exp(value) / sum)];
        }

        // Over the whole vocabulary, each token as often as the policy samples it: the expected gradient.
        double[] Expected(KlEstimator estimator)
        {
            using Tensor parameter = Double(logits).requires_grad_();
            using Tensor loss = (Double(Distribution(logits)) * Divergence.Estimate(parameter.log_softmax(-1), Double(reference).log(), estimator)).sum();
            loss.backward();
            return Values(parameter.grad!);
        }

        Assert.Equal(Slopes(logits, values => Distribution(values).Zip(reference, (own, other) => own * Math.Log(own / other)).Sum()), Expected(KlEstimator.K2), Near);
        Assert.Equal(Slopes(logits, values => Distribution(values).Zip(reference, (own, other) => other * Math.Log(other / own)).Sum()), Expected(KlEstimator.K3), Near);
        Assert.All(Expected(KlEstimator.K1), slope => Assert.Equal(0, slope, 12));
    }

    [Fact]
    public void Entropy_of_a_fair_choice_of_four_is_log_four_and_of_a_certain_one_zero()
    {
        double[] entropy = Values(Divergence.Entropy(tensor(new double[,] { { 0, 0, 0, 0 }, { 200, 0, 0, 0 } }).log_softmax(-1)));
        Assert.Equal(Math.Log(4), entropy[0], 12);
        Assert.Equal(0, entropy[1], 12);
    }

    [Fact]
    public void Smoothed_cross_entropy_is_the_cross_entropy_with_the_smoothed_target()
    {
        double[] logits = [1.5, -0.3, 0.2, 0.9];
        const int label = 2;
        const double smoothing = 0.1;
        double[] Distribution(double[] values)
        {
            double sum = values.Sum(Math.Exp);
            return [.. values.Select(value => value - Math.Log(sum))];
        }

        double Expected(double[] values) => -Distribution(values).Select((logP, v) => logP * (v == label ? 1 - smoothing : smoothing / 3)).Sum();
        using Tensor input = Double(logits).requires_grad_();
        Tensor distribution = input.log_softmax(-1);
        Tensor loss = CrossEntropy.Smoothed(distribution, distribution[label], tensor(smoothing, ScalarType.Float64));
        loss.backward();
        Assert.Equal(Expected(logits), loss.item<double>(), 12);
        Assert.Equal(Slopes(logits, Expected), Values(input.grad!), Near);
    }

    [Fact]
    public void Distillation_is_the_divergence_of_the_student_from_the_teacher_at_the_temperature()
    {
        double[] student = [0.1, 1.2, -0.5], teacher = [1.0, 0.3, 0.2];
        const double temperature = 2;
        double Expected(double[] logits)
        {
            double[] q = Softmax(logits), p = Softmax(teacher);
            return temperature * temperature * p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();
        }

        static double[] Softmax(double[] logits)
        {
            double sum = logits.Sum(logit => Math.Exp(logit / temperature));
            return [.. logits.Select(logit => Math.Exp(logit / temperature) / sum)];
        }

        using Tensor input = Double(student).requires_grad_();
        Tensor loss = Divergence.Distillation(input, Double(teacher), temperature);
        loss.backward();
        Assert.Equal(Expected(student), loss.item<double>(), 12);
        Assert.Equal(Slopes(student, Expected), Values(input.grad!), Near);
    }

    [Fact]
    public void Distillation_of_the_likeliest_tokens_takes_all_others_for_one()
    {
        double[] student = [0.1, 1.2, -0.5, 0.4], teacher = [1.0, 0.3, 0.2, -2];
        static double[] Softmax(double[] logits)
        {
            double sum = logits.Sum(Math.Exp);
            return [.. logits.Select(logit => Math.Exp(logit) / sum)];
        }

        double[] p = Softmax(teacher);
        double Expected(double[] logits)
        {
            double[] q = Softmax(logits);
            return p[0] * Math.Log(p[0] / q[0]) + p[1] * Math.Log(p[1] / q[1]) + (p[2] + p[3]) * Math.Log((p[2] + p[3]) / (q[2] + q[3]));
        }

        using Tensor input = Double(student).requires_grad_();
        Tensor loss = Divergence.DistillationOfLikeliest(input, tensor(new long[] { 0, 1 }), Double([Math.Log(p[0]), Math.Log(p[1])]));
        loss.backward();
        Assert.Equal(Expected(student), loss.item<double>(), 12);
        Assert.Equal(Slopes(student, Expected), Values(input.grad!), Near);
        // With all but one it is the whole divergence.
        double whole = Divergence.Distillation(input, Double(teacher)).item<double>();
        Assert.Equal(whole, Divergence.DistillationOfLikeliest(input, tensor(new long[] { 2, 0, 1 }), Double([Math.Log(p[2]), Math.Log(p[0]), Math.Log(p[1])])).item<double>(), 12);
        Assert.True(loss.item<double>() < whole);
    }

    [Fact]
    public void Dpo_and_spin_are_the_logistic_loss_of_the_margin()
    {
        const double beta = 0.3, referenceChosen = -4, referenceRejected = -2;
        double[] pair = [-3.1, -2.6];
        double Expected(double[] values) => Math.Log(1 + Math.Exp(-beta * ((values[0] - referenceChosen) - (values[1] - referenceRejected))));
        foreach (bool spin in (bool[])[false, true])
        {
            using Tensor input = Double(pair).requires_grad_();
            Tensor loss = spin
                ? Preferences.Spin(input[0], input[1], Scalar(referenceChosen), Scalar(referenceRejected), beta)
                : Preferences.Dpo(input[0], input[1], Scalar(referenceChosen), Scalar(referenceRejected), beta);
            loss.backward();
            Assert.Equal(Expected(pair), loss.item<double>(), 12);
            Assert.Equal(Slopes(pair, Expected), Values(input.grad!), Near);
        }
    }

    private static void Check(Func<Tensor, Tensor> objective, Func<double, int, double> formula)
    {
        using Tensor now = Double(Now).requires_grad_();
        Tensor loss = objective(now);
        loss.sum().backward();
        Assert.Equal(Now.Select(formula), Values(loss), Near);
        Assert.Equal(Slopes(Now, values => values.Select(formula).Sum()), Values(now.grad!), Near);
    }

    private static double[] Slopes(double[] at, Func<double[], double> function)
    {
        const double step = 1e-6;
        double Shifted(int index, double shift) => function([.. at.Select((value, i) => i == index ? value + shift : value)]);
        return [.. at.Select((_, index) => (Shifted(index, step) - Shifted(index, -step)) / (2 * step))];
    }

    private static Tensor Double(double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Scalar(double value) => tensor(value, ScalarType.Float64);

    private static double[] Values(Tensor values) => values.detach().data<double>().ToArray();

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-7;
}
