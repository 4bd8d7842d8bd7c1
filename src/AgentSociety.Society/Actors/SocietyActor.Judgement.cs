using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Learning;
using AgentSociety.Models;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>A judging model beside the verifier, where the scenario names one.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>After solving: the judge is asked about some attempts, and what it says is compared with the verdicts.</summary>
    private void Judge()
    {
        if (Scenario.Judge is not { } settings || _attempts.Length == 0)
        {
            Edit();
            return;
        }

        IActorRef judge = JudgeOf(settings);
        IReadOnlyList<int> asked = JudgeAgreement.Asked(_plan, settings, _round, _attempts.Length);
        bool?[] said = new bool?[asked.Count];
        int missing = asked.Count;
        for (int index = 0; index < asked.Count; index++)
        {
            EpisodeRecord attempt = _attempts[asked[index]].Episode;
            judge.Tell(new ModelHost.Generate
            {
                Id = $"{_round}/judge/{index}",
                Prompt = JudgeAgreement.Question(settings, attempt.Segments),
                Adapter = TrainingPlan.Base,
                Sampling = new SamplingSettings { Temperature = 0 },
                Key = KeyedRandom.Key(_plan.Seed, "judge", _round, index),
                MaximumTokens = settings.MaximumTokens,
            });
        }

        Become(() =>
        {
            Always();
            Receive<ModelHost.Generated>(answer =>
                Take(answer.Generation.Id, JudgeAgreement.Read(string.Concat(answer.Generation.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text)))));
            Receive<ModelHost.Refused>(refused =>
            {
                _display.Say($"round {_round}: the judge does not answer: {refused.Reason}");
                Take(refused.Id, null);
            });
        });

        void Take(string id, bool? verdict)
        {
            said[int.Parse(id.Split('/')[2], System.Globalization.CultureInfo.InvariantCulture)] = verdict;
            if (--missing > 0) return;
            _metrics.AddRange(JudgeAgreement.Of([.. asked.Select((place, index) => (said[index], _attempts[place].Verdict.Outcome == Outcome.Correct))]));
            WatchJudge();
            Edit();
        }
    }

    // Every round before is stored when attempts are judged.
    private void WatchJudge()
    {
        bool diverges = Probes.JudgeDiverges(Series(JudgeAgreement.Accepts), Series(JudgeAgreement.VerifierAccepts));
        _metrics.Add(new MetricRecord("guard/judge-diverges", diverges ? 1 : 0));
        if (diverges) _display.Say($"round {_round}: the judge accepts more and more that the verifier does not: it is being fooled");
    }

    private IActorRef JudgeOf(JudgeSettings settings)
    {
        if (Context.Child("judge") is { } open && !open.IsNobody()) return open;
        if (_session.OpenRemote is not { } opener) throw new SocietyException($"the judge answers at {settings.Remote.Endpoint}, and this program opens no endpoints; leave out judge");
        return Context.Watch(Context.ActorOf(RemoteHost.Props(opener(settings.Remote), []), "judge"));
    }
}
