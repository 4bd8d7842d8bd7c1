using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>An adapter's updates as they were when it was packed, the scale folded into B.</summary>
internal sealed class TensorAdapter : IDisposable
{
    private const string Ending = ".lora_A.weight";
    private readonly Dictionary<string, (Tensor A, Tensor B)> _updates = new(StringComparer.Ordinal);
    private readonly Action<TensorAdapter> _gone;

    /// <summary>Takes up an adapter's weights as they are now.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="type">Number format.</param>
    /// <param name="halved">True to round the weights to bfloat16 first.</param>
    /// <param name="gone">Told when it is disposed.</param>
    public TensorAdapter(Adapter adapter, ScalarType type, bool halved, Action<TensorAdapter> gone)
    {
        _gone = gone;
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (string module in adapter.Parameters.Where(parameter => parameter.Name.EndsWith(Ending, StringComparison.Ordinal)).Select(parameter => parameter.Name[..^Ending.Length]))
        {
            adapter.TryGet(module, out Tensor a, out Tensor b);
            // The scaled B has more bits than a B in bfloat16.
            _updates[module] = (Rounded(a).to(type, copy: true).DetachFromDisposeScope(), Rounded(b).to(ScalarType.Float32).Times(adapter.Scale).to(type).DetachFromDisposeScope());
        }

        Tensor Rounded(Tensor weights) => halved ? weights.detach().to(ScalarType.BFloat16) : weights.detach();
    }

    /// <summary>Its place in the stacks.</summary>
    public int Number { get; set; }

    /// <summary>The update of one matrix, by the matrix' name without <c>.weight</c>: A [rank, inputs], B [outputs, rank].</summary>
    public bool TryGet(string module, out Tensor a, out Tensor b)
    {
        bool found = _updates.TryGetValue(module, out (Tensor A, Tensor B) update);
        (a, b) = update;
        return found;
    }

    public void Dispose()
    {
        _gone(this);
        foreach ((Tensor a, Tensor b) in _updates.Values)
        {
            a.Dispose();
            b.Dispose();
        }
    }
}

/// <summary>The packed adapters of a decoder, stacked for each fused product; stacked anew at the first use after one has come or gone.</summary>
internal sealed class AdapterStacks(Decoder decoder, ScalarType type) : IDisposable
{
    private readonly List<TensorAdapter> _adapters = [];
    private readonly Dictionary<string, AdapterStack?> _stacks = new(StringComparer.Ordinal);

    /// <summary>Takes up an adapter's weights as they are now.</summary>
    public TensorAdapter Pack(Adapter adapter, bool halved)
    {
        Drop();
        TensorAdapter packed = new(adapter, type, halved, Forget) { Number = _adapters.Count };
        _adapters.Add(packed);
        return packed;
    }

    /// <summary>The updates to one fused product; null where no adapter changes it.</summary>
    /// <param name="product">The product.</param>
    public AdapterStack? Of(TensorWeights.Product product)
    {
        if (!_stacks.TryGetValue(product.Matrices[0].Name, out AdapterStack? stack)) stack = _stacks[product.Matrices[0].Name] = AdapterStack.Of(_adapters, product.Matrices, type, decoder.Device);
        return stack;
    }

    public void Dispose() => Drop();

    private void Forget(TensorAdapter adapter)
    {
        Drop();
        _adapters.Remove(adapter);
        for (int number = 0; number < _adapters.Count; number++) _adapters[number].Number = number;
    }

    private void Drop()
    {
        foreach (AdapterStack? stack in _stacks.Values) stack?.Dispose();
        _stacks.Clear();
    }
}
