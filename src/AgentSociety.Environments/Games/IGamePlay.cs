using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>An environment that is a game of two, so that a policy which was read at its decision points is a strategy: to be kept, rated, and tried against opponents that never change.</summary>
public interface IGamePlay : IMeasuredPlay
{
    /// <summary>The game.</summary>
    IGame Game { get; }

    /// <summary>What the mover sees at each decision point, in the order of <see cref="IMeasuredPlay.Decisions"/>.</summary>
    IReadOnlyList<GameView> Views { get; }

    /// <summary>A past self of a file, as one more opponent that never changes; null where the scenario names none.</summary>
    Strategy? Frozen => null;

    /// <summary>True where reserved positions are neither played nor shown: each problem is one decision. Games that are played on go through them.</summary>
    bool ReservedUnseen => false;

    /// <summary>True where the decision points may be a sample of the game's: what was read there is no strategy for whole games, and is not rated.</summary>
    bool Sampled => false;
}

/// <summary>A decision as the mover sees it.</summary>
/// <param name="View">What is seen.</param>
/// <param name="Moves">The legal moves.</param>
public sealed record GameView(string View, IReadOnlyList<string> Moves);
