using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Four in a row with stones that fall. Moves are the columns from <c>1</c>; x begins. The view lists rows from the top.</summary>
public sealed class ConnectFour : IGame
{
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
    }

    /// <inheritdoc />
    public string Name => "connect-four";

    /// <inheritdoc />
    public string Alphabet => "123456789xo_/";

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

        public string View(int player) => string.Create(height * (width + 1) - 1, this, static (text, position) => position.Draw(text));

        private void Draw(Span<char> text)
        {
            int at = 0;
            for (int row = height - 1; row >= 0; row--)
            {
                for (int column = 0; column < width; column++)
                {
                    int bit = column * (height + 1) + row;
                    text[at++] = (crosses >> bit & 1) != 0 ? 'x' : (noughts >> bit & 1) != 0 ? 'o' : '_';
                }

                if (row > 0) text[at++] = '/';
            }
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
