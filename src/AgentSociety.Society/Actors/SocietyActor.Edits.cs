using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>What a round writes on the scratchpad, before anybody learns from it.</summary>
internal sealed partial class SocietyActor
{
    private void Edit()
    {
        _result = RoundResult.Of(_round, Scenario.Learning, Scenario.SelfPlay.Enabled ? _proposals : [], _selection, _attempts, _memory, _reviews);
        _metrics.AddRange(_result.Metrics);
        if (Curated) _curriculum.Observe(_result.Problems);
        foreach (PosedProblem problem in _selection.Problems)
        {
            _posed.Add(problem.Problem.CanonicalForm);
            _archive.Add(problem.Problem.Text);
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
        EditRequest[] migration = _notes.Spread(_round) ? [] : [.. _notes.Migration(_round), .. _notes.Books(_round)];
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
