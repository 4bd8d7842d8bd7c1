using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Weights that are trained together: all of a model, or one adapter.</summary>
/// <param name="Name">The adapter's name; <c>base</c> for the model's own weights. Part of the names under which state is stored.</param>
/// <param name="Parameters">The leaf tensors with their names.</param>
/// <param name="Forward">The model with these weights in place.</param>
internal sealed record WeightSet(string Name, IReadOnlyList<(string Name, Tensor Value)> Parameters, Forward Forward)
{
    /// <summary>Weights that a pass goes through, those that are not trained too.</summary>
    public long Size { get; init; } = Parameters.Sum(parameter => parameter.Value.numel());

    /// <summary>Copies of the parameters as they are, outside any dispose scope; the caller disposes them.</summary>
    public Tensor[] Copy()
    {
        using var frozen = no_grad();
        return [.. Parameters.Select(parameter => parameter.Value.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Exchanges the parameters' values with those of <paramref name="others"/>; exchanging twice changes nothing.</summary>
    public void Exchange(IReadOnlyList<Tensor> others)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        for (int index = 0; index < others.Count; index++)
        {
            Tensor mine = Parameters[index].Value, kept = mine.clone();
            mine.copy_(others[index]);
            others[index].copy_(kept);
        }
    }
}
