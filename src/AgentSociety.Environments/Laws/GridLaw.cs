using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// A grid whose cells are renewed from themselves and their four neighbours (von Neumann's neighbourhood) by a hidden table: <c>.oo/o.o/...ca=</c> asks what the grid is when row c was renewed and
/// then row a. A fact, <c>o.oo.=o</c>: a cell with o above, . to the left, o itself, o to the right and . below becomes o. Difficulty is the rows renewed. When row c is done, what is left may be written
/// down, <c>.oo/o.o/.o.a=</c>.
/// </summary>
/// <remarks>
/// Rows come one after the other and the cells of a row all at once (a block-sequential order, Robert 1986, "Discrete Iterations"), so that a problem grows by one row and not by a whole grid. Beyond an edge
/// lies the opposite one. Grids that are shifts of one another, their rows named anew, and orders that differ in rows which are no neighbours are one problem. A guess is right one time in colours to the power of columns.
/// </remarks>
sealed class GridLaw(int rows, int columns, int colours, int maximumDifficulty) : ILaw
{
    public const string LawName = "grid-rules";
    private const int Around = 5;
    private const char Edge = '/';
    private static readonly string[] ColourNames = ["dot", "o", "x"];
    private readonly CellColours _cells = new(colours, Around);
    private readonly int _length = rows * (columns + 1) - 1;

    public string Name => LawName;

    public string Symbols { get; } = $"{LawText.Letters(rows)}{CellColours.Named(colours)}{Edge}0123456789";

    public int MaximumDifficulty => maximumDifficulty;

    public int Questions => _cells.Neighbourhoods;

    public int QuestionLength => Around;

    public int ReplyLength => 1;

    public string AnswerForm => $"{rows} rows of {columns} cells of '{_cells.Symbols}' with '{Edge}' between them";

    public int IndexOf(ReadOnlySpan<char> question) => question.Length == Around && _cells.Are(question) ? _cells.Index(question) : -1;

    public string Question(int index) => _cells.Neighbourhood(index);

    public string Page(int index)
    {
        // A page for what stands above and to the left: the first two cells of a neighbourhood.
        int corner = index / (colours * colours * colours);
        return $"notes/above-{ColourNames[corner / colours]}-left-{ColourNames[corner % colours]}";
    }

    public bool Says(ReadOnlySpan<char> reply) => reply.Length == 1 && _cells.Are(reply);

    public bool Answers(ReadOnlySpan<char> answer) => IsGrid(answer);

    public string[] Draw(Func<int, KeyedRandom> part) => [.. _cells.Table(part(0))];

    public Proposal Parse(string text)
    {
        int named = text.Length - _length - 1;
        if (named > maximumDifficulty) return Proposal.Malformed($"longer than a grid and {maximumDifficulty} rows to renew");
        if (named < 1 || text[^1] != LawText.Ask) return Proposal.Malformed("not a grid, rows to renew and '='");
        if (!IsGrid(text.AsSpan(0, _length))) return Proposal.Malformed($"does not begin with {AnswerForm}");
        foreach (char row in text.AsSpan(_length, named))
        {
            if (!LawText.IsLetter(row, rows)) return Proposal.Malformed("a character behind the grid is no row");
        }

        return Proposal.Valid(Problem(text));
    }

    public Problem Generate(int difficulty, KeyedRandom random)
    {
        Span<char> text = stackalloc char[_length + difficulty + 1];
        text[..^1].Fill(Edge);
        for (int row = 0; row < rows; row++) _cells.Fill(text.Slice(row * (columns + 1), columns), random);
        foreach (ref char row in text[_length..^1]) row = (char)('a' + random.Next(rows));
        text[^1] = LawText.Ask;
        return Problem(new(text));
    }

    public ILawWalk Begin(string problem) => new Walk(this, problem, rows, columns);

    private Problem Problem(string text)
    {
        string? least = null;
        for (int shift = 0; shift < rows * columns; shift++)
        {
            string shifted = Shifted(text, shift / columns, shift % columns);
            if (least is null || string.CompareOrdinal(shifted, least) < 0) least = shifted;
        }

        return new() { Text = text, Difficulty = text.Length - _length - 1, CanonicalForm = least! };
    }

    /// <summary>The problem with its cells moved down and to the right, the rows to renew named as they are then and in the first order of the alphabet that comes to the same.</summary>
    private string Shifted(string text, int down, int right)
    {
        char[] shifted = text.ToCharArray();
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) shifted[(row + down) % rows * (columns + 1) + (column + right) % columns] = text[row * (columns + 1) + column];
        }

        Span<char> order = shifted.AsSpan(_length..^1);
        foreach (ref char row in order) row = (char)('a' + (row - 'a' + down) % rows);
        for (; order.Length > 1; order = order[1..])
        {
            int first = 0;
            for (int at = 1; at < order.Length; at++)
            {
                if (order[at] < order[first] && CanComeBefore(order[..at], order[at])) first = at;
            }

            char row = order[first];
            order[..first].CopyTo(order[1..]);
            order[0] = row;
        }

        return new(shifted);
    }

    /// <summary>True where renewing the row before all of the others makes no difference: none is the row itself or beside it.</summary>
    private bool CanComeBefore(ReadOnlySpan<char> others, char row)
    {
        foreach (char other in others)
        {
            int apart = (row - other + rows) % rows;
            if (apart < 2 || apart > rows - 2) return false;
        }

        return true;
    }

    private bool IsGrid(ReadOnlySpan<char> text)
    {
        if (text.Length != _length) return false;
        for (int row = 0; row < rows; row++)
        {
            int start = row * (columns + 1);
            if (!_cells.Are(text.Slice(start, columns)) || (row > 0 && text[start - 1] != Edge)) return false;
        }

        return true;
    }

    /// <summary>Row by row in the order asked for, each from the left.</summary>
    private sealed class Walk(GridLaw law, string problem, int rows, int columns) : ILawWalk
    {
        private readonly char[] _grid = problem[..law._length].ToCharArray();
        private readonly char[] _next = new char[columns];
        private int _at = law._length;
        private int _column;

        public int Due
        {
            get
            {
                if (Done) return -1;
                int row = problem[_at] - 'a';
                return law._cells.Index(Cell(row + rows - 1, _column), Cell(row, _column + columns - 1), Cell(row, _column), Cell(row, _column + 1), Cell(row + 1, _column));
            }
        }

        public string? Rest => _column == 0 && _at > law._length && !Done ? $"{Answer}{problem.AsSpan(_at)}" : null;

        public string Answer => new(_grid);

        private bool Done => _at == problem.Length - 1;

        public void Take(ReadOnlySpan<char> reply)
        {
            _next[_column++] = reply[0];
            if (_column < columns) return;
            _next.CopyTo(Row(_grid, problem[_at]));
            _column = 0;
            _at++;
        }

        public string Guess(KeyedRandom random)
        {
            char[] guess = [.. _grid];
            foreach (char row in problem.AsSpan(_at..^1)) law._cells.Fill(Row(guess, row), random);
            return new(guess);
        }

        private char Cell(int row, int column) => _grid[row % rows * (columns + 1) + column % columns];

        private Span<char> Row(char[] grid, char name) => grid.AsSpan((name - 'a') * (columns + 1), columns);
    }
}
