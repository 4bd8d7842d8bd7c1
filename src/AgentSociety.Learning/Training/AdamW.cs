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
        Tensor[] gradients = [.. _parameters.Select(parameter => parameter.Value.grad).OfType<Tensor>()];
        if (gradients.Length == 0) return 0;
        Tensor[] norms = new Tensor[gradients.Length];
        InShares([.. gradients.Select(gradient => gradient.numel())], (from, to) =>
        {
            using var own = NewDisposeScope();
            for (int index = from; index < to; index++) norms[index] = SumOfSquares(gradients[index]).DetachFromDisposeScope();
        });
        foreach (Tensor norm in norms) scope.Attach(norm);
        return Math.Sqrt(stack(norms).to(ScalarType.Float64).sum().item<double>());
    }

    /// <summary>One update from the gradients at hand, which are then cleared.</summary>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="weightDecay">Parameters shrink by learning rate times this.</param>
    /// <param name="gradientScale">Factor on the gradients, such as the one that clips their norm.</param>
    public void Step(double learningRate, double weightDecay, double gradientScale = 1)
    {
        using var scope = NewDisposeScope();
        Steps++;
        Piece[] pieces = [.. Pieces()];
        InShares([.. pieces.Select(piece => piece.Length)], (from, to) => Update(pieces.AsSpan(from..to), learningRate, weightDecay, gradientScale));
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

    // Every value's update is its own, so that neither pieces nor threads change a bit of it.
    private void Update(ReadOnlySpan<Piece> pieces, double learningRate, double weightDecay, double gradientScale)
    {
        using var frozen = no_grad();
        double correction1 = 1 - Math.Pow(Beta1, Steps);
        LargeMatrices.Rates rates = new((float)Beta1, (float)Beta2, (float)gradientScale, (float)(learningRate / correction1), (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Steps))), (float)Epsilon, (float)(1 - learningRate * weightDecay));
        using Scalar scale = gradientScale.ToScalar(), beta1 = Beta1.ToScalar(), beta2 = Beta2.ToScalar(), fresh1 = (1 - Beta1).ToScalar(), fresh2 = (1 - Beta2).ToScalar();
        using Scalar correction2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps)).ToScalar(), epsilon = Epsilon.ToScalar(), one = 1.ToScalar();
        using Scalar decay = (1 - learningRate * weightDecay).ToScalar(), rate = (-learningRate / correction1).ToScalar();
        foreach (Piece piece in pieces)
        {
            using var scope = NewDisposeScope();
            Tensor whole = _parameters[piece.Parameter].Value, gradient = piece.Of(whole.grad!), parameter = piece.Of(whole);
            Tensor mean = piece.Of(_means[piece.Parameter]), square = piece.Of(_squares[piece.Parameter]);
            if (piece.Large)
            {
                LargeMatrices.Update(parameter, gradient, mean, square, rates);
                continue;
            }

            if (gradientScale != 1) gradient.mul_(scale);
            mean.mul_(beta1).add_(gradient, fresh1);
            square.mul_(beta2).addcmul_(gradient, gradient, fresh2);
            Tensor denominator = square.sqrt().div_(correction2).add_(epsilon, one);
            if (weightDecay != 0 && whole.dim() >= 2) parameter.mul_(decay);
            parameter.addcdiv_(mean, denominator, rate);
        }
    }

    private static Tensor SumOfSquares(Tensor gradient) =>
        LargeMatrices.Include(gradient, gradient) ? tensor((float)LargeMatrices.SumOfSquares(gradient), device: gradient.device) : gradient.Squared().sum();

    private IEnumerable<Piece> Pieces()
    {
        for (int index = 0; index < _parameters.Count; index++)
        {
            Tensor parameter = _parameters[index].Value;
            if (parameter.grad is null) continue;
            bool large = LargeMatrices.Include(parameter, parameter.grad);
            long length = parameter.numel(), longest = large ? LargeMatrices.Piece : Piece.Longest;
            // Pieces are for a core's cache; a GPU would wait for the launch of each.
            if (length <= longest || parameter.device_type != DeviceType.CPU || !parameter.is_contiguous() || !parameter.grad.is_contiguous()) yield return new(index, 0, length, Whole: true, large);
            else
            {
                for (long start = 0; start < length; start += longest) yield return new(index, start, Math.Min(longest, length - start), Whole: false, large);
            }
        }
    }

    /// <summary>Does something for neighbouring items, on as many threads as there is work for.</summary>
    private void InShares(long[] lengths, Action<int, int> work)
    {
        List<int> ends = [];
        long together = 0;
        for (int index = 0; index < lengths.Length; index++)
        {
            together += lengths[index];
            if (together < GradientSum.WorthThreads && index < lengths.Length - 1) continue;
            ends.Add(index + 1);
            together = 0;
        }

        if (ends.Count > 0) GradientSum.Each(_parameters[0].Value.device, ends.Count, share => work(share == 0 ? 0 : ends[share - 1], ends[share]));
    }

    /// <summary>Part of a parameter, small enough that it and all that belongs to it stay in a core's cache from the first operation to the last.</summary>
    private readonly record struct Piece(int Parameter, long Start, long Length, bool Whole, bool Large)
    {
        /// <summary>With the gradient, two moments and the denominator five times as many values: 640 KiB.</summary>
        public const long Longest = 1 << 15;

        public Tensor Of(Tensor tensor) => Whole ? tensor.alias() : tensor.view(-1).narrow(0, Start, Length);
    }

    private static Tensor Zeros(Tensor like)
    {
        Tensor zeros = zeros_like(like, requires_grad: false);
        zeros.DetachFromDisposeScope();
        return zeros;
    }
}
