using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>A regular expression as a deterministic automaton over bytes of UTF-8: what may follow what was written so far is one table look-up.</summary>
/// <remarks>
/// Thompson's construction, then that of subsets (Aho, Sethi and Ullman 1986, algorithms 3.3 and 3.2). Every state can still reach an accepting one;
/// where there is no way left the next state is <see cref="None"/>. Bytes that the pattern never tells apart share a column.
/// </remarks>
internal sealed class PatternAutomaton
{
    /// <summary>No state: what was written fits no text of the pattern.</summary>
    public const int None = -1;

    private const int MostParts = 50_000;
    private const int MostStates = 5_000;

    /// <summary>Places and edges looked at while states are made: less than a second.</summary>
    private const int MostWork = 50_000_000;

    private readonly byte[] _columns;
    private readonly int[][] _next;
    private readonly bool[] _accepting;

    private PatternAutomaton(byte[] columns, int[][] next, bool[] accepting)
    {
        _columns = columns;
        _next = next;
        _accepting = accepting;
    }

    /// <summary>Number of states; the first is the beginning.</summary>
    public int States => _next.Length;

    /// <summary>Builds the automaton of a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="called">What messages call it; null for the pattern itself.</param>
    /// <exception cref="SocietyException">The pattern cannot be read, is too large, or matches no text.</exception>
    public static PatternAutomaton Build(string pattern, string? called = null)
    {
        called ??= PatternParser.Shown(pattern);
        Parts parts = new(called);
        (int start, int end) = parts.Add(PatternParser.Parse(pattern));
        byte[] columns = parts.Columns(out int count);
        List<int[]> next = [];
        List<bool> accepting = [];
        Dictionary<int[], int> known = new(new SamePlaces());
        Queue<int[]> open = new();
        parts.Finish(end);
        StateOf(parts.Closure([start]));
        List<int>[] reached = [.. Enumerable.Range(0, count).Select(_ => new List<int>())];
        while (open.TryDequeue(out int[]? state))
        {
            int[] row = new int[count];
            next.Add(row);
            accepting.Add(state.Contains(end));
            parts.After(state, columns, reached);
            for (int column = 0; column < count; column++)
            {
                int[] targets = parts.Closure(reached[column]);
                row[column] = targets.Length == 0 ? None : StateOf(targets);
                reached[column].Clear();
            }
        }

        bool[] alive = Alive(next, accepting);
        foreach (int[] row in next)
        {
            for (int column = 0; column < count; column++)
            {
                if (row[column] != None && !alive[row[column]]) row[column] = None;
            }
        }

        return alive[0] ? new PatternAutomaton(columns, [.. next], [.. accepting]) : throw new SocietyException($"{called}: no text matches it");

        int StateOf(int[] set)
        {
            if (known.TryGetValue(set, out int state)) return state;
            if (known.Count == MostStates) throw new SocietyException($"{called}: it needs more than {MostStates} states; repeat less, or bound fewer repetitions from above");
            open.Enqueue(set);
            return known[set] = known.Count;
        }
    }

    /// <summary>The state after another byte; <see cref="None"/> where no text of the pattern goes on so.</summary>
    public int Next(int state, byte value) => _next[state][_columns[value]];

    /// <summary>True where the text may end here.</summary>
    public bool Accepts(int state) => _accepting[state];

    private static bool[] Alive(List<int[]> next, List<bool> accepting)
    {
        List<int>[] before = [.. next.Select(_ => new List<int>())];
        for (int state = 0; state < next.Count; state++)
        {
            foreach (int target in next[state])
            {
                if (target != None) before[target].Add(state);
            }
        }

        bool[] alive = new bool[next.Count];
        Stack<int> open = new(Enumerable.Range(0, next.Count).Where(state => accepting[state]));
        while (open.TryPop(out int state))
        {
            if (alive[state]) continue;
            alive[state] = true;
            foreach (int earlier in before[state]) open.Push(earlier);
        }

        return alive;
    }

    /// <summary>Sets of places are one state where they hold the same places.</summary>
    private sealed class SamePlaces : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? left, int[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(int[] places)
        {
            HashCode hash = default;
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(places.AsSpan()));
            return hash.ToHashCode();
        }
    }

    /// <summary>The automaton with several ways at once: edges of byte ranges, and edges that take nothing.</summary>
    private sealed class Parts(string called)
    {
        private readonly List<List<(byte First, byte Last, int To)>> _edges = [];
        private readonly List<List<int>> _free = [];
        private readonly List<int> _closed = [];
        private readonly Stack<int> _open = [];
        private bool[] _seen = [];
        private bool[] _kept = [];
        private int _work;

        /// <summary>Adds a tree; its text leads from the one to the other.</summary>
        public (int Start, int End) Add(PatternNode node)
        {
            int start = New(), end = New();
            switch (node)
            {
                case PatternNode.Characters characters:
                    foreach ((int first, int last) in characters.Ranges)
                    {
                        foreach ((byte First, byte Last)[] bytes in CharacterSet.Bytes(first, last))
                        {
                            int from = start;
                            for (int index = 0; index < bytes.Length; index++)
                            {
                                int to = index == bytes.Length - 1 ? end : New();
                                _edges[from].Add((bytes[index].First, bytes[index].Last, to));
                                from = to;
                            }
                        }
                    }

                    break;
                case PatternNode.Sequence sequence:
                    int reached = start;
                    foreach (PatternNode part in sequence.Parts) reached = After(reached, part);
                    _free[reached].Add(end);
                    break;
                case PatternNode.Choice choice:
                    // Single characters are one part, however many there are to choose from.
                    PatternNode.Characters[] single = [.. choice.Parts.OfType<PatternNode.Characters>()];
                    if (single.Length > 0) _free[After(start, new PatternNode.Characters(CharacterSet.Ordered(single.SelectMany(part => part.Ranges))))].Add(end);
                    foreach (PatternNode part in choice.Parts)
                    {
                        if (part is not PatternNode.Characters) _free[After(start, part)].Add(end);
                    }

                    break;
                case PatternNode.Repeat repeat:
                    int place = start;
                    for (int time = 0; time < repeat.Least; time++) place = After(place, repeat.Part);
                    if (repeat.Most is { } most)
                    {
                        for (int time = repeat.Least; time < most; time++)
                        {
                            _free[place].Add(end);
                            place = After(place, repeat.Part);
                        }
                    }
                    else
                    {
                        int again = New();
                        _free[place].Add(again);
                        _free[After(again, repeat.Part)].Add(again);
                        place = again;
                    }

                    _free[place].Add(end);
                    break;
            }

            return (start, end);
        }

        /// <summary>A column for each byte; bytes that all edges treat alike share one.</summary>
        public byte[] Columns(out int count)
        {
            bool[] begins = new bool[257];
            begins[0] = true;
            foreach ((byte first, byte last, _) in _edges.SelectMany(edges => edges)) begins[first] = begins[last + 1] = true;
            byte[] columns = new byte[256];
            int column = -1;
            for (int value = 0; value < 256; value++) columns[value] = (byte)(begins[value] ? ++column : column);
            count = column + 1;
            return columns;
        }

        /// <summary>Says that all is added; texts end at one place.</summary>
        public void Finish(int end)
        {
            _seen = new bool[_edges.Count];
            // Places that only lead on for nothing tell no two sets apart.
            _kept = [.. _edges.Select((edges, place) => edges.Count > 0 || place == end)];
        }

        /// <summary>Adds the places after a byte of each column to the column's list.</summary>
        public void After(int[] places, byte[] columns, List<int>[] reached)
        {
            foreach (int place in places)
            {
                foreach ((byte first, byte last, int to) in _edges[place])
                {
                    Charge(columns[last] - columns[first] + 1);
                    for (int column = columns[first]; column <= columns[last]; column++) reached[column].Add(to);
                }
            }
        }

        /// <summary>The places, and all that are reached from them for nothing, in order; those that matter.</summary>
        public int[] Closure(List<int> places)
        {
            foreach (int place in places) _open.Push(place);
            while (_open.TryPop(out int place))
            {
                if (_seen[place]) continue;
                _seen[place] = true;
                _closed.Add(place);
                Charge(1 + _free[place].Count);
                foreach (int free in _free[place]) _open.Push(free);
            }

            foreach (int place in _closed) _seen[place] = false;
            _closed.RemoveAll(place => !_kept[place]);
            int[] closed = [.. _closed];
            _closed.Clear();
            Array.Sort(closed);
            return closed;
        }

        private void Charge(int work)
        {
            if ((_work += work) > MostWork) throw new SocietyException($"{called}: it takes too long to prepare; repeat less, or let fewer parts of a repetition be left out");
        }

        private int After(int place, PatternNode part)
        {
            (int start, int end) = Add(part);
            _free[place].Add(start);
            return end;
        }

        private int New()
        {
            if (_edges.Count == MostParts) throw new SocietyException($"{called}: it has more than {MostParts} parts once its repetitions are written out; repeat less");
            _edges.Add([]);
            _free.Add([]);
            return _edges.Count - 1;
        }
    }
}
