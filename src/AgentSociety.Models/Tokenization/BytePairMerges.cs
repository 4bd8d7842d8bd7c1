using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Byte-pair encoding of one piece of text: characters first, then the pair that was merged earliest in training, leftmost first, until none is left.</summary>
/// <remarks>Sennrich et al. (2016), algorithm 1, applied; with Kudo and Richardson's (2018) fallback to bytes where the vocabulary has it.</remarks>
internal sealed class BytePairMerges
{
    private const int LongestScan = 48;
    private const int LongestKept = 64;
    private const int MostKept = 1 << 16;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<ulong, (int Rank, int Id)> _merges = [];
    private readonly Dictionary<string, int[]> _kept = [];
    private readonly Lock _gate = new();
    private readonly int[]? _bytes;

    /// <summary>Takes up a vocabulary and its merges, earliest first.</summary>
    /// <exception cref="FormatException">A merge names a token that the vocabulary lacks.</exception>
    public BytePairMerges(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, bool byteFallback, int? unknown, bool fuseUnknown, bool wholeFirst)
    {
        _vocabulary = vocabulary;
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        (Unknown, FuseUnknown, WholeFirst) = (unknown, fuseUnknown, wholeFirst);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            if (!vocabulary.TryGetValue(left, out int first) || !vocabulary.TryGetValue(right, out int second) || !vocabulary.TryGetValue(left + right, out int merged))
                throw new FormatException($"merge {rank} joins '{left}' and '{right}', and the vocabulary lacks one of them or the result");
            _merges.TryAdd(Pair(first, second), (rank, merged));
        }

        int[] bytes = [.. Enumerable.Range(0, 256).Select(value => vocabulary.GetValueOrDefault($"<0x{value:X2}>", -1))];
        _bytes = byteFallback && Array.IndexOf(bytes, -1) < 0 ? bytes : null;
    }

    /// <summary>The id of what cannot be expressed; null for none.</summary>
    public int? Unknown { get; }

    private bool FuseUnknown { get; }

    private bool WholeFirst { get; }

    /// <summary>Adds the ids of a piece.</summary>
    /// <exception cref="SocietyException">A character is not in the vocabulary, and there is no token for the unknown.</exception>
    public void Encode(string piece, List<int> ids)
    {
        if (piece.Length == 0) return;
        if (WholeFirst && _vocabulary.TryGetValue(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }

        if (piece.Length > LongestKept)
        {
            ids.AddRange(Merge(Characters(piece)));
            return;
        }

        int[]? known;
        lock (_gate) _kept.TryGetValue(piece, out known);
        if (known is null)
        {
            known = Merge(Characters(piece));
            lock (_gate)
            {
                if (_kept.Count >= MostKept) _kept.Clear();
                _kept[piece] = known;
            }
        }

        ids.AddRange(known);
    }

    private List<int> Characters(string piece)
    {
        List<int> ids = new(piece.Length);
        bool unknownBefore = false;
        Span<byte> encoded = stackalloc byte[4];
        for (int place = 0; place < piece.Length;)
        {
            bool valid = Rune.TryGetRuneAt(piece, place, out Rune rune);
            int length = valid ? rune.Utf16SequenceLength : 1;
            ReadOnlySpan<char> character = valid ? piece.AsSpan(place, length) : "\uFFFD";
            place += length;
            bool known = _lookup.TryGetValue(character, out int id);
            if (known) ids.Add(id);
            else if (_bytes is not null)
            {
                int count = (valid ? rune : Rune.ReplacementChar).EncodeToUtf8(encoded);
                foreach (byte part in encoded[..count]) ids.Add(_bytes[part]);
            }
            else if (Unknown is { } unknown)
            {
                if (!unknownBefore || !FuseUnknown) ids.Add(unknown);
            }
            else
            {
                throw new SocietyException($"the character '{character}' (U+{(valid ? rune.Value : 0xFFFD):X4}) is not in the tokenizer's vocabulary");
            }

            unknownBefore = !known && _bytes is null;
        }

        return ids;
    }

    private int[] Merge(List<int> ids) => ids.Count <= LongestScan ? MergeByScanning(ids) : MergeByQueue(ids);

    private int[] MergeByScanning(List<int> ids)
    {
        while (true)
        {
            int best = int.MaxValue, place = -1, merged = 0;
            for (int index = 0; index + 1 < ids.Count; index++)
            {
                if (_merges.TryGetValue(Pair(ids[index], ids[index + 1]), out (int Rank, int Id) merge) && merge.Rank < best) (best, place, merged) = (merge.Rank, index, merge.Id);
            }

            if (place < 0) return [.. ids];
            ids[place] = merged;
            ids.RemoveAt(place + 1);
        }
    }

    /// <summary>The same in n log n steps: some tokenizers take a whole page as one piece.</summary>
    private int[] MergeByQueue(List<int> ids)
    {
        int[] next = [.. Enumerable.Range(1, ids.Count)], before = [.. Enumerable.Range(-1, ids.Count)];
        PriorityQueue<(int Place, int Left, int Right), (int Rank, int Place)> queue = new();
        for (int place = 0; place + 1 < ids.Count; place++) Offer(place);
        while (queue.TryDequeue(out (int Place, int Left, int Right) pair, out _))
        {
            int right = next[pair.Place];
            if (ids[pair.Place] != pair.Left || right >= ids.Count || ids[right] != pair.Right) continue;
            ids[pair.Place] = _merges[Pair(pair.Left, pair.Right)].Id;
            ids[right] = -1;
            next[pair.Place] = next[right];
            if (next[right] < ids.Count) before[next[right]] = pair.Place;
            if (before[pair.Place] >= 0) Offer(before[pair.Place]);
            Offer(pair.Place);
        }

        return [.. ids.Where(id => id >= 0)];

        void Offer(int place)
        {
            if (next[place] < ids.Count && _merges.TryGetValue(Pair(ids[place], ids[next[place]]), out (int Rank, int Id) merge)) queue.Enqueue((place, ids[place], ids[next[place]]), (merge.Rank, place));
        }
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
