using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>What a scenario may say under <c>environment.options</c> of a game of hidden information.</summary>
public sealed record DealOptions
{
    /// <summary>Who sits opposite.</summary>
    public Stranger Opponent { get; init; } = Stranger.Equilibrium;

    /// <summary>File of a <see cref="StrategyTable"/>, as <c>agentsociety eval --strategy-out</c> writes it: the opponent that is a frozen past self, and, whoever sits opposite in play, one more that tests are measured against.</summary>
    [FileOption]
    public string Strategy { get; init; } = "";

    /// <summary>Share of moves in demonstrations that lose nothing; the others are any legal ones. At 0 base material teaches the rules and no skill.</summary>
    [Range(0, 1)]
    public double DemonstrateBest { get; init; }

    /// <summary>
    /// Where past selves sit opposite, the share of games in which it is the newest, beside its share in the mean: their mean as it is about to become. Play that answers late then
    /// goes round in smaller circles (dynamic fictitious play, Shamma and Arslan 2005; eta of neural fictitious self-play, Heinrich and Silver 2016).
    /// </summary>
    [Range(0, 1)]
    public double Anticipation { get; init; }
}

/// <summary>The fixed opponents of a game of hidden information.</summary>
public enum Stranger
{
    /// <summary>Plays an equilibrium: nothing can be won from it on average.</summary>
    Equilibrium,

    /// <summary>Any legal move, each equally likely.</summary>
    Random,

    /// <summary>Plays the strategy of a file.</summary>
    Frozen,

    /// <summary>Plays the mean of the society's past selves, whose first plays any legal move: self-play alone (fictitious play, Brown 1951).</summary>
    PastSelves,
}
