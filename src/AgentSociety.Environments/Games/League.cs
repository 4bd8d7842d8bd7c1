using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Games;

/// <summary>Matches between strategies.</summary>
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
