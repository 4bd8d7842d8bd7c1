using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Games;

/// <summary>Matches between strategies, and who should play whom among past selves.</summary>
public static class League
{
    /// <summary>Plays every pair in both seats.</summary>
    /// <param name="game">The game.</param>
    /// <param name="players">Their strategies by name.</param>
    /// <param name="games">Games of each pair in each seating.</param>
    /// <param name="seed">Seed of deals and moves.</param>
    public static IReadOnlyList<Match> RoundRobin(IGame game, IReadOnlyDictionary<string, Strategy> players, int games, ulong seed)
    {
        string[] names = [.. players.Keys.Order(StringComparer.Ordinal)];
        return
        [
            .. from first in names from second in names where first != second from index in Enumerable.Range(0, games)
            select new Match(first, second, Play(game, players[first], players[second], KeyedRandom.For(seed, $"league/{first}/{second}", index))),
        ];
    }

    /// <summary>Plays one game.</summary>
    /// <returns>The score of the first: 1 won, 0.5 drawn, 0 lost.</returns>
    public static double Play(IGame game, Strategy first, Strategy second, KeyedRandom random)
    {
        IGamePosition position = Chosen([.. game.Deals.Select(deal => deal.Probability)], game.Deals, random).Position;
        while (position.Mover >= 0)
        {
            Strategy mover = position.Mover == 0 ? first : second;
            position = position.Play(Chosen(mover(position.View(position.Mover), position.Moves), position.Moves, random));
        }

        return (Math.Sign(position.Payoff) + 1) / 2.0;
    }

    /// <summary>What the first can expect, exactly: 1 for a win, 0.5 for a draw, 0 for a loss.</summary>
    public static double Score(IGame game, Strategy first, Strategy second)
    {
        // Where both see everything, a position is the same however it was come to.
        Dictionary<string, double>? known = game.PerfectInformation ? new(StringComparer.Ordinal) : null;
        return game.Deals.Sum(deal => deal.Probability * From(deal.Position));

        double From(IGamePosition position)
        {
            if (position.Mover < 0) return (Math.Sign(position.Payoff) + 1) / 2.0;
            string at = known is null ? "" : position.View(0);
            if (known is not null && known.TryGetValue(at, out double value)) return value;
            value = 0;
            IReadOnlyList<double> weights = (position.Mover == 0 ? first : second)(position.View(position.Mover), position.Moves);
            for (int index = 0; index < weights.Count; index++)
            {
                if (weights[index] > 0) value += weights[index] * From(position.Play(position.Moves[index]));
            }

            if (known is not null) known[at] = value;
            return value;
        }
    }

    /// <summary>
    /// How often each past self should be played: the more, the more often it wins (prioritised fictitious self-play, f(p) = (1 - p)² with p the
    /// share won against it; Vinyals et al. 2019, "Grandmaster level in StarCraft II", methods).
    /// </summary>
    /// <param name="player">Who is to be trained.</param>
    /// <param name="pastSelves">Whom it may play.</param>
    /// <param name="matches">Games so far; a past self without any counts as evenly matched.</param>
    /// <returns>Weights that add up to 1, in the order of <paramref name="pastSelves"/>.</returns>
    public static IReadOnlyList<double> Priorities(string player, IReadOnlyList<string> pastSelves, IReadOnlyList<Match> matches)
    {
        double[] weights = [.. pastSelves.Select(other => Math.Pow(1 - Won(other), 2))];
        double total = weights.Sum();
        return [.. weights.Select(weight => total > 0 ? weight / total : 1.0 / weights.Length)];

        double Won(string other) => matches.Where(match => match.First == player && match.Second == other).Select(match => match.Score)
            .Concat(matches.Where(match => match.First == other && match.Second == player).Select(match => 1 - match.Score)).DefaultIfEmpty(0.5).Average();
    }

    /// <summary>The share of moves that lose nothing, exactly: over all games against an opponent who plays any move alike, both seats equally often.</summary>
    /// <remarks>For games of perfect information; <see cref="Exploitability.Of"/> measures the others.</remarks>
    public static double OptimalPlayRate(IGame game, Strategy strategy, PerfectPlay perfect)
    {
        double moves = 0, optimal = 0;
        for (int seat = 0; seat < 2; seat++)
        {
            foreach (GameDeal deal in game.Deals) Walk(deal.Position, seat, deal.Probability);
        }

        return optimal / moves;

        void Walk(IGamePosition position, int seat, double weight)
        {
            if (position.Mover < 0) return;
            bool own = position.Mover == seat;
            IReadOnlyList<double> weights = own ? strategy(position.View(seat), position.Moves) : Exploitability.Uniform("", position.Moves);
            IReadOnlyList<string> best = own ? perfect.Best(position) : [];
            if (own) moves += weight;
            for (int index = 0; index < weights.Count; index++)
            {
                if (weights[index] <= 0) continue;
                if (own && best.Contains(position.Moves[index])) optimal += weight * weights[index];
                Walk(position.Play(position.Moves[index]), seat, weight * weights[index]);
            }
        }
    }

    /// <summary>One item, by weights that need not add up to 1.</summary>
    internal static T Chosen<T>(IReadOnlyList<double> weights, IReadOnlyList<T> items, KeyedRandom random)
    {
        double left = random.NextDouble() * weights.Sum();
        for (int index = 0; index < items.Count; index++)
        {
            left -= weights[index];
            if (left < 0) return items[index];
        }

        return items[weights.Index().Last(pair => pair.Item > 0).Index];
    }
}
