using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>How the population's editors decide edits that wait for a review. Needs an agent of role <c>editor</c>.</summary>
public sealed record EditorSettings
{
    /// <summary>What editors are told about the scratchpad before the edit: what is welcome and what is not.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Edits that are put to editors in a round, the oldest first.</summary>
    [Range(1, 100_000)]
    public int EditsPerRound { get; init; } = 32;

    /// <summary>Characters of the old and the new text from which on only the lines that change are shown, with three around them.</summary>
    [Range(1, 10_000_000)]
    public int WholeText { get; init; } = 4_000;

    /// <summary>Most tokens of an answer, which must say approve or reject.</summary>
    [Range(1, 100_000)]
    public int MaximumTokens { get; init; } = 64;
}
