using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Learning;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>How a round is learned from, and what is remembered and watched.</summary>
internal sealed partial class SocietyActor
{
    private void Learn()
    {
        _notes.Played(_result.Episodes);
        if (Scenario.Guards.TemperatureFloor > 0) _metrics.Add(new MetricRecord(TemperatureMetric, Temperature));
        Phase(RunPhase.Learn, Learning);
        if (Scenario.Learning.Enabled) _learner.Tell(new LearnerActor.Learn(_round, _result.Episodes, _solutions.Snapshot(), Temperature, _plan.Environment));
        else Sleep(new Dictionary<Role, double>());
    }

    private void Learning()
    {
        Always();
        Receive<LearnerActor.Learned>(learned =>
        {
            TrainingReport report = learned.Report;
            _trainSeconds += report.Elapsed.TotalSeconds;
            _trainTokens += report.Tokens;
            _metrics.AddRange(RoundMetrics.Of(report));
            _batches.AddRange(report.Batches);
            Sleep(report.Entropy);
        });
    }

    private void Remember()
    {
        Dictionary<string, int> difficulties = _result.Problems.ToDictionary(problem => problem.Id, problem => problem.Difficulty);
        _solutions.Add(_result.Episodes, problem => difficulties[problem]);
        if (_solutions.LuckyShare is { } lucky) _metrics.Add(new MetricRecord("remembered/lucky", lucky));
    }

    private void Guard(IReadOnlyDictionary<Role, double> entropy)
    {
        Remember();
        string[] written = [.. (Scenario.SelfPlay.Enabled ? _proposals : []).Select(proposed => string.Concat(proposed.Episode.Segments.Skip(1).Select(segment => segment.Text)))];
        GuardReading reading = _memory.Guard.Read(written, _selection.Fates.Count(fate => fate.Fate == Fate.Duplicate), [.. _result.Problems.Select(problem => problem.SolveRate)], entropy);
        _metrics.AddRange(RoundMetrics.Of(reading));
        foreach (string alarm in reading.Alarms) _display.Say($"round {_round}: {alarm}");
        _stopAfterRound = reading.Stop;
        Measure();
    }
}
