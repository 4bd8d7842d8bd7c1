using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>A way to play: from what the mover sees and the legal moves to a probability for each move, in their order.</summary>
public delegate IReadOnlyList<double> Strategy(string view, IReadOnlyList<string> moves);

/// <summary>Measures strategies exactly, by walking the whole game.</summary>
public static class Exploitability
{
    /// <summary>Every move alike.</summary>
    public static Strategy Uniform { get; } = static (_, moves) => [.. Enumerable.Repeat(1.0 / moves.Count, moves.Count)];

    /// <summary>What player 0 can expect when each side plays its strategy.</summary>
    public static double Value(IGame game, Strategy first, Strategy second)
    {
        return game.Deals.Sum(deal => deal.Probability * From(deal.Position));

        double From(IGamePosition position)
        {
            if (position.Mover < 0) return position.Payoff;
            IReadOnlyList<string> moves = position.Moves;
            IReadOnlyList<double> weights = (position.Mover == 0 ? first : second)(position.View(position.Mover), moves);
            double value = 0;
            for (int index = 0; index < moves.Count; index++)
            {
                if (weights[index] > 0) value += weights[index] * From(position.Play(moves[index]));
            }

            return value;
        }
    }

    /// <summary>What a perfect opponent in seat <paramref name="player"/> can expect against <paramref name="opponent"/>, from that seat's side.</summary>
    public static double BestResponse(IGame game, int player, Strategy opponent) => Respond(game, player, opponent, 0, static (_, _) => { });

    /// <summary>The moves that lose nothing in expectation against <paramref name="opponent"/>, by what the player in this seat sees.</summary>
    /// <remarks>A view that this opponent never lets the player come to, whatever the player does, is missing: there every move is as good.</remarks>
    /// <param name="game">The game.</param>
    /// <param name="player">The seat.</param>
    /// <param name="opponent">Who sits opposite.</param>
    /// <param name="tie">Expected payoffs that differ by no more are equally good: rounding, or how far an opponent is from the equilibrium that it stands for.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> BestMoves(IGame game, int player, Strategy opponent, double tie = 1e-9)
    {
        Dictionary<string, IReadOnlyList<string>> best = [];
        Respond(game, player, opponent, tie, (view, moves) => best[view] = moves);
        return best;
    }

    private static double Respond(IGame game, int player, Strategy opponent, double tie, Action<string, IReadOnlyList<string>> decided)
    {
        return Best([.. game.Deals.Select(deal => (deal.Probability, deal.Position))]);

        double Best(List<(double Weight, IGamePosition Position)> reached)
        {
            double value = 0;
            Dictionary<string, List<(double Weight, IGamePosition Position)>> decisions = [];
            Stack<(double Weight, IGamePosition Position)> open = new(reached);
            while (open.TryPop(out (double Weight, IGamePosition Position) at))
            {
                IGamePosition position = at.Position;
                if (position.Mover < 0) value += at.Weight * (player == 0 ? position.Payoff : -position.Payoff);
                else if (position.Mover == player)
                {
                    string view = position.View(player);
                    if (!decisions.TryGetValue(view, out List<(double, IGamePosition)>? same)) decisions[view] = same = [];
                    same.Add(at);
                }
                else
                {
                    IReadOnlyList<double> weights = opponent(position.View(position.Mover), position.Moves);
                    for (int index = 0; index < weights.Count; index++)
                    {
                        if (weights[index] > 0) open.Push((at.Weight * weights[index], position.Play(position.Moves[index])));
                    }
                }
            }

            foreach ((string view, List<(double Weight, IGamePosition Position)> same) in decisions)
            {
                IReadOnlyList<string> moves = same[0].Position.Moves;
                double[] values = [.. moves.Select(move => Best([.. same.Select(at => (at.Weight, at.Position.Play(move)))]))];
                double greatest = values.Max();
                decided(view, [.. moves.Where((_, index) => values[index] >= greatest - tie)]);
                value += greatest;
            }

            return value;
        }
    }

    /// <summary>
    /// How far a pair of strategies is from equilibrium: what perfect opponents gain against each, averaged over both seats; 0 at equilibrium
    /// (half of NashConv of Lanctot et al. 2017, "A unified game-theoretic approach", section 2).
    /// </summary>
    public static double Of(IGame game, Strategy first, Strategy second) => (BestResponse(game, 0, second) + BestResponse(game, 1, first)) / 2;
}
