using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Organisations;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>relay</c>.</summary>
public sealed record RelayOptions
{
    /// <summary>Jobs, named <c>AA</c>, <c>AB</c> and on.</summary>
    [Range(1, 676)]
    public int Jobs { get; init; } = 60;

    /// <summary>Parts of a job, each of which needs the one before it.</summary>
    [Range(1, 9)]
    public int Legs { get; init; } = 4;

    /// <summary>Specialists, each with operators that only they can experiment on.</summary>
    [Range(1, 26)]
    public int Specialists { get; init; } = 3;

    /// <summary>Operators of one specialist.</summary>
    [Range(1, 26)]
    public int OperatorsPerSpecialist { get; init; } = 2;

    /// <summary>Operators that a part applies one after the other.</summary>
    [Range(1, 16)]
    public int OperatorsPerLeg { get; init; } = 2;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill what gaps they can; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}
