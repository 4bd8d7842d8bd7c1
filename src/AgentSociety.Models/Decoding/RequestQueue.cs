namespace AgentSociety.Models;

/// <summary>What waits for a slot, by owners' turns, and the names and deadlines of all that is not finished.</summary>
internal sealed class RequestQueue
{
    private readonly TurnQueue<GenerationRequest> _waiting = new(static request => request.Owner);
    private readonly HashSet<string> _known = [];
    private int _deadlines;

    /// <summary>How many wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>What <see cref="Dequeue"/> would give.</summary>
    public GenerationRequest Next => _waiting.Next;

    /// <summary>True where something that is not finished has a deadline.</summary>
    public bool AnyDeadline => _deadlines > 0;

    /// <summary>Puts a request into the queue; false where one of its name is not finished.</summary>
    public bool Enqueue(GenerationRequest request)
    {
        if (!_known.Add(request.Id)) return false;
        _waiting.Enqueue(request);
        if (request.Deadline is not null) _deadlines++;
        return true;
    }

    /// <summary>The next request, which runs from here on.</summary>
    public GenerationRequest Dequeue() => _waiting.Dequeue();

    /// <summary>Takes out what waits and of which something is true.</summary>
    public IReadOnlyList<GenerationRequest> Remove(Predicate<GenerationRequest> leaves)
    {
        IReadOnlyList<GenerationRequest> removed = _waiting.Remove(leaves);
        foreach (GenerationRequest request in removed) Finish(request);
        return removed;
    }

    /// <summary>A request that ran is finished.</summary>
    public void Finish(GenerationRequest request)
    {
        _known.Remove(request.Id);
        if (request.Deadline is not null) _deadlines--;
    }

    /// <summary>True where a request of this name is not finished.</summary>
    public bool Knows(string id) => _known.Contains(id);
}
