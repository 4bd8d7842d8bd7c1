using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>The updates of all adapters to one fused product, stacked so that rows of many adapters take one batched product (Chen et al. 2023, "Punica", section 4).</summary>
/// <remarks>Adapters of smaller rank, and those that leave a matrix alone, are padded with zeros.</remarks>
internal sealed class AdapterStack : IDisposable
{
    private readonly Tensor _down; // A: [adapters, ranks of all matrices, inputs]
    private readonly Part[] _parts;
    private readonly long _outputs;

    private AdapterStack(Tensor down, Part[] parts, long outputs) => (_down, _parts, _outputs) = (down, parts, outputs);

    /// <summary>Stacks the updates of matrices with one input whose outputs stand side by side.</summary>
    /// <param name="adapters">The adapters, in the order of their numbers.</param>
    /// <param name="matrices">The matrices.</param>
    /// <param name="type">Number format.</param>
    /// <param name="device">Where they are to live.</param>
    /// <returns>Null where no adapter changes any of them.</returns>
    public static AdapterStack? Of(IReadOnlyList<TensorAdapter> adapters, IReadOnlyList<LayerMatrix> matrices, ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Part> parts = [];
        List<Tensor> downs = [];
        long output = 0, rank = 0;
        foreach (LayerMatrix matrix in matrices)
        {
            (string name, long outputs) = (matrix.Name, matrix.Outputs);
            (int Number, Tensor A, Tensor B)[] updates = [.. adapters.Select((adapter, number) => adapter.TryGet(name, out Tensor a, out Tensor b) ? (number, a, b) : (-1, a, b)).Where(update => update.Item1 >= 0)];
            if (updates.Length > 0)
            {
                long most = updates.Max(update => update.A.shape[0]);
                Tensor down = zeros([adapters.Count, most, updates[0].A.shape[1]], type, device), up = zeros([adapters.Count, outputs, most], type, device);
                foreach ((int number, Tensor a, Tensor b) in updates)
                {
                    long own = a.shape[0];
                    down.select(0, number).narrow(0, 0, own).copy_(a);
                    up.select(0, number).narrow(1, 0, own).copy_(b);
                }

                downs.Add(down);
                parts.Add(new Part(up.DetachFromDisposeScope(), output, outputs, rank, most));
                rank += most;
            }

            output += outputs;
        }

        return parts.Count == 0 ? null : new AdapterStack(cat(downs, 1).DetachFromDisposeScope(), [.. parts], output);
    }

    /// <summary>B (A x) of rows that stand by adapters.</summary>
    /// <param name="input">[adapters, rows of each, inputs].</param>
    /// <param name="choose">Takes a stack's tensor to those of its first dimension that the rows belong to.</param>
    /// <returns>[adapters, rows of each, outputs].</returns>
    public Tensor Update(Tensor input, Func<Tensor, Tensor> choose)
    {
        Tensor middle = input.bmm(choose(_down).transpose(1, 2)); // [adapters, rows, ranks]
        List<Tensor> pieces = [];
        long output = 0;
        foreach (Part part in _parts)
        {
            Fill(part.Output);
            pieces.Add(middle.narrow(2, part.Middle, part.Rank).bmm(choose(part.Up).transpose(1, 2)));
            output = part.Output + part.Outputs;
        }

        Fill(_outputs);
        return pieces.Count == 1 ? pieces[0] : cat(pieces, 2);

        void Fill(long until)
        {
            if (output < until) pieces.Add(zeros([input.shape[0], input.shape[1], until - output], input.dtype, input.device));
        }
    }

    public void Dispose()
    {
        _down.Dispose();
        foreach (Part part in _parts) part.Up.Dispose();
    }

    /// <summary>The half of an update that belongs to one matrix.</summary>
    /// <param name="Up">B: [adapters, outputs, rank].</param>
    /// <param name="Output">Its first output in the fused product.</param>
    /// <param name="Outputs">How many.</param>
    /// <param name="Middle">Its first value of those between A and B.</param>
    /// <param name="Rank">How many.</param>
    private sealed record Part(Tensor Up, long Output, long Outputs, long Middle, long Rank);
}
