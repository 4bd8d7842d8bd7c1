using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Four in a row with stones that fall. Moves are the columns from <c>1</c>; x begins. The view lists rows from the top.</summary>
/// <remarks>
/// A view names cells by what is on them, as that of <see cref="TicTacToe"/> does: the cell that a stone would fall to by its move, a free one above it <c>_</c>, an own one by a capital
/// letter, the other's by a small one, a letter for each cell in reading order: <c>____/1_34/I2Kl/MNop</c>. Boards of more cells than the alphabet has letters show stones as <c>x</c> and <c>o</c>.
/// </remarks>
public sealed class ConnectFour : IGame
{
    private const int Letters = 26;

    /// <summary>Creates a board.</summary>
    /// <param name="width">Columns, 4 to 9.</param>
    /// <param name="height">Rows, at least 4; with one spare row the board must fit 64 bits.</param>
    /// <param name="canonical">True where, of a position and its mirror image, one stands for both: the board is mirrored so after every move.</param>
    public ConnectFour(int width = 7, int height = 6, bool canonical = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 9);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width * (height + 1), 64);
        Deals = [new(1, new Position(width, height, 0, 0, 0, false, canonical))];
        string stones = width * height > Letters ? "xo" : string.Concat(Enumerable.Range(0, width * height).Select(cell => (char)('A' + cell)).Concat(Enumerable.Range(0, width * height).Select(cell => (char)('a' + cell))));
        Alphabet = $"{string.Concat(BoardMoves.Digits.Take(width))}{stones}_/";
    }

    /// <inheritdoc />
    public string Name => "connect-four";

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public bool PerfectInformation => true;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; }

    /// <summary>Bit column * (height + 1) + row, one spare row above each column (Tromp's layout): lines cannot wrap.</summary>
    private sealed class Position(int width, int height, ulong crosses, ulong noughts, int played, bool decided, bool canonical) : IGamePosition
    {
        private string[]? _moves;

        public int Mover => decided || played == width * height ? -1 : played & 1;

        public IReadOnlyList<string> Moves => _moves ??= Mover < 0 ? [] : [.. BoardMoves.Digits.Take(width).Where((_, column) => Row(column) < height)];

        public double Payoff => !decided ? 0 : (played & 1) == 1 ? 1 : -1;

        public IGamePosition Play(string move)
        {
            int column = move is [>= '1' and <= '9'] ? move[0] - '1' : width;
            if (Mover < 0 || column >= width || Row(column) >= height) throw BoardMoves.Illegal(move, View(0));
            ulong stone = 1UL << (column * (height + 1) + Row(column));
            ulong mine = (Mover == 0 ? crosses : noughts) | stone;
            (ulong Crosses, ulong Noughts) stones = Mover == 0 ? (mine, noughts) : (crosses, mine);
            Position next = new(width, height, stones.Crosses, stones.Noughts, played + 1, Four(mine), canonical);
            return canonical ? next.Canonical : next;
        }

        public IGamePosition Canonical
        {
            get
            {
                (ulong Crosses, ulong Noughts) mirrored = (Mirrored(crosses), Mirrored(noughts));
                return mirrored.CompareTo((crosses, noughts)) < 0 ? new Position(width, height, mirrored.Crosses, mirrored.Noughts, played, decided, canonical) : this;
            }
        }

        private ulong Mirrored(ulong stones)
        {
            ulong mirrored = 0, one = (1UL << (height + 1)) - 1;
            for (int column = 0; column < width; column++) mirrored |= (stones >> (column * (height + 1)) & one) << ((width - 1 - column) * (height + 1));
            return mirrored;
        }

        public string View(int player) => string.Create(height * (width + 1) - 1, (Position: this, Player: player), static (text, seen) => seen.Position.Draw(text, seen.Player));

        private void Draw(Span<char> text, int player)
        {
            int at = 0, cell = 0;
            for (int row = height - 1; row >= 0; row--)
            {
                for (int column = 0; column < width; column++, cell++)
                {
                    int bit = column * (height + 1) + row;
                    bool cross = (crosses >> bit & 1) != 0;
                    text[at++] = cross || (noughts >> bit & 1) != 0 ? Stone(cell, cross, player) : row == Row(column) ? (char)('1' + column) : '_';
                }

                if (row > 0) text[at++] = '/';
            }
        }

        private char Stone(int cell, bool cross, int player)
        {
            if (width * height > Letters) return cross ? 'x' : 'o';
            return (char)((cross == (player == 0) ? 'A' : 'a') + cell);
        }

        private int Row(int column) => (int)ulong.PopCount((crosses | noughts) >> (column * (height + 1)) & ((1UL << height) - 1));

        private bool Four(ulong stones) => Line(stones, 1) || Line(stones, height) || Line(stones, height + 1) || Line(stones, height + 2);

        private static bool Line(ulong stones, int step)
        {
            ulong pairs = stones & stones >> step;
            return (pairs & pairs >> 2 * step) != 0;
        }
    }
}
