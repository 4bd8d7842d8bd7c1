namespace AgentSociety.Models;

/// <summary>What waits: each owner's in order of arrival, owners by turns, so that one who asks for much does not keep the others waiting.</summary>
/// <param name="ownerOf">Whose something is.</param>
public sealed class TurnQueue<T>(Func<T, string> ownerOf)
{
    private readonly Dictionary<string, Queue<T>> _byOwner = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = [];

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Puts something behind what its owner has waiting already.</summary>
    public void Enqueue(T item)
    {
        string owner = ownerOf(item);
        if (!_byOwner.TryGetValue(owner, out Queue<T>? own))
        {
            _byOwner[owner] = own = [];
            _turns.Enqueue(owner);
        }

        own.Enqueue(item);
        Count++;
    }

    /// <summary>What <see cref="Dequeue"/> would give.</summary>
    public T Next => _byOwner[_turns.Peek()].Peek();

    /// <summary>The first of the owner whose turn it is; there must be one.</summary>
    public T Dequeue()
    {
        string owner = _turns.Dequeue();
        Queue<T> own = _byOwner[owner];
        T item = own.Dequeue();
        if (own.Count > 0) _turns.Enqueue(owner);
        else _byOwner.Remove(owner);
        Count--;
        return item;
    }

    /// <summary>Takes out all of which something is true.</summary>
    public IReadOnlyList<T> Remove(Predicate<T> leaves)
    {
        List<T> removed = [];
        for (int turn = _turns.Count; turn > 0; turn--)
        {
            string owner = _turns.Dequeue();
            Queue<T> kept = [];
            foreach (T item in _byOwner[owner])
            {
                if (leaves(item)) removed.Add(item);
                else kept.Enqueue(item);
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
