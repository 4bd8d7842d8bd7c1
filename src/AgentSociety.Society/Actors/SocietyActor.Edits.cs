using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>What a round writes on the scratchpad, before anybody learns from it.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>Valid proposals of a round that are compared with each other at most: the work grows with their square.</summary>
    private const int MeasuredProposals = 128;

    private void Edit()
    {
        _result = RoundResult.Of(_round, Scenario.Learning, Scenario.SelfPlay.Enabled ? _proposals : [], _selection, _attempts, _memory, _reviews);
        _metrics.AddRange(_result.Metrics);
        if (_plan.Environment is IMeasuredProposals measured && Scenario.SelfPlay.Enabled && !Curated)
            _metrics.AddRange(measured.Measure([.. _proposals.Select(proposed => proposed.Proposal.Problem).OfType<Problem>().Take(MeasuredProposals)]));
        if (Curated) _curriculum.Observe(_result.Problems);
        foreach (PosedProblem problem in _selection.Problems)
        {
            _posed.Add(problem.Problem.CanonicalForm);
            _archive.Add(problem.Problem);
        }

        _posed.UnionWith(_selection.Reserved);

        EditRequest[] edits = [.. _attempts.SelectMany(attempt => _notes.Requests(Role.Solver, attempt.Episode.Agent, attempt.Episode.Id, _round, attempt.Edits))];
        Phase(RunPhase.Edit, Editing);
        if (edits.Length > 0) _scratchpad.Tell(new ScratchpadActor.Edit(edits));
        else Migrate();
    }

    private void Editing()
    {
        Always();
        Receive<ScratchpadActor.Edited>(_ => Migrate());
    }

    private void Migrate()
    {
        // A round that is played again finds what it spread the first time: to spread it once more would carry notes two steps.
        EditRequest[] spread = _notes.Spread(_round) ? [] : [.. _notes.Migration(_round), .. _notes.Books(_round)];
        Dictionary<string, Problem> problems = _selection.Problems.ToDictionary(posed => posed.Id, posed => posed.Problem);
        EditRequest[] migration = [.. spread, .. _notes.WorkPlans(_round, _attempts.DistinctBy(attempt => attempt.Episode.Problem).Select(attempt => (problems[attempt.Episode.Problem!], attempt.Episode.Agent)))];
        if (migration.Length == 0)
        {
            Admit();
            return;
        }

        _scratchpad.Tell(new ScratchpadActor.Edit(migration));
        Become(Migrating);
    }

    private void Migrating()
    {
        Always();
        Receive<ScratchpadActor.Edited>(_ => Admit());
    }
}
