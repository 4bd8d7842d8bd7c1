using System.Collections.Concurrent;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>What comes of a position where one self plays both sides from there, in expectation over its games: outcomes of self-play, and nothing else.</summary>
/// <remarks>
/// To play the moves of <see cref="Best"/> is a step of policy iteration (Howard 1960, "Dynamic programming and Markov processes", chapter 4): what is learned of the last moves makes
/// the values before them true, so that it comes to perfect play from the end of the game backwards. Values are remembered by view. Safe to call from any thread.
/// </remarks>
/// <param name="self">How it moves.</param>
/// <param name="lookahead">Moves that are searched before its games begin: 1 compares the mover's own, 2 answers each by the best reply, and so on; its errors then tell only further on.</param>
sealed class SelfPlay(Strategy self, int lookahead = 1)
{
    // Sums of probabilities in another order differ by rounding.
    private const double Tie = 1e-9;
    private readonly ConcurrentDictionary<string, double> _values = [];

    /// <summary>What player 0 can expect.</summary>
    public double Value(IGamePosition position)
    {
        if (position.Mover < 0) return position.Payoff;
        string view = position.View(0);
        if (_values.TryGetValue(view, out double known)) return known;
        IReadOnlyList<double> weights = self(position.View(position.Mover), position.Moves);
        double value = 0;
        for (int index = 0; index < weights.Count; index++)
        {
            if (weights[index] > 0) value += weights[index] * Value(position.Play(position.Moves[index]));
        }

        return _values[view] = value;
    }

    /// <summary>The moves after which the mover can expect most.</summary>
    public IReadOnlyList<string> Best(IGamePosition position)
    {
        int sign = position.Mover == 0 ? 1 : -1;
        double[] values = [.. position.Moves.Select(move => sign * Searched(position.Play(move), lookahead - 1))];
        double greatest = values.Max();
        return [.. position.Moves.Where((_, index) => values[index] >= greatest - Tie)];
    }

    private double Searched(IGamePosition position, int moves)
    {
        if (moves == 0 || position.Mover < 0) return Value(position);
        IEnumerable<double> values = position.Moves.Select(move => Searched(position.Play(move), moves - 1));
        return position.Mover == 0 ? values.Max() : values.Min();
    }
}
