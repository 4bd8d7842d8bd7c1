using System.Collections.Concurrent;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Minimax by full enumeration, for games in which both players see everything.</summary>
/// <remarks>Every position's value is remembered by its view, so a game is enumerated once. Safe to call from any thread.</remarks>
public sealed class PerfectPlay
{
    private readonly ConcurrentDictionary<string, double> _values = [];

    /// <summary>What player 0 gets when both play perfectly from here.</summary>
    public double Value(IGamePosition position)
    {
        if (position.Mover < 0) return position.Payoff;
        string view = position.View(0);
        if (_values.TryGetValue(view, out double known)) return known;
        double sign = Sign(position), best = double.NegativeInfinity;
        foreach (string move in position.Moves) best = Math.Max(best, sign * Value(position.Play(move)));
        return _values[view] = sign * best;
    }

    /// <summary>The moves that lose nothing against perfect play.</summary>
    public IReadOnlyList<string> Best(IGamePosition position)
    {
        double value = Value(position);
        return [.. position.Moves.Where(move => Value(position.Play(move)) == value)];
    }

    private static int Sign(IGamePosition position) => position.Mover == 0 ? 1 : -1;
}
