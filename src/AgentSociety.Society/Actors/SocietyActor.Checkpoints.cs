using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>How a round is kept, and how weights that were not saved are made again.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>The newest resume point: its folder's name, and the round after which it was written.</summary>
    private (string Name, int Round) _resume = ("resume-1", -1);

    private Recorder.Store? _unstored;
    private Action? _onceStored;

    /// <summary>
    /// Saves the weights where that is due, into one of two folders in turn, so that one of them is whole whenever the process dies, and after a test for keeps; then
    /// what was played. The next round begins meanwhile, unless it needs what is being stored.
    /// </summary>
    private void Save(bool kept)
    {
        // What a league learns from depends on its past selves, which are kept of the newest round alone: no round of it can be learned again.
        bool due = kept || PastSelves is not null || _round - _resume.Round >= Scenario.Checkpoints.EveryRounds || _lifetimes.BeginsAt(_round) || SleepLessons.DueAfter(Scenario.Consolidation, _round);
        if (due) _resume = (_resume.Name == "resume-0" ? "resume-1" : "resume-0", _round);
        _unstored = new Recorder.Store(new RoundRecord
        {
            Round = _round,
            Problems = _result.Problems,
            Episodes = [.. _result.Episodes, .. _considered],
            Batches = [.. _batches],
            Metrics = Metrics(),
            HeldOut = kept ? _heldOut : [],
            Answers = [.. _answers],
            Checkpoint = kept ? new CheckpointRecord(Weights, _round) : null,
            State = (_memory.Save(_resume.Name) with { ResumeRound = _resume.Round, Reports = _reports, Decisions = _decisions, LeftToPeople = [.. _leftToPeople.Order()], PastSelves = PastSelves, Strategy = _strategy, Stopped = _stopAfterRound, HeldOut = _session.HeldOut }).Save(),
        }, RefreshWorth: kept && Scenario.Culture.WithholdingProbability > 0);
        if (due) _learner.Tell(new LearnerActor.Save(_session.Directory.Checkpoint(_resume.Name), kept ? _session.Directory.Checkpoint(Weights) : null));
        else Store();
        bool ends = _stopAfterRound || _round == Scenario.SelfPlay.Rounds;
        if (ends || _lifetimes.BeginsAt(_round + 1) || _reports.Count > 0 || _decisions.Count > 0 || _notes.NeedRecords) OnceStored(BeginRound);
        else BeginRound();
    }

    private void Store()
    {
        _session.Storing?.Invoke();
        _recorder.Tell(_unstored);
    }

    /// <summary>Goes on when the round before is durable.</summary>
    private void OnceStored(Action then)
    {
        if (_unstored is null)
        {
            then();
            return;
        }

        _onceStored = then;
        Become(Always);
    }

    /// <summary>Trains again on stored rounds that came after the resume point, then goes on: the weights are those that the stopped run had.</summary>
    /// <param name="round">The first round that the weights do not know.</param>
    private void CatchUp(int round)
    {
        if (round > _round || !Scenario.Learning.Enabled)
        {
            BeginRound();
            return;
        }

        _display.Say($"round {round} is learned again from its record");
        EpisodeRecord[] episodes = [.. _session.Database.Episodes(new EpisodeFilter { FromRound = round, ToRound = round }).Where(episode => episode.Role != Role.Editor)];
        double temperature = _session.Records.Metric(TemperatureMetric).Where(point => point.Round == round).Select(point => point.Value).DefaultIfEmpty(Scenario.SelfPlay.Temperature).First();
        _learner.Tell(new LearnerActor.Learn(round, episodes, Remembered(_lifetimes.MemoryFrom(round), round - 1).Snapshot(), temperature, _plan.Environment));
        Become(() =>
        {
            Always();
            Receive<LearnerActor.Learned>(_ => CatchUp(round + 1));
        });
    }

    /// <summary>The newest solutions of some rounds, as their run remembered them then.</summary>
    private SolutionMemory Remembered(int fromRound, int toRound)
    {
        Dictionary<string, int> difficulties = _session.Records.Difficulties();
        SolutionMemory solutions = new(Scenario.Learning);
        solutions.Add(_session.Database.NewestSolutions(Scenario.Learning.RememberedSolutions, fromRound, toRound, Scenario.Learning.Remember == SolverReward.Sound), problem => difficulties[problem]);
        return solutions;
    }

    /// <summary>Canonical forms of what was posed and is not played for the sake of held-out tests: they are in no table of problems.</summary>
    private IEnumerable<string> ReservedForms(int fromRound) =>
        _session.Database.Episodes(new EpisodeFilter { FromRound = fromRound, Role = Role.Proposer, Outcome = Outcome.Correct }).Where(episode => episode.Problem is null)
            .Select(episode => _plan.Environment.Parse(AgentActor.Written(episode.Segments)).Problem).OfType<Problem>()
            .Where(problem => Reservation.Holds(_plan.Environment, problem) || _guarded?.Touches(problem.Text) == true).Select(problem => problem.CanonicalForm);
}
