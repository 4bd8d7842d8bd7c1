using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Three in a row on three by three cells. Moves are <c>1</c> to <c>9</c>, row by row from the top left; x begins.</summary>
/// <remarks>
/// A view names each cell by what is on it: a free one by its move, an own one by <c>A</c> to <c>I</c>, the other's by <c>a</c> to <c>i</c>, so that what
/// a character says does not depend on where it stands: <c>A2c45678I</c>. A small model then sees cells where it would have to learn to count them.
/// </remarks>
public sealed class TicTacToe : IGame
{
    private static readonly int[] Lines = [0b111, 0b111000, 0b111000000, 0b1001001, 0b10010010, 0b100100100, 0b100010001, 0b1010100];

    /// <inheritdoc />
    public string Name => "tic-tac-toe";

    /// <inheritdoc />
    public string Alphabet => "123456789ABCDEFGHIabcdefghi";

    /// <inheritdoc />
    public bool PerfectInformation => true;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; } = [new(1, new Position(0, 0))];

    private sealed class Position(int crosses, int noughts) : IGamePosition
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
            return Mover == 0 ? new Position(crosses | cell, noughts) : new Position(crosses, noughts | cell);
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
