using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>A model that is asked whether answers are right, beside the verifier. Nobody is rewarded for what it says: it is measured against the verifier.</summary>
public sealed record JudgeSettings
{
    /// <summary>The endpoint that answers.</summary>
    [Required]
    public required RemoteSettings Remote { get; init; }

    /// <summary>What the judge is told about the task before problem and answer.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Attempts of a round that it is asked about, drawn anew each round.</summary>
    [Range(1, 100_000)]
    public int AttemptsPerRound { get; init; } = 16;

    /// <summary>Most tokens of its answer, which must say yes or no.</summary>
    [Range(1, 100_000)]
    public int MaximumTokens { get; init; } = 16;
}
