namespace AgentSociety.Culture;

/// <summary>Lines by what they say: which of them says the same as another line is found without comparing it with all of them.</summary>
/// <remarks>
/// Agrees with <see cref="LineSimilarity.SayTheSame"/>. Equal forms are looked up; for the rest, of lines in which the telling words are the same, prefix filtering (Chaudhuri, Ganti
/// and Kaushik, "A primitive operator for similarity joins in data cleaning", ICDE 2006): of two sets whose Jaccard similarity is at least
/// s each holds one of the other's |A| - ceil(s |A|) + 1 first elements in any one order, and the rarest come first here. After <see cref="MostCompared"/> steps of
/// that kind only equal forms are found, so that no edit can hold up those that wait behind it.
/// </remarks>
internal sealed class LinesBySaying
{
    /// <summary>Lines that are asked for and candidates that are compared, together, before only equal forms are found.</summary>
    internal const int MostCompared = 100_000;

    private readonly double _similarity;
    private readonly List<string> _lines = [];
    private readonly List<string> _forms = [];
    private readonly Dictionary<string, int> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<ulong>> _shingles = [];
    private readonly Dictionary<ulong, int> _common = [];
    private readonly Dictionary<(string Telling, ulong Shingle), List<int>> _holders = [];
    private readonly HashSet<string> _tellings = [];
    private int _compared;

    /// <summary>Takes lines in; those that say nothing are left out.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="similarity">From which on two lines say the same, above 0 and at most 1.</param>
    internal LinesBySaying(IEnumerable<string> lines, double similarity)
    {
        _similarity = similarity;
        foreach (string line in lines)
        {
            if (LineSimilarity.Form(line) is not { Length: > 0 } form || !_first.TryAdd(form, _lines.Count)) continue;
            if (form.Length >= LineSimilarity.ShortestForShingles)
            {
                _shingles[_lines.Count] = LineSimilarity.Shingles(form);
                foreach (ulong shingle in _shingles[_lines.Count]) _common[shingle] = _common.GetValueOrDefault(shingle) + 1;
            }

            _lines.Add(line);
            _forms.Add(form);
        }

        foreach ((int line, HashSet<ulong> shingles) in _shingles)
        {
            string telling = LineSimilarity.Telling(_forms[line]);
            _tellings.Add(telling);
            foreach (ulong shingle in Rarest(shingles))
            {
                if (!_holders.TryGetValue((telling, shingle), out List<int>? holders)) _holders[(telling, shingle)] = holders = [];
                holders.Add(line);
            }
        }
    }

    /// <summary>The forms of the lines, without repetitions.</summary>
    internal IReadOnlyList<string> Forms => _forms;

    /// <summary>The first of the lines that says what another one says; null where none does.</summary>
    internal string? FirstSaying(string other)
    {
        if (LineSimilarity.Form(other) is not { Length: > 0 } form) return null;
        int first = _first.GetValueOrDefault(form, int.MaxValue);
        if (form.Length >= LineSimilarity.ShortestForShingles && _compared++ < MostCompared && LineSimilarity.Telling(form) is var telling && _tellings.Contains(telling))
        {
            HashSet<ulong> shingles = LineSimilarity.Shingles(form);
            HashSet<int> seen = [];
            foreach (ulong shingle in Rarest(shingles))
                foreach (int line in _holders.GetValueOrDefault((telling, shingle)) ?? [])
                    if (line < first && _compared++ < MostCompared && seen.Add(line) && LineSimilarity.Jaccard(_shingles[line], shingles) >= _similarity) first = line;
        }

        return first == int.MaxValue ? null : _lines[first];
    }

    private IEnumerable<ulong> Rarest(HashSet<ulong> shingles) =>
        shingles.OrderBy(shingle => _common.GetValueOrDefault(shingle)).ThenBy(shingle => shingle).Take(shingles.Count - (int)Math.Ceiling((_similarity * shingles.Count) - 1e-9) + 1);
}
