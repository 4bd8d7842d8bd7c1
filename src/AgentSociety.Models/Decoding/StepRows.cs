namespace AgentSociety.Models;

/// <summary>The tokens that one step feeds, and the sequences that sample in it.</summary>
/// <param name="most">Most rows of a step; at least one for each slot.</param>
internal sealed class StepRows(int most)
{
    private readonly Row[] _rows = new Row[most];
    private readonly List<Sequence> _sampling = [];
    private int _count;

    /// <summary>The rows, those of one sequence together.</summary>
    public ReadOnlySpan<Row> Rows => _rows.AsSpan(0, _count);

    /// <summary>The sequences whose next token is sampled, in the order of the outputs.</summary>
    public IReadOnlyList<Sequence> Sampling => _sampling;

    /// <summary>Sequences that take part, those included that wait for a beginning to copy.</summary>
    public int Batch { get; private set; }

    /// <summary>Rows whose token is not followed by a sampled one.</summary>
    public int Prefilled => _count - _sampling.Count;

    /// <summary>Lists the tokens to be fed: at least one of every sequence that takes part, more of prompts and replies as far as the step's budget goes.</summary>
    public void Gather(IReadOnlyList<Sequence> active)
    {
        _sampling.Clear();
        (_count, Batch) = (0, 0);
        int after = active.Count;
        foreach (Sequence sequence in active)
        {
            after--;
            if (sequence.StandsBack || sequence.Pending is not null) continue;
            Batch++;
            if (sequence.Donor is not null) continue;
            Slot slot = sequence.Slot;
            int take = Math.Min(sequence.Count - slot.Fed, _rows.Length - _count - after);
            for (int end = slot.Fed + take; slot.Fed < end; slot.Fed++)
            {
                bool last = slot.Fed == sequence.Count - 1;
                _rows[_count++] = new Row(slot.Tokens[slot.Fed], slot.Index, slot.Fed, sequence.Adapter, last ? _sampling.Count : -1);
                if (last) _sampling.Add(sequence);
            }
        }
    }
}
