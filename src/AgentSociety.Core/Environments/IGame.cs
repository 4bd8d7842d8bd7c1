namespace AgentSociety.Core.Environments;

/// <summary>A two-player zero-sum game in text: rules only. No algorithm knows which game it plays, and no game knows an algorithm.</summary>
/// <remarks>Implementations are immutable and safe to call from any thread. Simultaneous moves are written one after the other, the first one hidden from the second player's <see cref="IGamePosition.View"/>.</remarks>
public interface IGame
{
    /// <summary>The name that scenarios use.</summary>
    string Name { get; }

    /// <summary>Every character that views and moves may hold.</summary>
    string Alphabet { get; }

    /// <summary>True where both players see everything.</summary>
    bool PerfectInformation { get; }

    /// <summary>What chance may deal, with probabilities that add up to 1; one entry for a game without chance.</summary>
    IReadOnlyList<GameDeal> Deals { get; }
}

/// <summary>One outcome of the deal.</summary>
/// <param name="Probability">How likely it is.</param>
/// <param name="Position">Where play begins.</param>
public sealed record GameDeal(double Probability, IGamePosition Position);

/// <summary>A state of a game.</summary>
public interface IGamePosition
{
    /// <summary>Who moves, 0 or 1; -1 where the game is over.</summary>
    int Mover { get; }

    /// <summary>The legal moves in a fixed order; empty where the game is over.</summary>
    IReadOnlyList<string> Moves { get; }

    /// <summary>The position after a legal move.</summary>
    /// <exception cref="ArgumentException">The move is not legal.</exception>
    IGamePosition Play(string move);

    /// <summary>What player 0 has won, which is what player 1 has lost; 0 before the end.</summary>
    double Payoff { get; }

    /// <summary>True where the one who moves may not know the move before, since both move at the same time.</summary>
    bool Concealed => false;

    /// <summary>Of the positions that a symmetry of the game makes equal to this one for who is to move, the one that stands for all; itself in a game without symmetry.</summary>
    IGamePosition Canonical => this;

    /// <summary>All that this player knows, as text: the information state. Positions with one view are one decision.</summary>
    string View(int player);
}
