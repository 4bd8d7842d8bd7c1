using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

/// <summary>The smallest language model: a table of logits by last token. Its gradients can be written down by hand.</summary>
internal sealed class BigramModel : IDisposable
{
    public BigramModel(int vocabulary, ulong seed = 0)
    {
        Generator generator = new(seed, CPU);
        Table = randn([vocabulary, vocabulary], generator: generator).requires_grad_().DetachFromDisposeScope();
        Weights = new WeightSet("base", [("table", Table)], (tokens, positions) =>
        {
            FurthestPosition = Math.Max(FurthestPosition, positions is null ? tokens.size(1) - 1 : positions.max().item<long>());
            return Table.index_select(0, tokens.reshape(-1)).reshape(tokens.size(0), tokens.size(1), vocabulary);
        });
    }

    public Tensor Table { get; }

    public WeightSet Weights { get; }

    /// <summary>The greatest position that it was asked about. What it answers does not depend on positions.</summary>
    public long FurthestPosition { get; private set; }

    public float[] Values => Table.detach().data<float>().ToArray();

    public void Dispose() => Table.Dispose();
}
