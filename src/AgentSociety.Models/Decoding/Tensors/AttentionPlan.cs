using System.Numerics;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace AgentSociety.Models.Tensors;

/// <summary>Which of a step's rows look at which cells: sequences with about as many rows and about as long caches go together, padded to the longest.</summary>
/// <remarks>Groups are cut at powers of two, so that at most half of what is read is padding, however different the sequences are.</remarks>
internal sealed class AttentionPlan
{
    /// <summary>Pages below which lengths are not told apart.</summary>
    private const int LeastPages = 16;

    private readonly DecoderConfig _config;
    private readonly CachePool _pool;
    private readonly StepNumbers _numbers;
    private readonly Group[] _groups;
    private readonly StepNumbers.Part? _places;
    private Tensor? _rowPlaces;

    /// <summary>A plan for rows whose cells the pool has room for already.</summary>
    public AttentionPlan(DecoderConfig config, CachePool pool, ReadOnlySpan<Row> rows, StepNumbers numbers)
    {
        (_config, _pool, _numbers) = (config, pool, numbers);
        List<Run> runs = [];
        for (int row = 0; row < rows.Length;)
        {
            int begin = row, slot = rows[row].Slot;
            while (row < rows.Length && rows[row].Slot == slot) row++;
            int first = rows[begin].Position, last = rows[row - 1].Position;
            int firstPage = config.Window is { } window ? Math.Max(0, first + 1 - window) / CachePool.Page : 0;
            runs.Add(new Run(begin, row - begin, slot, first, firstPage, last / CachePool.Page + 1 - firstPage));
        }

        int all = rows.Length, done = 0;
        long[] places = new long[all];
        _groups =
        [
            .. runs.GroupBy(run => (Rows: BitOperations.RoundUpToPowerOf2((uint)run.Rows), Pages: BitOperations.RoundUpToPowerOf2((uint)Math.Max(run.Pages, LeastPages)))).Select(group =>
            {
                Run[] members = [.. group];
                Group planned = Planned(members, all);
                for (int member = 0; member < members.Length; member++)
                {
                    for (int row = 0; row < members[member].Rows; row++) places[members[member].Begin + row] = done + member * planned.Rows + row;
                }

                done += members.Length * planned.Rows;
                return planned;
            }),
        ];
        if (_groups.Length > 1 || _groups[0].Chosen is not null) _places = numbers.Add(places);
    }

    /// <summary>Makes the masks, once the step's numbers are on the device.</summary>
    public void Prepare(Tensor columns)
    {
        _rowPlaces = _places is { } places ? _numbers.Of(places) : null;
        int shared = _config.Heads / _config.KeyValueHeads;
        foreach (Group group in _groups)
        {
            group.ChosenRows = group.Chosen is { } chosen ? _numbers.Of(chosen) : null;
            group.GatheredPages = _numbers.Of(group.Pages);
            Tensor looking = _numbers.Of(group.Positions).view(group.Sequences, group.Rows, 1);
            Tensor seen = _numbers.Of(group.Starts).view(group.Sequences, 1, 1).Plus(columns.narrow(0, 0, group.Columns).view(1, 1, -1)); // positions of the columns
            Tensor mask = seen.le(looking); // [sequences, rows, columns]
            if (_config.Window is { } window) mask = mask.logical_and(seen.gt(looking.Plus(-window)));
            // Query heads that share a key head stand in the query's length.
            group.Mask = group.Rows == 1 ? mask.unsqueeze(1) : mask.view(group.Sequences, 1, 1, group.Rows, -1).expand(-1, -1, shared, -1, -1).reshape(group.Sequences, 1, shared * group.Rows, -1);
        }
    }

    /// <summary>softmax(q K / sqrt(width)) V of every row over what it sees of its sequence (Vaswani et al. 2017, equation 1).</summary>
    /// <param name="layer">The layer, whose cells hold the rows' own keys and values already.</param>
    /// <param name="query">[rows, heads, headWidth].</param>
    /// <returns>[rows, heads * headWidth].</returns>
    public Tensor Attend(int layer, Tensor query)
    {
        Tensor[] mixed = [.. _groups.Select(group => Attend(layer, query, group))];
        Tensor all = mixed.Length == 1 ? mixed[0] : cat(mixed, 0);
        return _rowPlaces is null ? all : all.index_select(0, _rowPlaces);
    }

    private Tensor Attend(int layer, Tensor query, Group group)
    {
        int keyHeads = _config.KeyValueHeads, shared = _config.Heads / keyHeads, width = _config.HeadWidth;
        Tensor chosen = group.ChosenRows is null ? query : query.index_select(0, group.ChosenRows);
        Tensor folded = group.Rows == 1
            ? chosen.view(group.Sequences, keyHeads, shared, width)
            : chosen.view(group.Sequences, group.Rows, keyHeads, shared, width).permute(0, 2, 3, 1, 4).reshape(group.Sequences, keyHeads, shared * group.Rows, width);
        (Tensor keys, Tensor values) = _pool.Gather(layer, group.GatheredPages!, group.Sequences);
        Tensor mixed = F.scaled_dot_product_attention(folded, keys, values, attn_mask: group.Mask);
        return group.Rows == 1
            ? mixed.reshape(group.Sequences, keyHeads * shared * width)
            : mixed.view(group.Sequences, keyHeads, shared, group.Rows, width).permute(0, 3, 1, 2, 4).reshape(group.Sequences * group.Rows, keyHeads * shared * width);
    }

    private Group Planned(Run[] members, int all)
    {
        int rows = members.Max(run => run.Rows), pages = members.Max(run => run.Pages);
        bool asTheyStand = members.All(run => run.Rows == rows) && members.Length * rows == all;
        // A padded row repeats its sequence's last one and is dropped.
        IEnumerable<(Run Run, int Row)> padded = members.SelectMany(run => Enumerable.Range(0, rows).Select(row => (run, Math.Min(row, run.Rows - 1))));
        return new Group
        {
            Sequences = members.Length,
            Rows = rows,
            Columns = pages * CachePool.Page,
            Chosen = asTheyStand ? null : _numbers.Add(padded.Select(one => (long)one.Run.Begin + one.Row)),
            Positions = _numbers.Add(padded.Select(one => (long)one.Run.First + one.Row)),
            Starts = _numbers.Add(members.Select(run => (long)run.FirstPage * CachePool.Page)),
            Pages = _numbers.Add(members.SelectMany(run => Enumerable.Range(0, pages).Select(page => (long)_pool.PageOf(run.Slot, run.FirstPage + page)))),
        };
    }

    /// <summary>The rows of one sequence.</summary>
    /// <param name="Begin">Its first row.</param>
    /// <param name="Rows">How many.</param>
    /// <param name="Slot">Its slot.</param>
    /// <param name="First">The first row's position.</param>
    /// <param name="FirstPage">The first page that any of them sees.</param>
    /// <param name="Pages">How many from there.</param>
    private sealed record Run(int Begin, int Rows, int Slot, int First, int FirstPage, int Pages);

    /// <summary>Sequences that are computed together.</summary>
    private sealed class Group
    {
        public required int Sequences { get; init; }

        /// <summary>Rows of each sequence, padded.</summary>
        public required int Rows { get; init; }

        /// <summary>Positions of each sequence's cache, padded.</summary>
        public required int Columns { get; init; }

        /// <summary>The rows to take; null for all as they stand.</summary>
        public required StepNumbers.Part? Chosen { get; init; }

        public required StepNumbers.Part Positions { get; init; }

        /// <summary>The position of each sequence's first column.</summary>
        public required StepNumbers.Part Starts { get; init; }

        public required StepNumbers.Part Pages { get; init; }

        public Tensor? ChosenRows { get; set; }

        public Tensor? GatheredPages { get; set; }

        public Tensor? Mask { get; set; }
    }
}
