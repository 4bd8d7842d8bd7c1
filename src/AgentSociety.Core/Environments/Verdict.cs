namespace AgentSociety.Core.Environments;

/// <summary>What the verifier says of an attempt.</summary>
public enum Outcome
{
    /// <summary>The answer is right.</summary>
    Correct,

    /// <summary>The answer can be read and is wrong.</summary>
    Wrong,

    /// <summary>There is no answer to be read.</summary>
    Malformed,
}

/// <summary>What the verifier says of one step of the work that led to an answer.</summary>
/// <param name="Segment">Index of the transcript's segment that holds the step.</param>
/// <param name="Start">First character of the step within its segment.</param>
/// <param name="Length">Characters of the step.</param>
/// <param name="Valid">True where the step follows from the problem and from what was known before it.</param>
public sealed record StepVerdict(int Segment, int Start, int Length, bool Valid);

/// <summary>An exact judgement of one attempt, by a program and never by taste.</summary>
public sealed record Verdict
{
    /// <summary>Whether the answer is right.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why, in words that a person and a note can use.</summary>
    public required string Reason { get; init; }

    /// <summary>The verdict on each step of the work in order; empty where the environment checks no steps.</summary>
    public IReadOnlyList<StepVerdict> Steps { get; init; } = [];

    /// <summary>
    /// True where the answer is right and every step that led to it is valid. A right answer reached by a wrong step is a
    /// lucky guess: correct, and not sound.
    /// </summary>
    public bool Sound => Outcome == Outcome.Correct && Steps.All(step => step.Valid);
}
