using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Learning;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>What is measured on every checkpoint beside the test: how far the weights have moved, and whether they remember rather than understand.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>The sampling temperature of a round, where a guard may raise it.</summary>
    internal const string TemperatureMetric = "temperature";

    /// <summary>After a test: the probes that the scenario asks for, then the checkpoint.</summary>
    private void Probe()
    {
        int wanted = Scenario.Guards.ProbeEpisodes;
        EpisodeRecord[] attempts = [.. _result.Episodes.Where(episode => episode.Role == Role.Solver && episode.Tokens.Length > 0)];
        if (_round == 0 || wanted == 0 || attempts.Length == 0)
        {
            ProbeMemory(null);
            return;
        }

        // Evenly from the whole round: its attempts come problem by problem.
        EpisodeRecord[] sample = wanted >= attempts.Length ? attempts : [.. Enumerable.Range(0, wanted).Select(index => attempts[(int)((long)index * attempts.Length / wanted)])];
        _learner.Tell(new LearnerActor.Measure(sample, Temperature, _session.Directory.Checkpoint("round-0")));
        Become(() =>
        {
            Always();
            Receive<LearnerActor.Measured>(measured => ProbeMemory(measured.Divergence));
        });
    }

    /// <summary>Newborns answer problems that were played, and as many of the same difficulties that were not.</summary>
    private void ProbeMemory(double? divergence)
    {
        (IReadOnlyList<HeldOutTest.Question> seen, IReadOnlyList<HeldOutTest.Question> fresh) = MemoryProbe.Of(_plan, _round, Scenario.Guards.ProbeProblems, _archive, _posed);
        if (seen.Count == 0)
        {
            EndProbes(divergence, null);
            return;
        }

        Answer("probe/seen", seen, known => Answer("probe/fresh", fresh, unknown => EndProbes(divergence, Probes.Memorisation(known, seen.Count, unknown, fresh.Count))));
    }

    private void Answer(string test, IReadOnlyList<HeldOutTest.Question> questions, Action<int> then) =>
        Ask(test, Weights, questions, _notes.OfNewborn(_round), results => then(results.Sum(result => result.Correct)));

    private void EndProbes(double? divergence, Gap? memorisation)
    {
        bool judged = Scenario.Judge is not null;
        GuardReading reading = _memory.Guard.ReadCheckpoint(divergence, memorisation, Series(judged ? JudgeAgreement.Accepts : "reviews/praised"), Series(judged ? JudgeAgreement.VerifierAccepts : "reviews/valid"));
        _metrics.AddRange(RoundMetrics.Of(reading));
        foreach (string alarm in reading.Alarms) _display.Say($"round {_round}: {alarm}");
        _stopAfterRound |= reading.Stop;
        Save(kept: true);
    }

    /// <summary>A metric round by round, that of the round in play included.</summary>
    private double[] Series(string metric) => [.. _session.Records.Metric(metric).Select(point => point.Value), .. _metrics.Where(measured => measured.Name == metric).Select(measured => measured.Value)];

    /// <summary>The sampling temperature of the round in play.</summary>
    private double Temperature => _memory.Guard.Temperature(Scenario.SelfPlay.Temperature);
}
