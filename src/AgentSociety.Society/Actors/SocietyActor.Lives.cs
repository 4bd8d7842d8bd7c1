using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Learning;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>What happens to the agents of a society beside their rounds: they sleep, die and are born.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>After learning: a sleep where one is due.</summary>
    private void Sleep(IReadOnlyDictionary<Role, double> entropy)
    {
        if (!SleepLessons.DueAfter(Scenario.Consolidation, _round))
        {
            Guard(entropy);
            return;
        }

        int from = Math.Max(_round - Scenario.Consolidation.EveryRounds + 1, _lifetimes.EraOf(_round).FirstRound);
        IReadOnlyList<Lesson> lessons = SleepLessons.Of(_plan, from, _session.Database, _result.Problems, _result.Episodes);
        _display.Say($"round {_round}: sleeps over {lessons.Count} lessons");
        _learner.Tell(new LearnerActor.Sleep(_round, lessons, _notes.OfNewborn(_round)));
        Phase(RunPhase.Sleep, () =>
        {
            Always();
            Receive<LearnerActor.Sleeping>(told => _display.Sleeping(told.Progress));
            Receive<LearnerActor.Slept>(slept =>
            {
                _metrics.AddRange(slept.Metrics);
                _batches.AddRange(lessons.GroupBy(lesson => lesson.Weights).OrderBy(own => own.Key, StringComparer.Ordinal)
                    .Select(own => new TrainingBatchRecord { Phase = TrainingPhase.Sleep, Weights = own.Key, Episodes = [.. own.Where(lesson => lesson.Episode is not null).Select(lesson => new TrainedEpisode(lesson.Episode!, null, null))] }));
                Guard(entropy);
            });
        });
    }

    /// <summary>Before the first round of a generation: the dead go, newborns come, and sit the test before they have done anything.</summary>
    private void TurnOver()
    {
        foreach (IActorRef agent in _agents.Values)
        {
            Context.Unwatch(agent);
            Context.Stop(agent);
        }

        _agents.Clear();
        RunPlan born = _session.Plan.OfGeneration(_lifetimes.Of(_round));
        // Past selves are those of weights that live on.
        _plan = _lifetimes.InheritsWeights ? born with { Environment = _plan.Environment } : born;
        Populate();
        _display.Say($"round {_round}: generation {_lifetimes.Of(_round)} is born");
        if (_lifetimes.InheritsWeights)
        {
            TestNewborns();
            return;
        }

        // What was posed, solved and expected before belongs to weights that are gone.
        _posed.Clear();
        _archive.Clear();
        _memory = new RoundMemory(_plan, _tokenLengths, null);
        _curriculum = new ProblemCurriculum(_plan, _guarded);
        _solutions = new SolutionMemory(Scenario.Learning);
        _learner.Tell(new LearnerActor.Bear(_session.Directory.Checkpoint("round-0")));
        Become(() =>
        {
            Always();
            Receive<LearnerActor.Born>(_ => TestNewborns());
        });
    }

    private void TestNewborns() => Ask("birth", WeightsBefore, HeldOutTest.Questions(_plan, Scenario.Evaluation.ProblemsPerDifficulty), _notes.OfNewborn(_round - 1, era: _round), results =>
    {
        _metrics.AddRange(GenerationMetrics.AtBirth(_lifetimes.Of(_round), results));
        BeginPlay();
    });

    /// <summary>Plays the round; where the scratchpad is wiped before it, newborns are asked first on both sides of the wipe.</summary>
    private void BeginPlay()
    {
        if (!_lifetimes.WipesAt(_round))
        {
            Play();
            return;
        }

        IReadOnlyList<HeldOutTest.Question> questions = HeldOutTest.Questions(_plan, Scenario.Evaluation.ProblemsPerDifficulty);
        Ask("wipe/before", WeightsBefore, questions, _notes.OfNewborn(_round - 1), before =>
            Ask("wipe/after", WeightsBefore, questions, _notes.OfNewborn(_round - 1, era: _round), after =>
            {
                _metrics.AddRange(GenerationMetrics.AtWipe(before, after));
                Play();
            }));
    }

    /// <summary>Makes the actors of the agents that live.</summary>
    private void Populate()
    {
        foreach (Agent agent in _plan.Population) _agents[agent.Name] = Context.Watch(Context.ActorOf(AgentActor.Props(agent, _plan.Environment, HostOf(agent, _host)), agent.Name));
    }
}
