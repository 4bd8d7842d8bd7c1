using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>Editors of the population decide the edits that wait for a review.</summary>
/// <remarks>
/// They are asked in the round, their answers are stored with it, and the scratchpad's writer carries the decisions out before the next one. Their texts are recorded and
/// never trained on: nothing verifies a taste. What an editor leaves undecided waits for a person, and no editor is asked again.
/// </remarks>
internal sealed partial class SocietyActor
{
    private IReadOnlyList<EditDecision> _decisions = [];
    private HashSet<long> _leftToPeople = [];
    private readonly List<EpisodeRecord> _considered = [];

    /// <summary>After admission: editors read what waits.</summary>
    private void Consider()
    {
        _decisions = [];
        _considered.Clear();
        IReadOnlyList<Agent> editors = _plan.Editors;
        IReadOnlyList<Proposal> waiting = editors.Count == 0 ? [] : _session.Scratchpad.Proposals(int.MaxValue);
        _leftToPeople.IntersectWith(waiting.Select(proposal => proposal.Number));
        IReadOnlyList<Proposal> due = EditReview.Due(waiting, Scenario.Culture.Editors, _round, _leftToPeople);
        if (due.Count == 0)
        {
            Learn();
            return;
        }

        INotes notes = _session.Scratchpad.Snapshot(_round);
        _asked = _missing = due.Count;
        foreach (Proposal proposal in due)
        {
            _agents[editors[(int)(proposal.Number % editors.Count)].Name].Tell(new AgentActor.Consider
            {
                Episode = $"{_round}/edit/{proposal.Number}",
                Round = _round,
                Proposal = proposal.Number,
                Prompt = EditReview.Question(Scenario.Culture.Editors, proposal, notes.Read(proposal.Page), _session.Scratchpad.Candidate(proposal.Number, notes).Read(proposal.Page)!.Body),
                Playing = Playing(KeyedRandom.Key(_plan.Seed, "edit", _round, proposal.Number), 0) with { MaximumTokens = Scenario.Culture.Editors.MaximumTokens },
            });
        }

        AgentActor.Considered?[] answers = new AgentActor.Considered?[due.Count];
        Dictionary<long, int> places = due.Select((proposal, place) => (proposal.Number, place)).ToDictionary(pair => pair.Number, pair => pair.place);
        Become(() =>
        {
            Always();
            Receive<AgentActor.Considered>(considered =>
            {
                answers[places[considered.Proposal]] = considered;
                Take(considered.Meter);
                if (--_missing == 0) Take([.. answers.OfType<AgentActor.Considered>()]);
            });
        });
    }

    private void Take(IReadOnlyList<AgentActor.Considered> answers)
    {
        _considered.AddRange(answers.Select(answer => answer.Episode).OfType<EpisodeRecord>());
        _decisions = [.. answers.Where(answer => answer.Approve is not null).Select(answer => new EditDecision(answer.Proposal, answer.Approve!.Value, answer.Editor, answer.Reason))];
        AgentActor.Considered[] undecided = [.. answers.Where(answer => answer.Approve is null)];
        _leftToPeople.UnionWith(undecided.Select(answer => answer.Proposal));
        if (undecided.Length > 0) _display.Say($"round {_round}: {undecided.Length} waiting edits are left to people; {undecided[0].Editor} does not decide edit {undecided[0].Proposal}: {undecided[0].Reason}");
        _metrics.Add(new MetricRecord("editors/asked", answers.Count));
        _metrics.Add(new MetricRecord("editors/undecided", undecided.Length));
        Learn();
    }
}
