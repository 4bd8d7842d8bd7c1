namespace AgentSociety.Models.Patterns;

/// <summary>A vocabulary's tokens in the order of their bytes, so that those that begin alike are walked once.</summary>
internal sealed class TokenBytes
{
    private readonly byte[][] _byToken;

    public TokenBytes(ITokenizer tokenizer)
    {
        Size = tokenizer.VocabularySize;
        Sorted = [.. Enumerable.Range(0, Size).Select(token => (Token: token, Bytes: tokenizer.BytesOf(token).ToArray())).Where(token => token.Bytes.Length > 0)];
        _byToken = new byte[Size][];
        Array.Fill(_byToken, []);
        foreach ((int token, byte[] bytes) in Sorted) _byToken[token] = bytes;
        Array.Sort(Sorted, static (left, right) => left.Bytes.AsSpan().SequenceCompareTo(right.Bytes));
        Longest = Sorted.Length == 0 ? 0 : Sorted.Max(token => token.Bytes.Length);
    }

    /// <summary>Bytes of the longest token.</summary>
    public int Longest { get; }

    /// <summary>Number of ids.</summary>
    public int Size { get; }

    /// <summary>Tokens that stand for bytes; special ones do not.</summary>
    public (int Token, byte[] Bytes)[] Sorted { get; }

    /// <summary>A token's bytes; none for a special one.</summary>
    public byte[] this[int token] => _byToken[token];
}

/// <summary>Which tokens of a vocabulary may follow so that the text can still become one of a pattern (Willard and Louf 2023, "Efficient guided generation", section 3).</summary>
internal sealed class TokenPattern
{
    /// <summary>States times tokens up to which it is found out in advance where a vocabulary that cannot write every byte runs into a dead end.</summary>
    private const long SmallVocabulary = 4_000_000;

    private const int MostMasks = 256;
    private readonly PatternAutomaton _automaton;
    private readonly TokenBytes _tokens;
    private readonly int[] _ends;
    private readonly bool[]? _alive;
    private readonly Dictionary<int, ulong[]> _masks = [];

    public TokenPattern(PatternAutomaton automaton, TokenBytes tokens, IEnumerable<int> ends)
    {
        _automaton = automaton;
        _tokens = tokens;
        _ends = [.. ends];
        if ((long)automaton.States * tokens.Size <= SmallVocabulary) _alive = Alive();
    }

    /// <summary>States of the automaton.</summary>
    public int States => _automaton.States;

    /// <summary>False where the vocabulary cannot write any text of the pattern, as far as that is known in advance.</summary>
    public bool Possible => _alive?[0] != false;

    /// <summary>The state after another token, which must be one that was allowed.</summary>
    public int Next(int state, int token)
    {
        if (Array.IndexOf(_ends, token) >= 0) return state;
        foreach (byte value in _tokens[token]) state = _automaton.Next(state, value);
        return state;
    }

    /// <summary>Makes all tokens impossible that lead out of the pattern.</summary>
    /// <param name="logits">One value a token id.</param>
    /// <param name="state">Where the text stands.</param>
    /// <param name="mayEnd">False to let the text end only where nothing else can follow.</param>
    /// <returns>False where no token is left.</returns>
    public bool Restrict(Span<float> logits, int state, bool mayEnd)
    {
        ulong[]? mask;
        // Engines on several threads may share the pattern.
        lock (_masks)
        {
            if (!_masks.TryGetValue(state, out mask))
            {
                if (_masks.Count == MostMasks) _masks.Clear();
                _masks[state] = mask = Mask(state);
            }
        }

        bool any = mask.AsSpan().ContainsAnyExcept(0UL), ends = _automaton.Accepts(state) && (mayEnd || !any);
        Span<float> kept = stackalloc float[Math.Min(_ends.Length, 64)];
        for (int end = 0; end < kept.Length; end++) kept[end] = logits[_ends[end]];
        for (int token = 0; token < logits.Length; token++)
        {
            if (token >= _tokens.Size || (mask[token >> 6] >> token & 1) == 0) logits[token] = float.NegativeInfinity;
        }

        for (int end = 0; ends && end < kept.Length; end++) logits[_ends[end]] = kept[end];
        return any || ends;
    }

    private ulong[] Mask(int state)
    {
        ulong[] mask = new ulong[(_tokens.Size + 63) / 64];
        Walk(state, (token, after) =>
        {
            if (_alive?[after] != false && Array.IndexOf(_ends, token) < 0) mask[token >> 6] |= 1UL << token;
        });
        return mask;
    }

    /// <summary>Visits all tokens that can follow, with the states that they lead to.</summary>
    private void Walk(int state, Action<int, int> visit)
    {
        List<int> states = [state];
        byte[] walked = [];
        foreach ((int token, byte[] bytes) in _tokens.Sorted)
        {
            int common = Math.Min(bytes.AsSpan().CommonPrefixLength(walked), states.Count - 1);
            // Where the token before broke off within what both share, this one breaks off too.
            bool broken = states[common] == PatternAutomaton.None;
            states.RemoveRange(common + 1, states.Count - common - 1);
            for (int index = common; !broken && index < bytes.Length; index++)
            {
                states.Add(_automaton.Next(states[^1], bytes[index]));
                broken = states[^1] == PatternAutomaton.None;
            }

            walked = bytes;
            if (!broken) visit(token, states[^1]);
        }
    }

    /// <summary>States from which tokens lead to the end of a text.</summary>
    private bool[] Alive()
    {
        List<int>[] before = [.. Enumerable.Range(0, _automaton.States).Select(_ => new List<int>())];
        for (int state = 0; state < _automaton.States; state++)
        {
            int from = state;
            Walk(state, (_, after) => before[after].Add(from));
        }

        bool[] alive = new bool[_automaton.States];
        Stack<int> open = new(Enumerable.Range(0, _automaton.States).Where(_automaton.Accepts));
        while (open.TryPop(out int state))
        {
            if (alive[state]) continue;
            alive[state] = true;
            foreach (int earlier in before[state]) open.Push(earlier);
        }

        return alive;
    }
}
