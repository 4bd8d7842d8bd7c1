using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Core.Records;

/// <summary>An agent's whole interaction, as it is stored, replayed and trained on.</summary>
public sealed record EpisodeRecord
{
    /// <summary>Unique in the run and the same in every rerun: <c>12/solve/3/5</c> is round 12, problem 3, attempt 5; <c>12/propose/7</c> the eighth proposal.</summary>
    public required string Id { get; init; }

    /// <summary>The round it was played in; 0 before the first.</summary>
    public required int Round { get; init; }

    /// <summary>The agent's name.</summary>
    public required string Agent { get; init; }

    /// <summary>The part it played.</summary>
    public required Role Role { get; init; }

    /// <summary>The problem that was solved, or that the proposal became; null for a proposal that became none.</summary>
    public string? Problem { get; init; }

    /// <summary>Index among the attempts of its group.</summary>
    public required int Attempt { get; init; }

    /// <summary>The checkpoint that wrote it.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The text by source, prompt first.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Token ids of the whole text, the prompt and the end-of-text token included.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>Log-probability of each token as it was sampled (after temperature); 0 where the model did not write it. As long as <see cref="Tokens"/>.</summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>True where the model wrote the token. As long as <see cref="Tokens"/>.</summary>
    public required bool[] LossMask { get; init; }

    /// <summary>Tool calls in order.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Notes that the agent asked for and was not shown, so that what each is worth can be measured; in the order in which it asked.</summary>
    public IReadOnlyList<WithheldNote> Withheld { get; init; } = [];

    /// <summary>The probability with which each note that this episode asked for was withheld; 0 where its reading was no part of the experiment.</summary>
    public double WithholdingProbability { get; init; }

    /// <summary>What the verifier said, or what became of the proposal.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>True where the answer is right and every step is valid.</summary>
    public required bool Sound { get; init; }

    /// <summary>What the learner rewards.</summary>
    public required double Reward { get; init; }

    /// <summary>The reward relative to its group or role, as it was trained on.</summary>
    public double Advantage { get; init; }

    /// <summary>Reward of each step of the work where the environment checks steps: one value a token, else null.</summary>
    public float[]? TokenAdvantages { get; init; }
}

/// <summary>A note that an agent asked for and that was kept from it by chance.</summary>
/// <param name="Page">The page as the agent named it.</param>
/// <param name="Revision">Id of the revision that it would have read.</param>
public sealed record WithheldNote(string Page, string Revision);
