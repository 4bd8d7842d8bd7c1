using System.Runtime.CompilerServices;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Strategies that nothing can be won from: minimax where both players see everything, an equilibrium where something is hidden.</summary>
public static class OptimalPlay
{
    /// <summary>Regret matching comes near an equilibrium and not upon it: what it cannot tell apart is equally good.</summary>
    public const double NearEquilibrium = 1e-3;

    private static readonly ConditionalWeakTable<IGame, Lazy<Strategy>> Known = [];

    /// <summary>The strategy for both seats; worked out once for each game. Two games of one name may have other boards, cards or prizes, so that each has its own.</summary>
    public static Strategy Of(IGame game) => Known.GetValue(game, static played => new(() => played.PerfectInformation ? Minimax(played) : Equilibrium(played))).Value;

    private static Strategy Equilibrium(IGame game)
    {
        RegretMatching solver = new(game);
        solver.Improve(1000);
        return StrategyTable.Strategy(StrategyTable.Of(game, solver.Average));
    }

    // Among the moves that lose nothing each is equally likely.
    private static Strategy Minimax(IGame game)
    {
        PerfectPlay perfect = new();
        Dictionary<string, IReadOnlyList<double>> table = new(StringComparer.Ordinal);
        Stack<IGamePosition> open = new(game.Deals.Select(deal => deal.Position));
        while (open.TryPop(out IGamePosition? position))
        {
            if (position.Mover < 0) continue;
            IReadOnlyList<string> best = perfect.Best(position);
            if (!table.TryAdd(position.View(position.Mover), [.. position.Moves.Select(move => best.Contains(move) ? 1.0 / best.Count : 0)])) continue;
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }

        return StrategyTable.Strategy(table);
    }
}
