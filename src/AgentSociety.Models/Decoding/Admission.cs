namespace AgentSociety.Models;

/// <summary>Gives requests their slots, and the beginnings that other slots hold already.</summary>
/// <remarks>Which slot a sequence has changes none of its tokens; it decides what is kept for those that come later.</remarks>
internal sealed class Admission(LanguageModel model, Slot[] slots, SlotCaches caches, AdapterVersions adapters, IForwardPass pass)
{
    private long _admitted;
    private long _uses;

    /// <summary>Admits a request; there must be a slot that nobody has.</summary>
    /// <param name="request">The request.</param>
    /// <param name="adapterName">The adapter to decode with; null for the shared weights alone.</param>
    public Sequence Admit(GenerationRequest request, string? adapterName)
    {
        AdapterVersion? adapter = adapters.Join(adapterName);
        (Slot slot, Slot? donor, int shared) = Place(request.Prompt, adapter);
        Sequence sequence = new(request, slot, adapter, ++_admitted)
        {
            Pattern = request.Form?.Tokens,
            Stops = request.Stops.Count == 0 ? null : new StopSearch(request.Stops, model.Forms.Tokens.Longest),
        };
        if (donor?.Owner is { } source)
        {
            sequence.Donor = (donor, source, shared);
            slot.Fed = 0;
        }
        else if (donor is not null && donor != slot)
        {
            slot.Fed = 0;
            caches.Grow(slot, request.Prompt.Length, donor);
            // Where the room was not enough for both, the donor went.
            slot.Fed = Math.Min(shared, donor.Fed);
            if (slot.Fed > 0) pass.CopyPrefix(donor.Index, slot.Index, slot.Fed);
            donor.Used = ++_uses;
        }
        else slot.Fed = shared;

        slot.Used = ++_uses;
        slot.Adapter = adapter;
        slot.Owner = sequence;
        request.Prompt.CopyTo(slot.Tokens.AsSpan());
        return sequence;
    }

    /// <summary>Takes a sequence's slot back; what it holds is kept for who begins alike.</summary>
    public void Leave(Sequence sequence)
    {
        sequence.Slot.Owner = null;
        sequence.Slot.Used = ++_uses;
        adapters.Leave(sequence.Adapter);
    }

    /// <summary>Copies the shared beginning once the donor has it, also from one that has left and whose slot still holds it; a donor that has left before, or goes on nobody knows when, is not waited for.</summary>
    public void CopyFromDonor(Sequence sequence)
    {
        if (sequence.Donor is not { } donor) return;
        Slot slot = donor.Slot;
        bool there = slot.Fed >= donor.Length && slot.Adapter == sequence.Adapter && slot.Tokens.AsSpan(0, donor.Length).SequenceEqual(sequence.Slot.Tokens.AsSpan(0, donor.Length));
        if (!there && slot.Owner == donor.Owner && donor.Owner is { Pending: null, StandsBack: false }) return;
        sequence.Donor = null;
        if (!there) return;
        pass.CopyPrefix(donor.Slot.Index, sequence.Slot.Index, donor.Length);
        sequence.Slot.Fed = donor.Length;
    }

    /// <summary>The slot for a prompt, the slot that holds the longest beginning of it (null for none), and that beginning's length.</summary>
    private (Slot Slot, Slot? Donor, int Shared) Place(int[] prompt, AdapterVersion? adapter)
    {
        // The last prompt token is always computed, since its logits are needed.
        ReadOnlySpan<int> shareable = prompt.AsSpan(0, prompt.Length - 1);
        Slot? free = null, donor = null;
        int longest = 0;
        foreach (Slot slot in slots)
        {
            // One that waits for its tool computes nothing more for now.
            int kept = slot.Owner is { Pending: null } owner ? owner.Request.Prompt.Length : slot.Fed;
            int length = kept == 0 || slot.Adapter != adapter ? 0 : shareable.CommonPrefixLength(slot.Tokens.AsSpan(0, kept));
            if (length > longest || (length == longest && donor is not null && slot.Owner is null && (donor.Owner is not null || slot.Used < donor.Used))) (longest, donor) = (length, slot);
            if (slot.Owner is null && (free is null || GoesBefore(slot, free))) free = slot;
        }

        // A text that goes on from a kept one takes its slot; one that shares a short beginning leaves a long one where it is.
        bool inPlace = donor is { Owner: null } && 2L * longest >= donor.Fed;
        return (inPlace ? donor! : free!, donor, longest);

        // Empty ones first, then those that nobody has used for the longest time.
        static bool GoesBefore(Slot one, Slot other) => one.Fed == 0 == (other.Fed == 0) ? one.Used < other.Used : one.Fed == 0;
    }
}
