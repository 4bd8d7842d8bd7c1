using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Games;

/// <summary>How a strategy fares against opponents that never change, exactly: what makes rounds and runs comparable whose opponents in play were different ones.</summary>
/// <remarks>
/// <c>score/NAME</c> is what it can expect of whole games in both seats, 1 for a win and 0.5 for a draw. <c>accuracy/NAME</c> is the probability to solve a problem against
/// that opponent: on boards a held-out position, played on to its end and no worse than perfect play is sure of, left out where held-out positions are seen in play (<see cref="IGamePlay.ReservedUnseen"/>); where something is hidden any deal, without a move that loses
/// anything in expectation against that opponent. Where a strategy was not read it plays any legal move.
/// </remarks>
public static class FixedOpponents
{
    /// <summary>Those who play any legal move and optimally, and a frozen past self where the environment has one.</summary>
    public static IReadOnlyList<(string Name, Strategy Strategy)> Of(IGamePlay play) =>
        [("random", Exploitability.Uniform), ("optimal", OptimalPlay.Of(play.Game)), .. play.Frozen is { } frozen ? [("frozen", frozen)] : Array.Empty<(string, Strategy)>()];

    /// <summary>Measures a strategy against each of them; nothing where it was read at a sample of the game's decisions.</summary>
    public static IReadOnlyList<MetricRecord> Measure(IGamePlay play, Strategy own)
    {
        if (play.Sampled) return [];
        IGame game = play.Game;
        IGamePosition[] heldOut = play.ReservedUnseen ? HeldOut(play) : [];
        PerfectPlay perfect = new();
        List<MetricRecord> measured = [];
        foreach ((string name, Strategy opponent) in Of(play))
        {
            measured.Add(new($"score/{name}", (League.Score(game, own, opponent) + 1 - League.Score(game, opponent, own)) / 2));
            if (!game.PerfectInformation) measured.Add(new($"accuracy/{name}", OfDeals(game, own, opponent, name == "optimal" ? OptimalPlay.NearEquilibrium : 1e-9)));
            else if (heldOut.Length > 0) measured.Add(new($"accuracy/{name}", OfPositions(heldOut, own, opponent, perfect)));
        }

        return measured;
    }

    /// <summary>Positions that a problem can begin with and that nobody has played from.</summary>
    private static IGamePosition[] HeldOut(IGamePlay play)
    {
        HashSet<string> asked = [.. play.Decisions.Select(decision => decision.Prompt)], seen = new(StringComparer.Ordinal);
        List<IGamePosition> positions = [];
        PerfectPlay perfect = new();
        Stack<IGamePosition> open = new(play.Game.Deals.Select(deal => deal.Position));
        while (open.TryPop(out IGamePosition? position))
        {
            if (position.Mover < 0 || !seen.Add(GameTable.Shown(position))) continue;
            if (asked.Contains(GameTable.Shown(position)) && Reservation.Holds(play.Game.Name, GameTable.Shown(position.Canonical)) && Sure(position, perfect) >= 0) positions.Add(position);
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }

        return [.. positions];
    }

    private static double Sure(IGamePosition position, PerfectPlay perfect) => position.Mover == 0 ? perfect.Value(position) : -perfect.Value(position);

    private static double OfPositions(IGamePosition[] positions, Strategy own, Strategy opponent, PerfectPlay perfect)
    {
        Dictionary<(int Seat, double Sure, string View), double> known = [];
        return positions.Average(position => From(position, position.Mover, Sure(position, perfect)));

        // The probability that the seat gets what it is sure of, or more.
        double From(IGamePosition position, int seat, double sure)
        {
            if (position.Mover < 0) return (seat == 0 ? position.Payoff : -position.Payoff) >= sure ? 1 : 0;
            (int, double, string) key = (seat, sure, position.View(0));
            if (known.TryGetValue(key, out double value)) return value;
            IReadOnlyList<double> weights = (position.Mover == seat ? own : opponent)(position.View(position.Mover), position.Moves);
            for (int index = 0; index < weights.Count; index++)
            {
                if (weights[index] > 0) value += weights[index] * From(position.Play(position.Moves[index]), seat, sure);
            }

            return known[key] = value;
        }
    }

    private static double OfDeals(IGame game, Strategy own, Strategy opponent, double tie)
    {
        double right = 0;
        for (int seat = 0; seat < 2; seat++)
        {
            IReadOnlyDictionary<string, IReadOnlyList<string>> best = Exploitability.BestMoves(game, seat, opponent, tie);
            right += game.Deals.Sum(deal => deal.Probability * From(deal.Position, seat, best)) / 2;
        }

        return right;

        double From(IGamePosition position, int seat, IReadOnlyDictionary<string, IReadOnlyList<string>> best)
        {
            if (position.Mover < 0) return 1;
            bool decides = position.Mover == seat;
            string view = position.View(position.Mover);
            IReadOnlyList<double> weights = (decides ? own : opponent)(view, position.Moves);
            IReadOnlyList<string>? good = decides ? best.GetValueOrDefault(view) : null;
            double value = 0;
            for (int index = 0; index < weights.Count; index++)
            {
                string move = position.Moves[index];
                if (weights[index] > 0 && good?.Contains(move) != false) value += weights[index] * From(position.Play(move), seat, best);
            }

            return value;
        }
    }
}
