using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>The held-out test that may end a round, and how newborns are asked anything.</summary>
internal sealed partial class SocietyActor
{
    private bool Final => _round == 0 || _round == Scenario.SelfPlay.Rounds || _stopAfterRound;

    private bool TestDue => Final || _round % Scenario.Evaluation.EveryRounds == 0 || _lifetimes.EndsAt(_round);

    private void TestOrSave()
    {
        if (TestDue) Test();
        else Save(kept: false);
    }

    private void Test()
    {
        int count = Final ? Scenario.Evaluation.FinalProblemsPerDifficulty : Scenario.Evaluation.ProblemsPerDifficulty;
        MeasureCulture();
        Ask("held-out", Weights, HeldOutTest.Questions(_plan, count), _notes.OfNewborn(_round), results =>
        {
            _heldOut = results;
            int frontier = HeldOutTest.Frontier(_heldOut, Scenario.Evaluation.SolvedAt);
            _metrics.Add(new MetricRecord("frontier", frontier));
            _metrics.AddRange(GenerationMetrics.AfterTest(_lifetimes, _round, _heldOut, _session.Records, _metrics));
            _display.Tested(new HeldOutPoint(_round, _heldOut), frontier);
            OnceCultureMeasured(Probe);
        });
    }

    /// <summary>Lets newborns answer questions, keeps what they say, and goes on with what came of it.</summary>
    private void Ask(string test, string weights, IReadOnlyList<HeldOutTest.Question> questions, INotes notes, Action<IReadOnlyList<HeldOutRecord>> then)
    {
        _attempts = new AgentActor.Solved[questions.Count];
        _asked = _missing = _attempts.Length;
        for (int index = 0; index < questions.Count; index++)
        {
            HeldOutTest.Question question = questions[index];
            _newborn.Tell(new AgentActor.Solve
            {
                Episode = $"{_round}/{test}/{index}",
                Round = _round,
                Place = index,
                ProblemId = "",
                Problem = question.Problem,
                Environment = _plan.Environment,
                Attempt = 0,
                Prompt = question.Prompt,
                Access = HeldOutTest.Access(question, notes),
                Playing = Playing(HeldOutTest.Key(_plan, index), Scenario.Evaluation.Temperature) with { Adapter = _plan.Newborn(question.Newborn).Adapter, Checkpoint = weights },
            });
        }

        Phase(RunPhase.Evaluate, () =>
        {
            Always();
            Receive<AgentActor.Solved>(solved =>
            {
                Place(solved);
                if (_missing > 0) return;
                _answers.AddRange(_attempts.Select((attempt, index) => questions[index].Answered(test, attempt.Episode)));
                then(HeldOutTest.Score(_attempts.Select((attempt, index) => (questions[index], attempt.Verdict))));
            });
        });
        if (_missing == 0) then([]);
    }
}
