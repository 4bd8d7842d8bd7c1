using AgentSociety.Core.Culture;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>Who sees which notes, and where each agent's edits go.</summary>
/// <remarks>What is read in a round is the scratchpad as it was when the round before ended, so that nothing depends on who comes first.</remarks>
internal sealed class NotesAccess(Scratchpad scratchpad, CultureSettings settings)
{
    /// <summary>What an agent reads.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="asOfRound">The round whose edits are the last to be seen.</param>
    public INotes Of(string agent, int asOfRound) => settings.Sharing switch
    {
        Sharing.Shared => scratchpad.Snapshot(asOfRound),
        Sharing.Private => scratchpad.Snapshot(asOfRound, Notebook(agent)),
        _ => EmptyNotes.Instance,
    };

    /// <summary>What a newborn reads: the scratchpad where there is one for all; its own notebook is empty.</summary>
    public INotes OfNewborn(int asOfRound) => settings.Sharing == Sharing.Shared ? scratchpad.Snapshot(asOfRound) : EmptyNotes.Instance;

    /// <summary>The edits of one episode as the scratchpad's writer takes them; none where nothing is written.</summary>
    public IEnumerable<EditRequest> Requests(string agent, string episode, int round, IReadOnlyList<NoteEdit> edits) => settings.Sharing == Sharing.Off ? []
        : edits.Select((edit, index) => new EditRequest
        {
            Key = $"{episode}/{index}",
            Edit = settings.Sharing == Sharing.Private ? edit with { Page = Notebook(agent) + edit.Page } : edit,
            Author = agent,
            Round = round,
            Episode = episode,
        });

    private static string Notebook(string agent) => $"agents/{agent}/";
}
