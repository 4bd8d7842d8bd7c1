namespace AgentSociety.Models;

/// <summary>Gives the slots' caches their room where it is scarce (see <see cref="CacheRoom"/>): who may join, who goes on, and who stands back.</summary>
/// <remarks>
/// Older sequences come before younger ones, so that the oldest always goes on, and those that wait for their tools come last: they keep what room nobody else needs.
/// One that loses its cache is computed again from its tokens, to the same bits.
/// </remarks>
internal sealed class SlotCaches(CacheRoom room, IForwardPass pass, Slot[] slots, int context)
{
    /// <summary>Tokens that a request that joins finds room for at least, beside its prompt.</summary>
    private const int Headroom = 128;

    /// <summary>True where a request can join: nobody stands back already, and its prompt and a beginning of its text fit beside the others.</summary>
    public bool HasRoomFor(GenerationRequest request, IReadOnlyList<Sequence> active)
    {
        if (!room.Tight || active.Count == 0) return true;
        long taken = 0;
        foreach (Sequence sequence in active.Where(sequence => sequence.Pending is null))
        {
            if (sequence.StandsBack) return false;
            taken += SizeOf(sequence);
        }

        return taken + room.SizeFor((int)Math.Min(context, request.Prompt.Length + (long)Math.Min(request.MaximumTokens, Headroom))) <= room.Positions;
    }

    /// <summary>Gives the sequences room for their next token, the oldest first; those that find none stand back.</summary>
    public void Fit(IReadOnlyList<Sequence> active)
    {
        if (!room.Tight) return;
        long left = room.Positions;
        List<Sequence> fitting = [];
        foreach (Sequence sequence in active.OrderBy(sequence => sequence.Pending is not null).ThenBy(sequence => sequence.Number))
        {
            if (sequence.Pending is not null)
            {
                int held = room.Of(sequence.Slot.Index);
                if (held > left) Release(sequence.Slot);
                else left -= held;
                continue;
            }

            int size = SizeOf(sequence);
            sequence.StandsBack = size > left;
            if (sequence.StandsBack)
            {
                sequence.Donor = null;
                Release(sequence.Slot);
                continue;
            }

            left -= size;
            fitting.Add(sequence);
        }

        foreach (Sequence sequence in fitting) Grow(sequence.Slot, sequence.Count);
    }

    /// <summary>Makes room for so many tokens in a slot's cache; beginnings that idle slots keep for later requests go, the oldest first, that of <paramref name="last"/> last, and then the caches of those that wait for their tools.</summary>
    public void Grow(Slot slot, int tokens, Slot? last = null)
    {
        int size = room.SizeFor(tokens);
        if (!room.Tight || room.Of(slot.Index) >= size) return;
        while (room.Held - room.Of(slot.Index) + size > room.Positions)
        {
            Release(slots.Where(other => other.Owner is null or { Pending: not null } && other != slot && room.Of(other.Index) > 0)
                .OrderBy(other => other.Owner is not null).ThenByDescending(other => other.Owner?.Number).ThenBy(other => other == last).ThenBy(other => other.Used).First());
        }

        pass.Reserve(slot.Index, size, slot.Fed);
        room.Take(slot.Index, size);
    }

    private int SizeOf(Sequence sequence) => Math.Max(room.SizeFor(sequence.Count), room.Of(sequence.Slot.Index));

    private void Release(Slot slot)
    {
        slot.Fed = 0;
        pass.Release(slot.Index);
        room.Take(slot.Index, 0);
    }
}
