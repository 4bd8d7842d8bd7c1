namespace AgentSociety.Core.Environments;

/// <summary>An environment that finds in raw transcripts what its tools look up on pages: what a culture would be that kept its logs and wrote no book.</summary>
/// <remarks>For the control arm in which readers search episodes in place of notes.</remarks>
public interface IEpisodeReader
{
    /// <summary>What the calls of one attempt tell a reader of its transcript, in order: the page on which it would be looked up, and the line in the form in which pages state it.</summary>
    /// <param name="calls">The calls with their replies. Their text is a model's and may be anything.</param>
    /// <param name="claims">True to believe also what the agent noted without having seen it, as pages do where no evidence is required.</param>
    IEnumerable<(string Page, string Line)> Found(IReadOnlyList<ToolCall> calls, bool claims);
}
