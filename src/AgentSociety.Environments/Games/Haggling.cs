using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>
/// A buyer (player 0, who begins) and a seller bargain over one thing. Each knows only what it is worth to himself. A move names a price, <c>0</c> to
/// <c>9</c>, or says <c>y</c> to the price on the table or <c>n</c> to walk away; the third word must be y or n.
/// </summary>
/// <remarks>A deal at price p pays the buyer (worth to buyer - p) - (p - worth to seller): what he gained beyond what the other did. No deal pays nothing.</remarks>
public sealed class Haggling : IGame
{
    private static readonly int[] BuyerWorths = [3, 6, 9];
    private static readonly int[] SellerWorths = [0, 2, 4];
    private static readonly string[] Prices = [.. Enumerable.Range(0, 10).Select(price => price.ToString())];
    private static readonly string[] Answers = ["y", "n"];
    private static readonly string[] Counters = [.. Answers, .. Prices];

    /// <inheritdoc />
    public string Name => "haggling";

    /// <inheritdoc />
    public string Alphabet => "0123456789yn:";

    /// <inheritdoc />
    public bool PerfectInformation => false;

    /// <inheritdoc />
    public IReadOnlyList<GameDeal> Deals { get; } =
    [
        .. from buyer in BuyerWorths from seller in SellerWorths select new GameDeal(1.0 / (BuyerWorths.Length * SellerWorths.Length), new Position(buyer, seller, "")),
    ];

    private sealed class Position(int buyer, int seller, string said) : IGamePosition
    {
        public int Mover => said.Length > 0 && !char.IsAsciiDigit(said[^1]) ? -1 : said.Length & 1;

        public IReadOnlyList<string> Moves => Mover < 0 ? [] : said.Length switch
        {
            0 => Prices,
            1 => Counters,
            _ => Answers,
        };

        public double Payoff => said.Length > 1 && said[^1] == 'y' ? buyer + seller - 2 * (said[^2] - '0') : 0;

        public IGamePosition Play(string move) => Moves.Contains(move) ? new Position(buyer, seller, said + move) : throw BoardMoves.Illegal(move, said);

        public string View(int player) => $"{(player == 0 ? buyer : seller)}:{said}";
    }
}
