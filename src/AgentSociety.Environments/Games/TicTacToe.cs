using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Three in a row on three by three cells. Moves are <c>1</c> to <c>9</c>, row by row from the top left; x begins.</summary>
/// <remarks>
/// A view names each cell by what is on it: a free one by its move, an own one by <c>A</c> to <c>I</c>, the other's by <c>a</c> to <c>i</c>, so that what
/// a character says does not depend on where it stands: <c>A2c45678I</c>. A small model then sees cells where it would have to learn to count them.
/// </remarks>
/// <param name="canonical">True where, of the up to eight positions that turning and mirroring make of one, one stands for all: the board is turned so after every move, and 765 positions are left of 5,478.</param>
public sealed class TicTacToe(bool canonical = false) : IGame
{
    // Where each cell comes from: the identity, three turns, and the mirror image of each.
    private static readonly int[][] Symmetries =
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8], [6, 3, 0, 7, 4, 1, 8, 5, 2], [8, 7, 6, 5, 4, 3, 2, 1, 0], [2, 5, 8, 1, 4, 7, 0, 3, 6],
        [2, 1, 0, 5, 4, 3, 8, 7, 6], [0, 3, 6, 1, 4, 7, 2, 5, 8], [6, 7, 8, 3, 4, 5, 0, 1, 2], [8, 5, 2, 7, 4, 1, 6, 3, 0],
    ];

    private static readonly int[] Lines = [0b111, 0b111000, 0b111000000, 0b1001001, 0b10010010, 0b100100100, 0b100010001, 0b1010100];

    /// <inheritdoc />
    public string Name => "tic-tac-toe";

    /// <inheritdoc />
    public string Alphabet => "123456789ABCDEFGHIabcdefghi";

    /// <inheritdoc />
    public bool PerfectInformation => true;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; } = [new(1, new Position(0, 0, canonical))];

    private sealed class Position(int crosses, int noughts, bool canonical) : IGamePosition
    {
        private const int Full = 0b111111111;
        private readonly bool _decided = Won(crosses) || Won(noughts);
        private string[]? _moves;

        private int Free => Full & ~(crosses | noughts);

        public int Mover => _decided || Free == 0 ? -1 : int.PopCount(crosses) == int.PopCount(noughts) ? 0 : 1;

        public IReadOnlyList<string> Moves => _moves ??= Mover < 0 ? [] : [.. BoardMoves.Digits.Where((_, cell) => (Free >> cell & 1) != 0)];

        public double Payoff => Won(crosses) ? 1 : Won(noughts) ? -1 : 0;

        public IGamePosition Play(string move)
        {
            if (Mover < 0 || move is not [>= '1' and <= '9'] || (Free >> (move[0] - '1') & 1) == 0) throw BoardMoves.Illegal(move, View(0));
            int cell = 1 << (move[0] - '1');
            (int Crosses, int Noughts) played = Mover == 0 ? (crosses | cell, noughts) : (crosses, noughts | cell);
            Position next = new(played.Crosses, played.Noughts, canonical);
            return canonical ? next.Canonical : next;
        }

        public IGamePosition Canonical
        {
            get
            {
                (int Crosses, int Noughts) least = Symmetries.Min(symmetry => (Turned(crosses, symmetry), Turned(noughts, symmetry)));
                return new Position(least.Crosses, least.Noughts, canonical);
            }
        }

        private static int Turned(int stones, int[] symmetry)
        {
            int turned = 0;
            for (int cell = 0; cell < 9; cell++) turned |= (stones >> symmetry[cell] & 1) << cell;
            return turned;
        }

        public string View(int player) => string.Create(9, player == 0 ? (crosses, noughts) : (noughts, crosses), static (text, stones) =>
        {
            (int own, int other) = stones;
            for (int cell = 0; cell < 9; cell++) text[cell] = (char)(cell + ((own >> cell & 1) != 0 ? 'A' : (other >> cell & 1) != 0 ? 'a' : '1'));
        });

        private static bool Won(int stones)
        {
            foreach (int line in Lines)
            {
                if ((stones & line) == line) return true;
            }

            return false;
        }
    }
}
