using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Operators;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>hidden-operators</c>.</summary>
public sealed record HiddenOperatorsOptions
{
    /// <summary>How many operators the world has; they are named from <c>a</c> on. Each holds ten facts.</summary>
    [Range(2, 26)]
    public int Operators { get; init; } = 8;

    /// <summary>The longest chain that may be posed.</summary>
    [Range(1, 64)]
    public int MaximumDifficulty { get; init; } = 16;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}
