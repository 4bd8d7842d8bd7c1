using AgentSociety.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>
/// Adam with bias correction and decoupled weight decay (Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2)
/// over named parameters. Matrices decay; vectors (norms, biases) do not.
/// </summary>
/// <remarks>
/// Own code rather than TorchSharp's: its state is keyed by native handles, which a resumed run cannot name, and it keeps
/// two temporaries a parameter alive through the step. The moments outlive every dispose scope; dispose the optimizer to free them.
/// </remarks>
public sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-8;
    private readonly IReadOnlyList<(string Name, Tensor Value)> _parameters;
    private readonly Tensor[] _means;
    private readonly Tensor[] _squares;

    /// <summary>Creates the optimizer with zero moments.</summary>
    /// <param name="parameters">Leaf tensors that require gradients, each under a name of its own.</param>
    public AdamW(IReadOnlyList<(string Name, Tensor Value)> parameters)
    {
        _parameters = parameters;
        _means = [.. parameters.Select(parameter => Zeros(parameter.Value))];
        _squares = [.. parameters.Select(parameter => Zeros(parameter.Value))];
    }

    /// <summary>Updates so far.</summary>
    public long Steps { get; private set; }

    /// <summary>The Euclidean norm of all gradients together; 0 where there are none.</summary>
    public double GradientNorm()
    {
        using var scope = NewDisposeScope();
        Tensor[] norms = [.. Gradients().Select(gradient => gradient.Squared().sum())];
        return norms.Length == 0 ? 0 : Math.Sqrt(stack(norms).to(ScalarType.Float64).sum().item<double>());
    }

    /// <summary>One update from the gradients at hand, which are then cleared.</summary>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="weightDecay">Parameters shrink by learning rate times this.</param>
    /// <param name="gradientScale">Factor on the gradients, such as the one that clips their norm.</param>
    public void Step(double learningRate, double weightDecay, double gradientScale = 1)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Steps++;
        double correction1 = 1 - Math.Pow(Beta1, Steps);
        using Scalar scale = gradientScale.ToScalar(), beta1 = Beta1.ToScalar(), beta2 = Beta2.ToScalar(), fresh1 = (1 - Beta1).ToScalar(), fresh2 = (1 - Beta2).ToScalar();
        using Scalar correction2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps)).ToScalar(), epsilon = Epsilon.ToScalar(), one = 1.ToScalar();
        using Scalar decay = (1 - learningRate * weightDecay).ToScalar(), rate = (-learningRate / correction1).ToScalar();
        for (int index = 0; index < _parameters.Count; index++)
        {
            Tensor parameter = _parameters[index].Value;
            if (parameter.grad is not { } gradient) continue;
            if (gradientScale != 1) gradient.mul_(scale);
            _means[index].mul_(beta1).add_(gradient, fresh1);
            _squares[index].mul_(beta2).addcmul_(gradient, gradient, fresh2);
            Tensor denominator = _squares[index].sqrt().div_(correction2).add_(epsilon, one);
            if (weightDecay != 0 && parameter.dim() >= 2) parameter.mul_(decay);
            parameter.addcdiv_(_means[index], denominator, rate);
        }

        ClearGradients();
    }

    /// <summary>Drops the gradients, as after a step that was not taken.</summary>
    public void ClearGradients()
    {
        foreach ((_, Tensor parameter) in _parameters)
        {
            if (parameter.grad is not { } gradient) continue;
            parameter.grad = null;
            gradient.Dispose();
        }
    }

    /// <summary>The moments by name, <c>NAME.mean</c> and <c>NAME.square</c>; the tensors stay the optimizer's.</summary>
    public IEnumerable<(string Name, Tensor Value)> Moments()
    {
        for (int index = 0; index < _parameters.Count; index++)
        {
            yield return (_parameters[index].Name + ".mean", _means[index]);
            yield return (_parameters[index].Name + ".square", _squares[index]);
        }
    }

    /// <summary>Goes on as after this many updates; the moments of that time are to be copied into <see cref="Moments"/>.</summary>
    public void Resume(long steps) => Steps = steps;

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Tensor moment in _means) moment.Dispose();
        foreach (Tensor moment in _squares) moment.Dispose();
    }

    private IEnumerable<Tensor> Gradients() => _parameters.Select(parameter => parameter.Value.grad).OfType<Tensor>();

    private static Tensor Zeros(Tensor like)
    {
        Tensor zeros = zeros_like(like, requires_grad: false);
        zeros.DetachFromDisposeScope();
        return zeros;
    }
}
