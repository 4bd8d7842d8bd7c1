using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>How notes stay or go: candidates are tried in matched rollouts, and what harms is retired.</summary>
/// <remarks>Decisions are made when the round that led to them is stored, so that a round that is played again finds the scratchpad that it found.</remarks>
internal sealed partial class SocietyActor
{
    private IReadOnlyList<CandidateReport> _reports = [];

    /// <summary>After edits: matched rollouts with and without the notes that wait for them.</summary>
    private void Admit()
    {
        _reports = [];
        IReadOnlyList<AdmissionTrial> trials = Scenario.Culture.Admission == AdmissionRule.Gate
            ? AdmissionTrials.Of(_plan, _round, _notes, _session.Scratchpad.Proposals(int.MaxValue), _selection.Problems, [.. _attempts.Select(attempt => attempt.Episode)])
            : [];
        if (trials.Count == 0)
        {
            Consider();
            return;
        }

        _attempts = new AgentActor.Solved[2 * trials.Count];
        _asked = _missing = _attempts.Length;
        for (int place = 0; place < _attempts.Length; place++)
        {
            AdmissionTrial trial = trials[place / 2];
            string[] id = trial.Attempt.Problem!.Split('/');
            int problem = int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture);
            _agents[trial.Attempt.Agent].Tell(new AgentActor.Solve
            {
                Episode = $"{_round}/admit/{place}",
                Round = _round,
                Place = place,
                ProblemId = trial.Problem.Id,
                Problem = trial.Problem.Problem,
                Environment = _plan.Environment,
                Attempt = trial.Attempt.Attempt,
                Prompt = _plan.Environment.SolverPrompt(trial.Problem.Problem, KeyedRandom.For(_plan.Seed, "solve/prompt", _round, problem)),
                Access = new ToolAccess { Notes = place % 2 == 0 ? trial.Without : trial.With },
                Playing = Playing(KeyedRandom.Key(_plan.Seed, "solve", _round, problem, trial.Attempt.Attempt), Temperature),
            });
        }

        Become(() =>
        {
            Always();
            Receive<AgentActor.Solved>(solved =>
            {
                Place(solved);
                if (_missing > 0) return;
                double[] rewards = [.. _attempts.Select(attempt => RoundResult.Earned(Scenario.Learning, attempt.Verdict))];
                _reports = [.. trials.Select((trial, pair) => (trial.Proposal, Pair: new MatchedRollout(trial.Attempt.Id, rewards[2 * pair], rewards[(2 * pair) + 1])))
                    .GroupBy(pair => pair.Proposal).Select(pairs => new CandidateReport(pairs.Key, [.. pairs.Select(pair => pair.Pair)]))];
                _metrics.Add(new MetricRecord("admission/pairs", trials.Count));
                _metrics.Add(new MetricRecord("admission/candidates", _reports.Count));
                Consider();
            });
        });
    }

    /// <summary>Before a round: what the stored rounds say of candidates, of notes and of waiting edits becomes the state of the scratchpad.</summary>
    private void Settle(IReadOnlyList<CandidateReport> reports, IReadOnlyList<EditDecision> decisions)
    {
        IReadOnlyList<Uplift> harmful = Scenario.Culture is { RetireHarmful: true, WithholdingProbability: > 0 }
            ? [.. _session.Database.UpliftOfPages(toRound: _round).Where(uplift => uplift.High < 0)]
            : [];
        if (reports.Count == 0 && harmful.Count == 0 && decisions.Count == 0)
        {
            NextRound();
            return;
        }

        _scratchpad.Tell(new ScratchpadActor.Settle(reports, AdmissionTest.From(Scenario.Culture), harmful, _round, decisions));
        Become(() =>
        {
            Always();
            Receive<ScratchpadActor.Settled>(settled =>
            {
                NextRound();
                _metrics.Add(new MetricRecord("admission/admitted", settled.Admitted));
                _metrics.Add(new MetricRecord("admission/rejected", settled.Rejected));
                _metrics.Add(new MetricRecord("notes/retired", settled.Retired.Count));
                if (decisions.Count == 0) return;
                _leftToPeople.UnionWith(settled.Conflicts);
                _metrics.Add(new MetricRecord("editors/approved", settled.Decided.Approved));
                _metrics.Add(new MetricRecord("editors/rejected", settled.Decided.Rejected));
            });
        });
    }
}
