using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Play;

namespace AgentSociety.Core.Scenarios;

/// <summary>The file that describes a society. Everything that influences a run stands here or on its command line.</summary>
public sealed record Scenario
{
    /// <summary>Names the run's directory unless <c>--out</c> does. Letters, digits and dashes.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9-]*$")]
    public required string Name { get; init; }

    /// <summary>What the scenario shows, in a sentence or two.</summary>
    public string Description { get; init; } = "";

    /// <summary>Every random draw of the run follows from this number and from nothing else.</summary>
    [Range(0, long.MaxValue)]
    public long Seed { get; init; } = 1;

    /// <summary>The tasks.</summary>
    [Required]
    public required EnvironmentSettings Environment { get; init; }

    /// <summary>The model that all agents share.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>How the base model is trained where <c>model.base</c> is not given.</summary>
    public PretrainSettings Pretrain { get; init; } = new();

    /// <summary>Who lives in the society.</summary>
    [MinLength(1)]
    public IReadOnlyList<PopulationSettings> Population { get; init; } =
        [new() { Role = Role.Proposer, Count = 2 }, new() { Role = Role.Solver, Count = 4 }];

    /// <summary>The shared scratchpad.</summary>
    public CultureSettings Culture { get; init; } = new();

    /// <summary>The game that is played each round.</summary>
    public SelfPlaySettings SelfPlay { get; init; } = new();

    /// <summary>How transcripts change weights.</summary>
    public LearningSettings Learning { get; init; } = new();

    /// <summary>Sleep: what notes taught becomes weights.</summary>
    public ConsolidationSettings Consolidation { get; init; } = new();

    /// <summary>Death and birth.</summary>
    public GenerationSettings Generations { get; init; } = new();

    /// <summary>What is saved to go on after a stop.</summary>
    public CheckpointSettings Checkpoints { get; init; } = new();

    /// <summary>Signs of collapse that are watched.</summary>
    public GuardSettings Guards { get; init; } = new();

    /// <summary>A judging model whose agreement with the verifier is tracked; null for none.</summary>
    public JudgeSettings? Judge { get; init; }

    /// <summary>The held-out test.</summary>
    public EvaluationSettings Evaluation { get; init; } = new();
}

/// <summary>Which tasks are played.</summary>
public sealed record EnvironmentSettings
{
    /// <summary>A name of the catalogue, such as <c>hidden-operators</c> or <c>arithmetic</c>.</summary>
    [Required]
    public required string Name { get; init; }

    /// <summary>The environment's own options; their keys depend on the environment.</summary>
    public object? Options { get; init; }
}

/// <summary>Some agents of one role.</summary>
public sealed record PopulationSettings
{
    /// <summary>What they do.</summary>
    [Required]
    public required Role Role { get; init; }

    /// <summary>How many there are.</summary>
    [Range(1, 1000)]
    public int Count { get; init; } = 1;

    /// <summary>Whose weights they train, where <c>learning.weights</c> is <c>lora</c>.</summary>
    public AdapterSharing Adapter { get; init; } = AdapterSharing.Role;

    /// <summary>The endpoint at which they play; without it they play with the local model. Agents at an endpoint do everything but train.</summary>
    public RemoteSettings? Remote { get; init; }
}

/// <summary>Who shares an adapter.</summary>
public enum AdapterSharing
{
    /// <summary>All agents of the role.</summary>
    Role,

    /// <summary>Nobody: each agent has its own.</summary>
    Agent,

    /// <summary>The whole society.</summary>
    Society,
}
