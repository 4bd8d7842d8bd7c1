using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Poker with three cards and one bet (Kuhn 1950). Moves are <c>p</c> (pass: check or fold) and <c>b</c> (bet: bet or call); both ante 1.</summary>
/// <remarks>At equilibrium the first player loses 1/18 a game.</remarks>
public sealed class KuhnPoker : IGame
{
    private const string Cards = "JQK";
    private static readonly string[] Choices = ["p", "b"];

    /// <inheritdoc />
    public string Name => "kuhn-poker";

    /// <inheritdoc />
    public string Alphabet => "JQKpb";

    /// <inheritdoc />
    public bool PerfectInformation => false;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; } =
    [
        .. from first in Enumerable.Range(0, 3) from second in Enumerable.Range(0, 3) where first != second select new GameDeal(1 / 6.0, new Position(first, second, "")),
    ];

    private sealed class Position(int first, int second, string history) : IGamePosition
    {
        public int Mover => history is "pp" or "bp" or "bb" or "pbp" or "pbb" ? -1 : history.Length & 1;

        public IReadOnlyList<string> Moves => Mover < 0 ? [] : Choices;

        public double Payoff => history switch
        {
            "pp" => first > second ? 1 : -1,
            "bp" => 1,
            "pbp" => -1,
            "bb" or "pbb" => first > second ? 2 : -2,
            _ => 0,
        };

        public IGamePosition Play(string move) => Mover >= 0 && (move is "p" or "b")
            ? new Position(first, second, history + move)
            : throw BoardMoves.Illegal(move, history);

        public string View(int player) => $"{Cards[player == 0 ? first : second]}{history}";
    }
}
