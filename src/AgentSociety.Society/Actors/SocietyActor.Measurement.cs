using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments.Games;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>What is measured beside the test: the culture; and exactly a newborn's policy, in environments that have such a measure, with the past selves that it joins.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>The culture's metrics, or why there are none.</summary>
    private sealed record CultureMeasured(CultureMetrics? Culture, string? Failure = null);

    private PolicyReading? _reading;
    private bool _measuring;
    private Action? _onceMeasured;

    /// <summary>The past selves that are stored with a round; null where nobody plays against them.</summary>
    private string? PastSelves => _plan.Environment is ILeaguePlay { Adapts: true } league ? league.PastSelves : null;

    private void Measure()
    {
        _strategy = null;
        _reading = PolicyReading.Due(_plan, _round, TestDue, Final);
        if (_reading is null)
        {
            TestOrSave();
            return;
        }

        _asked = _missing = _reading.Requests.Count;
        foreach (ModelHost.Generate request in _reading.Requests) _host.Tell(request);
        Phase(RunPhase.Evaluate, () =>
        {
            Always();
            Receive<ModelHost.Refused>(refused => Fail(new SocietyException($"decision {refused.Id} cannot be asked: {refused.Reason}", badInput: false) { Repeats = refused.Repeats }));
            Receive<ModelHost.Generated>(answer =>
            {
                Take(answer.Meter);
                _missing--;
                if (!_reading.Take(answer.Generation)) return;
                _metrics.AddRange(_reading.Metrics());
                if (TestDue && _plan.Environment is IGamePlay play) MeasureGame(play, _reading);
                _plan = _reading.Next();
                TestOrSave();
            });
        });
    }

    /// <summary>Measures the culture while newborns answer: of this round's edits, and everybody's attempts up to the round before.</summary>
    private void MeasureCulture()
    {
        _measuring = Scenario.Culture.Sharing != Sharing.Off;
        if (!_measuring) return;
        (SocietyDatabase database, IFactSource? facts) = (_session.Database, _plan.Environment as IFactSource);
        Task.Run(() => new CultureMeasured(database.MeasureCulture(facts))).PipeTo(Self, failure: cause => new CultureMeasured(null, cause.Message));
    }

    private void OnceCultureMeasured(Action then)
    {
        if (!_measuring)
        {
            then();
            return;
        }

        _onceMeasured = then;
        Become(Always);
    }

    private void Take(CultureMeasured measured)
    {
        _measuring = false;
        if (measured.Culture is { } culture) _metrics.AddRange(CultureSeries.Of(culture));
        else _display.Say($"round {_round}: the culture could not be measured: {measured.Failure}");
        Action? then = _onceMeasured;
        _onceMeasured = null;
        then?.Invoke();
    }
}
