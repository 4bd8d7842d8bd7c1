using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>
/// Sealed bids (goofspiel with three cards, Ross 1971, "Goofspiel: the game of pure strategy"): prizes of 1, 2 and 3 points come up in a random order, both bid one of their cards 1 to 3 at the same
/// time, and the higher bid takes the prize; nobody does where they are equal. A card is bid once.
/// </summary>
/// <remarks>
/// A view is the seat; each prize that was bid for with own bid and the other's; and the prize that is up: <c>x3122</c>. The last bids are no choice and are made at once.
/// The payoff is the difference of points. The game is the same from both sides, so that it is worth nothing to either.
/// </remarks>
public sealed class Goofspiel : IGame
{
    private const string Cards = "123";

    /// <inheritdoc />
    public string Name => "goofspiel";

    /// <inheritdoc />
    public string Alphabet => $"{Cards}xo";

    /// <inheritdoc />
    public bool PerfectInformation => false;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; } =
    [
        .. from first in Cards from second in Cards where first != second select new GameDeal(1 / 6.0, new Position($"{first}{second}{Left($"{first}{second}")}", "", "")),
    ];

    private static string Left(string bids) => string.Concat(Cards.Except(bids));

    private sealed class Position(string prizes, string first, string second) : IGamePosition
    {
        public int Mover => first.Length > second.Length ? 1 : first.Length == Cards.Length - 1 ? -1 : 0;

        public bool Concealed => Mover == 1;

        public IReadOnlyList<string> Moves => Mover < 0 ? [] : [.. Left(Mover == 0 ? first : second).Select(card => card.ToString())];

        public double Payoff => Mover >= 0 ? 0 : prizes.Select((prize, turn) => (prize - '0') * Math.Sign((first + Left(first))[turn] - (second + Left(second))[turn])).Sum();

        public IGamePosition Play(string move)
        {
            if (!Moves.Contains(move)) throw BoardMoves.Illegal(move, $"{prizes} {first} {second}");
            return Mover == 0 ? new Position(prizes, first + move, second) : new Position(prizes, first, second + move);
        }

        public string View(int player)
        {
            (char seat, string own, string other) = player == 0 ? ('x', first, second) : ('o', second, first);
            int turn = second.Length;
            string up = turn < Cards.Length - 1 || Mover >= 0 ? prizes[turn].ToString() : "";
            return $"{seat}{string.Concat(Enumerable.Range(0, turn).Select(past => $"{prizes[past]}{own[past]}{other[past]}"))}{up}{own[turn..]}";
        }
    }
}
