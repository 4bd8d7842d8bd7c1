using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>The one writer of the scratchpad: carries out what has queued up in one transaction, then answers everybody (group commit).</summary>
/// <remarks>A durable commit costs about the same for one edit as for a hundred. Reading goes past it, by snapshots.</remarks>
public sealed class ScratchpadActor : ReceiveActor
{
    /// <summary>Asks for edits, to be made in their order.</summary>
    /// <param name="Requests">The edits.</param>
    public sealed record Edit(IReadOnlyList<EditRequest> Requests);

    /// <summary>What became of them: durable when this arrives.</summary>
    /// <param name="Results">One result an edit, in their order.</param>
    public sealed record Edited(IReadOnlyList<EditResult> Results);

    /// <summary>Asks that what is known of candidates and of harmful pages be acted upon. Asking again changes nothing.</summary>
    /// <param name="Reports">New matched rollouts; those of a candidate that was decided since are passed over.</param>
    /// <param name="Test">What is asked of a candidate.</param>
    /// <param name="Harmful">Pages that go, where they stand at the end of the round.</param>
    /// <param name="Round">The round that is over.</param>
    /// <param name="Decisions">What editors decided; an edit that somebody decided since is passed over.</param>
    public sealed record Settle(IReadOnlyList<CandidateReport> Reports, AdmissionTest Test, IReadOnlyList<Uplift> Harmful, int Round, IReadOnlyList<EditDecision> Decisions);

    /// <summary>It was acted upon.</summary>
    /// <param name="Admitted">Candidates that are part of the culture now.</param>
    /// <param name="Rejected">Candidates that are not.</param>
    /// <param name="Retired">Pages that went.</param>
    /// <param name="Decided">Edits that were decided as an editor said: approved, and rejected.</param>
    /// <param name="Conflicts">Approved edits that still wait, since their pages moved on in the same place.</param>
    public sealed record Settled(int Admitted, int Rejected, IReadOnlyList<string> Retired, (int Approved, int Rejected) Decided, IReadOnlyList<long> Conflicts);

    /// <summary>What the first of a batch waits for others at most.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(1);

    private static readonly object Commit = new();
    private readonly Scratchpad _scratchpad;
    private readonly Queue<Waiting> _queue = [];
    private long _firstAsked;
    private int _askedLast;

    /// <summary>The writer of this scratchpad.</summary>
    public ScratchpadActor(Scratchpad scratchpad)
    {
        _scratchpad = scratchpad;
        Receive<Edit>(edit => Take(new Waiting(edit, Sender, Again: false)));
        Receive<Waiting>(Take);
        Receive<Settle>(settle =>
        {
            try
            {
                Sender.Tell(Decide(settle));
            }
            catch (Exception cause)
            {
                Sender.Tell(new Failed(cause));
            }
        });
        Receive<object>(message => ReferenceEquals(message, Commit), _ => CommitOrWait());
    }

    /// <summary>How to make one, on a thread of its own.</summary>
    public static Props Props(Scratchpad scratchpad) => Akka.Actor.Props.Create(() => new ScratchpadActor(scratchpad)).WithDispatcher(Dispatchers.OwnThread);

    /// <inheritdoc />
    protected override void PreRestart(Exception reason, object message)
    {
        // Keys make a repeated request harmless, so that edits whose fate is unknown are simply asked for again: once, since whatever stopped this writer may stop the next one too.
        foreach (Waiting waiting in _queue)
        {
            if (waiting.Again) waiting.Asker.Tell(new Failed(reason));
            else Self.Tell(waiting with { Again = true });
        }

        base.PreRestart(reason, message);
    }

    private void Take(Waiting waiting)
    {
        _queue.Enqueue(waiting);
        // Behind whatever the mailbox holds already: those edits go into the same transaction.
        if (_queue.Count > 1) return;
        _firstAsked = Stopwatch.GetTimestamp();
        Self.Tell(Commit);
    }

    private Settled Decide(Settle settle)
    {
        HashSet<long> open = [.. _scratchpad.Proposals(int.MaxValue).Select(proposal => proposal.Number)];
        AdmissionVerdict[] verdicts = [.. settle.Reports.Where(report => open.Contains(report.Proposal))
            .Select(report => _scratchpad.Report(report.Proposal, report.Pairs, settle.Test, settle.Round).Evidence.Verdict)];
        INotes standing = _scratchpad.Snapshot(settle.Round);
        IReadOnlyList<string> retired = _scratchpad.Retire(settle.Harmful.Where(page => standing.Read(page.Page) is not null), 0, "uplift", settle.Round);
        int approved = 0, rejected = 0;
        List<long> conflicts = [];
        foreach (EditDecision decision in settle.Decisions.Where(decision => open.Contains(decision.Proposal)))
        {
            EditResult result = _scratchpad.Decide(decision.Proposal, decision.Approve, decision.Editor, decision.Reason, settle.Round);
            if (result is EditResult.Conflict) conflicts.Add(decision.Proposal);
            else if (result is EditResult.Rejected) rejected++;
            else approved++;
        }

        return new Settled(verdicts.Count(verdict => verdict == AdmissionVerdict.Admit), verdicts.Count(verdict => verdict == AdmissionVerdict.Reject), retired, (approved, rejected), conflicts);
    }

    /// <summary>Commits once as many ask as did the last time, or after a moment: whoever was answered just now may be about to ask again, and a commit takes longer than that.</summary>
    private void CommitOrWait()
    {
        if (_queue.Count < _askedLast && Stopwatch.GetElapsedTime(_firstAsked) < LongestWait)
        {
            Thread.Yield();
            Self.Tell(Commit);
            return;
        }

        _askedLast = _queue.Count;
        CommitQueue();
    }

    private void CommitQueue()
    {
        try
        {
            IReadOnlyList<EditResult> results = _scratchpad.Commit([.. _queue.SelectMany(waiting => waiting.Edit.Requests)]);
            int next = 0;
            while (_queue.TryDequeue(out Waiting? waiting))
            {
                int count = waiting.Edit.Requests.Count;
                waiting.Asker.Tell(new Edited([.. results.Skip(next).Take(count)]));
                next += count;
            }
        }
        catch (SocietyException cause)
        {
            // Nothing was written; whoever asked may ask again.
            while (_queue.TryDequeue(out Waiting? waiting)) waiting.Asker.Tell(new Failed(cause));
        }
    }

    /// <summary>Edits that are not committed yet.</summary>
    /// <param name="Edit">What is asked for.</param>
    /// <param name="Asker">Who asks.</param>
    /// <param name="Again">True where a writer before this one was stopped over them.</param>
    private sealed record Waiting(Edit Edit, IActorRef Asker, bool Again);
}
