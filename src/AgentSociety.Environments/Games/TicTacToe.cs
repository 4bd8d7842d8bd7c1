using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Three in a row on three by three cells. Moves are <c>1</c> to <c>9</c>, row by row from the top left; x begins.</summary>
public sealed class TicTacToe : IGame
{
    private static readonly int[] Lines = [0b111, 0b111000, 0b111000000, 0b1001001, 0b10010010, 0b100100100, 0b100010001, 0b1010100];

    /// <inheritdoc />
    public string Name => "tic-tac-toe";

    /// <inheritdoc />
    public string Alphabet => "123456789xo_";

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

        public string View(int player) => string.Create(9, (crosses, noughts), static (text, board) =>
        {
            for (int cell = 0; cell < 9; cell++) text[cell] = (board.crosses >> cell & 1) != 0 ? 'x' : (board.noughts >> cell & 1) != 0 ? 'o' : '_';
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
