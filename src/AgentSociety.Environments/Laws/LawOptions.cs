using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Environments.Laws;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>state-machine</c>.</summary>
public sealed record MachineOptions
{
    /// <summary>States, named from <c>a</c> on.</summary>
    [Range(2, 16)]
    public int States { get; init; } = 8;

    /// <summary>Symbols that can be fed, <c>0</c> and on.</summary>
    [Range(1, 10)]
    public int Inputs { get; init; } = 4;

    /// <summary>Symbols that can be given out.</summary>
    [Range(2, 8)]
    public int Outputs { get; init; } = 4;

    /// <summary>Most symbols fed.</summary>
    [Range(1, 64)]
    public int MaximumDifficulty { get; init; } = 12;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}

/// <summary>What a scenario may say under <c>environment.options</c> of <c>cellular-rules</c>.</summary>
public sealed record RingOptions
{
    /// <summary>Rules, named from <c>a</c> on.</summary>
    [Range(1, 14)]
    public int Rules { get; init; } = 4;

    /// <summary>Colours of a cell.</summary>
    [Range(2, 3)]
    public int Colours { get; init; } = 2;

    /// <summary>Cells of a ring.</summary>
    [Range(3, 16)]
    public int Cells { get; init; } = 5;

    /// <summary>Most rules applied one after the other.</summary>
    [Range(1, 32)]
    public int MaximumDifficulty { get; init; } = 6;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}

/// <summary>What a scenario may say under <c>environment.options</c> of <c>grid-rules</c>.</summary>
public sealed record GridOptions
{
    /// <summary>Rows of a grid, named from <c>a</c> on.</summary>
    [Range(3, 4)]
    public int Rows { get; init; } = 3;

    /// <summary>Cells of a row.</summary>
    [Range(3, 4)]
    public int Columns { get; init; } = 3;

    /// <summary>Colours of a cell: with two the table has 32 facts, with three 243.</summary>
    [Range(2, 3)]
    public int Colours { get; init; } = 2;

    /// <summary>Most rows renewed one after the other.</summary>
    [Range(1, 32)]
    public int MaximumDifficulty { get; init; } = 8;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}

/// <summary>What a scenario may say under <c>environment.options</c> of <c>hidden-grammar</c>.</summary>
public sealed record GrammarOptions
{
    /// <summary>Symbols, named from <c>a</c> on.</summary>
    [Range(2, 20)]
    public int Symbols { get; init; } = 6;

    /// <summary>Most facts that a problem takes.</summary>
    [Range(1, 48)]
    public int MaximumDifficulty { get; init; } = 12;

    /// <summary>Share of demonstrations in which every fact is in the notes.</summary>
    [Range(0, 1)]
    public double DemonstrateKnown { get; init; } = 0.6;

    /// <summary>Share of demonstrations in which some facts are missing and experiments fill the gaps; the rest guess when they run out of them.</summary>
    [Range(0, 1)]
    public double DemonstrateExperiments { get; init; } = 0.3;
}
