using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Every decision of a game as a solver comes to it, and the way from what a policy writes there to a strategy.</summary>
/// <param name="Points">What stands before each decision, earlier moves and replies included, as in play.</param>
/// <param name="Views">What the mover sees there, in the same order.</param>
/// <param name="Moves">The legal moves there.</param>
sealed record GameDecisions(IReadOnlyList<DecisionPoint> Points, IReadOnlyList<string> Views, IReadOnlyList<IReadOnlyList<string>> Moves)
{
    public static GameDecisions Of(IGame game)
    {
        SortedDictionary<string, (DecisionPoint Point, IReadOnlyList<string> Moves)> found = new(StringComparer.Ordinal);
        foreach (GameDeal deal in game.Deals)
        {
            for (int seat = 0; seat < 2; seat++) Walk(deal.Position, seat, "", "");
        }

        return new([.. found.Values.Select(at => at.Point)], [.. found.Keys], [.. found.Values.Select(at => at.Moves)]);

        // What the seat's transcript holds so far, and the opponent's reply that is not yet in it.
        void Walk(IGamePosition position, int seat, string transcript, string reply)
        {
            if (position.Mover < 0) return;
            if (position.Mover != seat)
            {
                foreach (string move in position.Moves) Walk(position.Play(move), seat, transcript, move);
                return;
            }

            string prompt = transcript.Length == 0 ? GameTable.Shown(position) : $"{transcript}{(position.Concealed ? "" : reply)}>{GameTable.Shown(position)}";
            found.TryAdd(position.View(seat), (new(prompt, position.Moves.Max(move => move.Length) + 1), position.Moves));
            foreach (string move in position.Moves) Walk(position.Play(move), seat, $"{prompt}{move}{GameTable.Marker}", "");
        }
    }

    /// <summary>The decisions as the mover sees them.</summary>
    public IReadOnlyList<GameView> Seen { get; } = [.. Views.Zip(Moves, (view, moves) => new GameView(view, moves))];

    /// <summary>The policy among legal moves; where it writes none of them, any of them alike.</summary>
    public Strategy Strategy(IReadOnlyList<IReadOnlyDictionary<string, double>> policy) => StrategyTable.Strategy(StrategyTable.Of(Seen, policy));

    /// <summary>Probability of writing no legal move, averaged over the decisions. What was never sampled counts as not legal.</summary>
    public double Illegal(IReadOnlyList<IReadOnlyDictionary<string, double>> policy) =>
        Views.Select((_, at) => 1 - Moves[at].Sum(move => policy[at].GetValueOrDefault(move + GameTable.Marker))).Average();
}
