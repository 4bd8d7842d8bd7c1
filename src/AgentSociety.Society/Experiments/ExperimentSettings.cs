using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Society;

/// <summary>The file that declares an experiment: everything that decides what is run and how it is judged, written down before the first society lives.</summary>
public sealed record ExperimentSettings
{
    /// <summary>Names the experiment's directory unless <c>--out</c> does. Letters, digits and dashes.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9-]*$")]
    public required string Name { get; init; }

    /// <summary>The question, in a sentence or two.</summary>
    public string Description { get; init; } = "";

    /// <summary>What is expected, so that a reader can see later what surprised.</summary>
    public string Expectation { get; init; } = "";

    /// <summary>The scenario that all arms share, relative to this file.</summary>
    [Required]
    public required string Base { get; init; }

    /// <summary>Changes of the base in every arm, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Two factors, whose four combinations are the arms; or none, and <c>arms</c> instead.</summary>
    [MaxLength(2)]
    public IReadOnlyList<FactorSettings> Factors { get; init; } = [];

    /// <summary>The arms by name; the first is what the others are held against.</summary>
    public IReadOnlyList<ArmSettings> Arms { get; init; } = [];

    /// <summary>
    /// What arms may have otherwise than the first, because it is what the experiment asks about, such as <c>environment</c>, <c>culture.experimentsPerRound</c> or <c>consolidation</c>. All other
    /// settings must be the same, but for those that cost nothing, which need not be named.
    /// </summary>
    public IReadOnlyList<string> MayDiffer { get; init; } = [];

    /// <summary>Societies in each arm: the unit of replication. Society number k has seed <c>firstSeed</c> + k - 1 in every arm, and with it the same world.</summary>
    [Range(2, 1000)]
    public int Societies { get; init; } = 8;

    /// <summary>Seed of the first society of each arm.</summary>
    [Range(0, 1_000_000_000)]
    public long FirstSeed { get; init; } = 1;

    /// <summary>Societies of each arm in the pilot, which are the first of the whole.</summary>
    [Range(2, 1000)]
    public int Pilot { get; init; } = 3;

    /// <summary>When no further society is run.</summary>
    public StoppingRule Stopping { get; init; } = StoppingRule.Fixed;

    /// <summary>Societies in each arm at most, where <c>stopping</c> is <c>power</c>.</summary>
    [Range(2, 1000)]
    public int MostSocieties { get; init; } = 24;

    /// <summary>The one number by which a society is judged.</summary>
    public MetricSettings Metric { get; init; } = new();

    /// <summary>The least effect worth seeing, in the metric's unit: the interaction of two factors, or the difference of an arm from the first.</summary>
    [Range(1e-6, 1e6)]
    public double Effect { get; init; } = 0.2;

    /// <summary>The chance of seeing that effect, if it is there, that the number of societies is to give.</summary>
    [Range(0.05, 0.999)]
    public double Power { get; init; } = 0.8;

    /// <summary>The chance of seeing an effect that is not there.</summary>
    [Range(0.0001, 0.5)]
    public double Alpha { get; init; } = 0.05;

    /// <summary>True to measure whether the scores of newborns rise from generation to generation and do not slip back. Where <c>generations.everyRounds</c> gives three or more.</summary>
    public bool Ratchet { get; init; }

    /// <summary>True to test each finished society again with other notes than its own: what its notes are worth.</summary>
    public bool NotesWorth { get; init; } = true;
}

/// <summary>Something that is switched off in one half of the arms and on in the other.</summary>
public sealed record FactorSettings
{
    /// <summary>What it is called.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9-]*$")]
    public required string Name { get; init; }

    /// <summary>Changes of the base where it is off, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Off { get; init; } = [];

    /// <summary>Changes of the base where it is on.</summary>
    public IReadOnlyList<string> On { get; init; } = [];
}

/// <summary>A variant of the base that is compared with others.</summary>
public sealed record ArmSettings
{
    /// <summary>What it is called.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9-]*$")]
    public required string Name { get; init; }

    /// <summary>An arm that goes by a name, such as <c>episodes</c> or <c>oracle</c>; without one the arm is the base with the changes of <c>set</c>.</summary>
    public NamedArm? As { get; init; }

    /// <summary>Changes of the base, as <c>key=value</c>; after those of <c>as</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>The arm whose societies' notes this arm's readers are shown in place of their own: each those of another seed, so of another world. For <c>placebo</c>.</summary>
    public string? NotesFrom { get; init; }
}

/// <summary>The number by which a society is judged.</summary>
public sealed record MetricSettings
{
    /// <summary>What is counted.</summary>
    public MetricKind Kind { get; init; } = MetricKind.Accuracy;

    /// <summary>The difficulties whose mean it is, all of them tested by the base; empty for all that are.</summary>
    public IReadOnlyList<int> Difficulties { get; init; } = [];

    /// <summary>True for newborns who may read what the arm shows of the scratchpad; false for those who may not.</summary>
    public bool Reading { get; init; } = true;
}

/// <summary>What is counted.</summary>
public enum MetricKind
{
    /// <summary>Share of right answers of newborns in the last held-out test.</summary>
    Accuracy,

    /// <summary>Share of answers of newborns that are right with every step valid.</summary>
    Sound,

    /// <summary>The greatest difficulty that newborns solve in the last held-out test.</summary>
    Frontier,

    /// <summary>Share of right answers, over all difficulties of the test, of the last generation's newborns before they have done anything.</summary>
    FirstScore,
}

/// <summary>When no further society is run.</summary>
public enum StoppingRule
{
    /// <summary>After the declared number of societies, whatever they show.</summary>
    Fixed,

    /// <summary>After as many as the spread of the pilot asks for, at least <c>societies</c> and at most <c>mostSocieties</c>; the effect is not looked at (internal pilot, Wittes and Brittain 1990).</summary>
    Power,
}
