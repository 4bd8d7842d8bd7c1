using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>What a scenario may say under <c>environment.options</c> of a board game.</summary>
public sealed record GameOptions
{
    /// <summary>The stones of nim's heaps at the beginning, a digit each; no other game has heaps.</summary>
    [RegularExpression("^[0-9]{1,9}$")]
    public string Heaps { get; init; } = Nim.UsualHeaps;

    /// <summary>Who answers the solver's moves.</summary>
    public Opponent Opponent { get; init; } = Opponent.Perfect;

    /// <summary>File of a <see cref="StrategyTable"/>, as <c>agentsociety eval --strategy-out</c> writes it: the opponent that is a frozen past self, and, whoever sits opposite in play, one more that tests are measured against.</summary>
    [FileOption]
    public string Strategy { get; init; } = "";

    /// <summary>Share of moves in demonstrations that are perfect; the others are any legal ones. At 0 base material teaches the rules and no skill; against a past self it always is of what came out best for that self.</summary>
    [Range(0, 1)]
    public double DemonstratePerfect { get; init; }

    /// <summary>
    /// Against a past self: moves that are searched before its own games judge what comes of them. 1 compares the moves of who is asked; 2 gives each the reply that is best by those games: the tree search
    /// of expert iteration, at its smallest.
    /// </summary>
    [Range(1, 4)]
    public int Lookahead { get; init; } = 1;

    /// <summary>True where a problem asks for one move, and the opponent plays both sides from there on: every attempt is then about another position, in far fewer tokens than a game.</summary>
    public bool OneMove { get; init; }

    /// <summary>
    /// True where of positions that a symmetry makes equal (boards that are turned or mirrored, heaps in another order) one is shown for all: there are then fewer to learn. They are one problem
    /// in any case, so that none that is held out is the mirror image of one that was played.
    /// </summary>
    public bool Canonical { get; init; }

    /// <summary>The most moves that may be left in problems, in what proposers pose and at decision points, so that a large game can be played as an endgame; 0 for all but the first two.</summary>
    [Range(0, 100)]
    public int MaximumDifficulty { get; init; }

    /// <summary>
    /// The most decision points at which a policy is read, so that reading stays cheap in large games; 0 for all. They are chosen by a hash of the position, so that every run is measured at the same.
    /// Where it is set nothing is rated against fixed opponents, since whole games would go through positions that were not read. A past self needs all.
    /// </summary>
    [Range(0, 1_000_000)]
    public int Measured { get; init; }
}

/// <summary>The fixed opponents of a board game.</summary>
public enum Opponent
{
    /// <summary>Loses nothing; among equally good moves each is equally likely.</summary>
    Perfect,

    /// <summary>Any legal move, each equally likely.</summary>
    Random,

    /// <summary>The society as it was after the round before, first any legal move: moves are judged by the outcomes of this self's games against itself, self-play alone.</summary>
    PastSelf,

    /// <summary>Plays the strategy of a file.</summary>
    Frozen,
}
