using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>How a round is played: proposals are asked for, chosen, and attempted.</summary>
internal sealed partial class SocietyActor
{
    private void BeginRound() => Settle(_reports, _decisions);

    private void NextRound()
    {
        if (_round >= Scenario.SelfPlay.Rounds || _stopAfterRound)
        {
            _display.Show(RunPhase.Done, _round);
            _session.EndAs(_stopAfterRound ? RunEnd.Stopped : RunEnd.Done);
            return;
        }

        _round++;
        _metrics.Clear();
        _answers.Clear();
        _batches.Clear();
        if (_lifetimes.BeginsAt(_round)) TurnOver();
        else BeginPlay();
    }

    private void Play()
    {
        if (Curated) Solve(_curriculum.Draw(_round));
        else if (Scenario.SelfPlay.Enabled) Propose();
        else Solve(ProblemSelection.Of(_plan, _round, [], _posed, _guarded));
    }

    private void Propose()
    {
        _proposals = new AgentActor.Proposed[Scenario.SelfPlay.ProposalsPerRound];
        _asked = _missing = _proposals.Length;
        Frontier frontier = _memory.Reward.Frontier(_plan.Environment.MaximumDifficulty);
        for (int index = 0; index < _proposals.Length; index++)
        {
            _agents[_plan.Proposers[index % _plan.Proposers.Count].Name].Tell(new AgentActor.Propose
            {
                Episode = $"{_round}/propose/{index}",
                Round = _round,
                Index = index,
                Prompt = ProposerPrompt(frontier, index),
                Playing = Playing(KeyedRandom.Key(_plan.Seed, "propose", _round, index), Temperature),
            });
        }

        Phase(RunPhase.Propose, Proposing);
    }

    private string ProposerPrompt(Frontier frontier, int index)
    {
        KeyedRandom random = KeyedRandom.For(_plan.Seed, "propose/prompt", _round, index);
        if (_plan.Environment is not IConditionedProposer { Shown: > 0 } conditioned) return _plan.Environment.ProposerPrompt(frontier, random);
        KeyedRandom draw = KeyedRandom.For(_plan.Seed, "propose/earlier", _round, index);
        Problem[] earlier = [.. _archive.Count == 0 ? [] : Enumerable.Range(0, conditioned.Shown).Select(_ => draw.Choose(_archive)).DistinctBy(problem => problem.Text)];
        return conditioned.ProposerPrompt(frontier, earlier, random);
    }

    private void Proposing()
    {
        Always();
        Receive<AgentActor.Proposed>(proposed =>
        {
            _proposals[proposed.Index] = proposed;
            Take(proposed.Meter);
            if (--_missing > 0) return;
            Solve(ProblemSelection.Of(_plan, _round, [.. _proposals.Select(each => (each.Proposal, each.Episode.Agent))], _posed, _guarded));
        });
    }

    private void Solve(ProblemSelection selection)
    {
        _selection = selection;
        int attempts = Scenario.SelfPlay.AttemptsPerProblem;
        _attempts = new AgentActor.Solved[selection.Problems.Count * attempts];
        _asked = _missing = _attempts.Length;
        IReadOnlyList<Agent> solvers = _plan.Solvers;
        int[] experiments = [.. solvers.Select(_ => Scenario.Culture.ExperimentsPerRound)];
        INotes[] notes = [.. solvers.Select(solver => _notes.Of(solver.Name, _round))];
        int[] assigned = Assignment.Of(_plan, [.. selection.Problems.Select(posed => posed.Problem)]);
        for (int problem = 0; problem < selection.Problems.Count; problem++)
        {
            // One solver makes all attempts of a group: they are samples of one policy.
            int solver = assigned[problem];
            PosedProblem posed = selection.Problems[problem];
            int granted = Math.Min(experiments[solver], posed.Problem.Difficulty);
            experiments[solver] -= granted;
            string prompt = _plan.Environment.SolverPrompt(posed.Problem, KeyedRandom.For(_plan.Seed, "solve/prompt", _round, problem));
            for (int attempt = 0; attempt < attempts; attempt++)
            {
                WithheldNotes tried = _notes.Tried(notes[solver], $"{_round}/solve/{problem}/{attempt}");
                _agents[solvers[solver].Name].Tell(new AgentActor.Solve
                {
                    Episode = $"{_round}/solve/{problem}/{attempt}",
                    Round = _round,
                    Place = problem * attempts + attempt,
                    ProblemId = posed.Id,
                    Problem = posed.Problem,
                    Environment = _plan.Environment,
                    Attempt = attempt,
                    Prompt = prompt,
                    Access = new ToolAccess
                    {
                        Notes = tried,
                        Experiments = attempt == 0 ? granted : 0,
                        RequireEvidence = Scenario.Culture.RequireEvidence,
                    },
                    Trial = tried,
                    Playing = Playing(KeyedRandom.Key(_plan.Seed, "solve", _round, problem, attempt), Temperature),
                });
            }
        }

        Phase(RunPhase.Solve, Solving);
        if (_missing == 0) Review();
    }

    private void Solving()
    {
        Always();
        Receive<AgentActor.Solved>(solved =>
        {
            Place(solved);
            if (_missing == 0) Review();
        });
    }

    private Playing Playing(ulong key, double temperature) => new()
    {
        Checkpoint = WeightsBefore,
        Key = key,
        Temperature = temperature,
        MaximumTokens = Scenario.SelfPlay.MaximumTokens,
    };

    private void Take(DecodingMeter meter) => _work.Take(meter);

    private void Place(AgentActor.Solved solved)
    {
        _attempts[solved.Place] = solved;
        Take(solved.Meter);
        _missing--;
    }
}
