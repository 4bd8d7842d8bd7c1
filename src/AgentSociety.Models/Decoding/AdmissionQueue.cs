namespace AgentSociety.Models;

/// <summary>Requests that wait for a slot: each owner's in order of arrival, owners by turns, so that one who asks for much does not keep the others waiting.</summary>
internal sealed class AdmissionQueue
{
    private readonly Dictionary<string, Queue<GenerationRequest>> _byOwner = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = [];

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    public void Enqueue(GenerationRequest request)
    {
        if (!_byOwner.TryGetValue(request.Owner, out Queue<GenerationRequest>? own))
        {
            _byOwner[request.Owner] = own = [];
            _turns.Enqueue(request.Owner);
        }

        own.Enqueue(request);
        Count++;
    }

    /// <summary>What <see cref="Dequeue"/> would give.</summary>
    public GenerationRequest Next => _byOwner[_turns.Peek()].Peek();

    /// <summary>The first request of the owner whose turn it is; there must be one.</summary>
    public GenerationRequest Dequeue()
    {
        string owner = _turns.Dequeue();
        Queue<GenerationRequest> own = _byOwner[owner];
        GenerationRequest request = own.Dequeue();
        if (own.Count > 0) _turns.Enqueue(owner);
        else _byOwner.Remove(owner);
        Count--;
        return request;
    }

    /// <summary>Takes out all requests of which something is true.</summary>
    public IReadOnlyList<GenerationRequest> Remove(Predicate<GenerationRequest> leaves)
    {
        List<GenerationRequest> removed = [];
        for (int turn = _turns.Count; turn > 0; turn--)
        {
            string owner = _turns.Dequeue();
            Queue<GenerationRequest> kept = [];
            foreach (GenerationRequest request in _byOwner[owner])
            {
                if (leaves(request)) removed.Add(request);
                else kept.Enqueue(request);
            }

            if (kept.Count == 0)
            {
                _byOwner.Remove(owner);
                continue;
            }

            _byOwner[owner] = kept;
            _turns.Enqueue(owner);
        }

        Count -= removed.Count;
        return removed;
    }
}
