namespace AgentSociety.Core.Records;

/// <summary>What a newborn answered to a question of a test. Never trained on, and no part of the statistics of play.</summary>
public sealed record AnswerRecord
{
    /// <summary>Who answers.</summary>
    public const string Newborn = "newborn";

    /// <summary>The tests that there are: the held-out one; before a generation's first round; before and after the scratchpad is wiped; problems that were played, and as many that were not.</summary>
    public static IReadOnlyList<string> Tests { get; } = ["held-out", "birth", "wipe/before", "wipe/after", "probe/seen", "probe/fresh"];

    /// <summary>The test: one of <see cref="Tests"/>.</summary>
    public required string Test { get; init; }

    /// <summary>The question's text. It is no problem that was played.</summary>
    public required string Problem { get; init; }

    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>True where the newborn could read the scratchpad.</summary>
    public required bool Reading { get; init; }

    /// <summary>The transcript; its id is round, test and place, such as <c>220/held-out/17</c>; without reward or advantage.</summary>
    public required EpisodeRecord Episode { get; init; }
}
