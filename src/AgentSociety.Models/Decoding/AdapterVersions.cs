namespace AgentSociety.Models;

/// <summary>An adapter's weights as they were when the first sequence was admitted with them.</summary>
/// <param name="name">The adapter's name.</param>
/// <param name="number">See <see cref="LanguageModel.AdapterVersionOf"/>.</param>
/// <param name="weights">What <see cref="IForwardPass.Pack"/> made of them.</param>
internal sealed class AdapterVersion(string name, long number, IDisposable weights)
{
    public string Name { get; } = name;

    public long Number { get; } = number;

    public IDisposable Weights { get; } = weights;

    /// <summary>Sequences that decode with it.</summary>
    public int Sequences { get; set; }
}

/// <summary>Adapters' weights by version: each is kept while requests can be admitted with it, and then until the last sequence has left that was.</summary>
/// <remarks>A version is packed when the first sequence is admitted with it, so that adapters nobody asks for take no memory.</remarks>
internal sealed class AdapterVersions(LanguageModel model, IForwardPass pass) : IDisposable
{
    private readonly Dictionary<string, AdapterVersion> _newest = new(StringComparer.Ordinal);
    private readonly HashSet<AdapterVersion> _older = [];

    /// <summary>True to round weights to bfloat16 as they are packed.</summary>
    public bool Halved { get; set; }

    /// <summary>Versions whose weights are in memory.</summary>
    public int Count => _newest.Count + _older.Count;

    /// <summary>The weights that a sequence which is admitted now decodes with until it leaves; null for an adapter that is null.</summary>
    public AdapterVersion? Join(string? name)
    {
        if (name is null) return null;
        if (!_newest.TryGetValue(name, out AdapterVersion? version)) version = _newest[name] = new AdapterVersion(name, model.AdapterVersionOf(name), pass.Pack(model.Adapters[name], Halved));
        version.Sequences++;
        return version;
    }

    /// <summary>A sequence has left; an older version goes with its last one.</summary>
    public void Leave(AdapterVersion? version)
    {
        if (version is null || --version.Sequences > 0 || !_older.Remove(version)) return;
        version.Weights.Dispose();
    }

    /// <summary>Admits nobody any more with what the model has in a newer version or not at all.</summary>
    public void Retire()
    {
        foreach (AdapterVersion version in _newest.Values.Where(version => !model.Adapters.ContainsKey(version.Name) || model.AdapterVersionOf(version.Name) != version.Number).ToArray())
        {
            _newest.Remove(version.Name);
            if (version.Sequences > 0) _older.Add(version);
            else version.Weights.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (AdapterVersion version in _newest.Values.Concat(_older)) version.Weights.Dispose();
    }
}
