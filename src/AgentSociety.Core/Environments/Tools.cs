using AgentSociety.Core.Culture;

namespace AgentSociety.Core.Environments;

/// <summary>What an attempt's tools may reach.</summary>
public sealed record ToolAccess
{
    /// <summary>The scratchpad as this attempt sees it; an empty one for attempts that may not read.</summary>
    public required INotes Notes { get; init; }

    /// <summary>How many experiments this attempt may run.</summary>
    public int Experiments { get; init; }

    /// <summary>True where a fact is noted only if this attempt saw it itself: a note that no experiment of the attempt supports asks for no edit.</summary>
    public bool RequireEvidence { get; init; }
}

/// <summary>
/// The tools of one attempt. While a model generates, the engine watches for a <see cref="Markers">marker</see>; the text
/// since the last tool reply (or the prompt) up to and with the marker is a call, and the reply is inserted before
/// generation goes on.
/// </summary>
/// <remarks>Called from one thread at a time. The text of a call is a model's and may be anything; a call never throws for it.</remarks>
public interface IToolSession
{
    /// <summary>The characters that end a call.</summary>
    string Markers { get; }

    /// <summary>Answers one call.</summary>
    /// <param name="call">What the model wrote since the last reply, the marker included.</param>
    /// <returns>The text to insert; empty to insert nothing.</returns>
    string Call(string call);

    /// <summary>What was asked, answered and read, in order.</summary>
    IReadOnlyList<ToolCall> Calls { get; }

    /// <summary>The edits of the scratchpad that the agent asked for, in order; carried out after the attempt.</summary>
    IReadOnlyList<NoteEdit> Edits { get; }
}

/// <summary>Tools that take their time, such as another program or a page of the web: the attempt waits for the reply, and nobody else does.</summary>
public interface IAsyncToolSession : IToolSession
{
    /// <summary>Answers one call, as <see cref="IToolSession.Call"/>, on any thread; calls of one attempt come one after the other.</summary>
    /// <param name="call">What the model wrote since the last reply, the marker included.</param>
    /// <param name="cancellation">Says that nobody waits for the reply any more.</param>
    /// <returns>The text to insert; empty to insert nothing. A failure ends this attempt alone.</returns>
    Task<string> CallAsync(string call, CancellationToken cancellation);
}

/// <summary>What a tool call was for.</summary>
public enum ToolKind
{
    /// <summary>Looked something up in the scratchpad.</summary>
    Read,

    /// <summary>Asked the world itself.</summary>
    Experiment,

    /// <summary>Asked for an edit of the scratchpad.</summary>
    Note,

    /// <summary>Anything else, also what could not be understood.</summary>
    Other,
}

/// <summary>One call of a tool.</summary>
public sealed record ToolCall
{
    /// <summary>What it was for.</summary>
    public required ToolKind Kind { get; init; }

    /// <summary>What the model wrote.</summary>
    public required string Request { get; init; }

    /// <summary>What was inserted.</summary>
    public required string Reply { get; init; }

    /// <summary>The page that was read or is to be edited.</summary>
    public string? Page { get; init; }

    /// <summary>The revision that was read; null where the page does not exist.</summary>
    public string? Revision { get; init; }
}
