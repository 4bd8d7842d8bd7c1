using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>The exact measure of a newborn, in environments that have one, and the past selves that it joins.</summary>
internal sealed partial class SocietyActor
{
    private PolicyReading? _reading;

    /// <summary>The past selves that are stored with a round; null where nobody plays against them.</summary>
    private string? PastSelves => _plan.Environment is ILeaguePlay { Adapts: true } league ? league.PastSelves : null;

    private void Measure()
    {
        _reading = PolicyReading.Due(_plan, _round, TestDue, Final);
        if (_reading is null)
        {
            TestOrSave();
            return;
        }

        foreach (ModelHost.Generate request in _reading.Requests) _host.Tell(request);
        Phase(RunPhase.Evaluate, () =>
        {
            Always();
            Receive<ModelHost.Refused>(refused => Fail(new SocietyException($"decision {refused.Id} cannot be asked: {refused.Reason}", badInput: false)));
            Receive<ModelHost.Generated>(answer =>
            {
                _meter = answer.Meter;
                if (!_reading.Take(answer.Generation)) return;
                _metrics.AddRange(_reading.Metrics());
                _plan = _reading.Next();
                TestOrSave();
            });
        });
    }
}
