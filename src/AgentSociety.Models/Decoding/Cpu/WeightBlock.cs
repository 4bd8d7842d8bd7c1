namespace AgentSociety.Models.Cpu;

/// <summary>Zeroed weights outside the managed heap, in float32 or in bfloat16, aligned to a cache line.</summary>
internal sealed unsafe class WeightBlock : IDisposable
{
    private readonly FloatBlock _memory;

    public WeightBlock(long length, bool halved)
    {
        Halved = halved;
        _memory = new FloatBlock(halved ? (length + 1) / 2 : length);
    }

    /// <summary>True where they are kept in bfloat16.</summary>
    public bool Halved { get; }

    public long Bytes => _memory.Length * sizeof(float);

    /// <summary>The first weight.</summary>
    /// <exception cref="InvalidOperationException">The weights are kept in the other format.</exception>
    public TWeight* Start<TWeight>()
        where TWeight : unmanaged
    {
        if (Halved != (typeof(TWeight) == typeof(BFloat16))) throw new InvalidOperationException($"The weights are not kept as {typeof(TWeight).Name}.");
        return (TWeight*)_memory.Start;
    }

    /// <summary>The address of a weight.</summary>
    public nint At(long weight) => (nint)((byte*)_memory.Start + weight * (Halved ? sizeof(BFloat16) : sizeof(float)));

    public void Dispose() => _memory.Dispose();
}
