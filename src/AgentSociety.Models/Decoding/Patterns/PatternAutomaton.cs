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
        called ??= $"pattern '{pattern}'";
        Parts parts = new(called);
        (int start, int end) = parts.Add(PatternParser.Parse(pattern));
        byte[] columns = parts.Columns(out int count);
        List<int[]> next = [];
        List<bool> accepting = [];
        Dictionary<string, int> known = [];
        Queue<int[]> open = new();
        StateOf(parts.Closure([start]));
        while (open.TryDequeue(out int[]? state))
        {
            int[] row = new int[count];
            next.Add(row);
            accepting.Add(state.Contains(end));
            for (int column = 0; column < count; column++)
            {
                int[] targets = parts.Closure(parts.After(state, (byte)Array.IndexOf(columns, (byte)column)));
                row[column] = targets.Length == 0 ? None : StateOf(targets);
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
            string key = string.Join(',', set);
            if (known.TryGetValue(key, out int state)) return state;
            if (known.Count == MostStates) throw new SocietyException($"{called}: it needs more than {MostStates} states; repeat less, or bound fewer repetitions from above");
            open.Enqueue(set);
            return known[key] = known.Count;
        }
    }

    /// <summary>The state after another byte; <see cref="None"/> where no text of the pattern goes on so.</summary>
    public int Next(int state, byte value) => _next[state][_columns[value]];

    /// <summary>True where the text may end here.</summary>
    public bool Accepts(int state) => _accepting[state];

    private static bool[] Alive(List<int[]> next, List<bool> accepting)
    {
        bool[] alive = [.. accepting];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int state = next.Count - 1; state >= 0; state--)
            {
                if (alive[state] || !next[state].Any(target => target != None && alive[target])) continue;
                alive[state] = changed = true;
            }
        }

        return alive;
    }

    /// <summary>The automaton with several ways at once: edges of byte ranges, and edges that take nothing.</summary>
    private sealed class Parts(string called)
    {
        private readonly List<List<(byte First, byte Last, int To)>> _edges = [];
        private readonly List<List<int>> _free = [];

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
                    foreach (PatternNode part in choice.Parts) _free[After(start, part)].Add(end);
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

        /// <summary>Places after a byte.</summary>
        public IEnumerable<int> After(int[] places, byte value) =>
            from place in places from edge in _edges[place] where edge.First <= value && value <= edge.Last select edge.To;

        /// <summary>The places and all that nothing leads to from them, in order.</summary>
        public int[] Closure(IEnumerable<int> places)
        {
            SortedSet<int> closed = [];
            Stack<int> open = new(places);
            while (open.TryPop(out int place))
            {
                if (!closed.Add(place)) continue;
                foreach (int free in _free[place]) open.Push(free);
            }

            return [.. closed];
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
