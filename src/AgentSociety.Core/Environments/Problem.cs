namespace AgentSociety.Core.Environments;

/// <summary>One task.</summary>
public sealed record Problem
{
    /// <summary>The problem as a proposer writes it and a person reads it, such as <c>bac4=</c>.</summary>
    public required string Text { get; init; }

    /// <summary>How hard it is on the environment's scale; 1 is the easiest.</summary>
    public required int Difficulty { get; init; }

    /// <summary>The seat of a game that its solver takes, such as <c>x</c>; empty where there is no other side. Seats may pay differently however well they are played.</summary>
    public string Seat { get; init; } = "";

    /// <summary>The kind of task where an environment has several, such as <c>deduction</c>; null where there is one. Kinds may be solved unequally often at one difficulty.</summary>
    public string? Kind { get; init; }

    /// <summary>Two problems with one canonical form are the same problem: the key of de-duplication and of the held-out check.</summary>
    public required string CanonicalForm { get; init; }
}

/// <summary>What the environment says of a proposed text: a problem, or why it is none.</summary>
/// <param name="Problem">The problem, or null where the text is malformed.</param>
/// <param name="Reason">Why the text is malformed; empty where it is not.</param>
public sealed record Proposal(Problem? Problem, string Reason)
{
    /// <summary>A text that is a problem.</summary>
    public static Proposal Valid(Problem problem) => new(problem, "");

    /// <summary>A text that is none.</summary>
    public static Proposal Malformed(string reason) => new(null, reason);
}
