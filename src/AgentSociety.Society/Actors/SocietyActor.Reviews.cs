using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>Agents review what they have just finished, where their marks are credited.</summary>
internal sealed partial class SocietyActor
{
    private AgentActor.Reviewed?[] _reviews = [];

    private Problem Posed(int place) => _selection.Problems[place / Scenario.SelfPlay.AttemptsPerProblem].Problem;

    /// <summary>After the attempts: each agent marks the steps of its own, where the verifier divides them into steps and they leave room for marks.</summary>
    private void Review()
    {
        _reviews = [];
        if (Scenario.Learning.RetrospectiveCredit == 0 || _plan.Environment is not IReviewed reviewed)
        {
            OnceStored(Judge);
            return;
        }

        _reviews = new AgentActor.Reviewed?[_attempts.Length];
        _missing = 0;
        for (int place = 0; place < _attempts.Length; place++)
        {
            AgentActor.Solved solved = _attempts[place];
            EpisodeRecord attempt = solved.Episode;
            int steps = solved.Verdict.Steps.Count;
            // A review may repeat what the agent wrote and say what was due beside it, which is longer where it went without, and has a mark for each step and an end.
            int room = Math.Max((2 * attempt.LossMask.Count(written => written)) + steps, reviewed.ReviewLength(Posed(place), attempt.Segments)) + 1;
            if (steps == 0 || attempt.Tokens.Length + 1 + room > _context) continue;
            _missing++;
            _agents[attempt.Agent].Tell(new AgentActor.Review
            {
                Episode = attempt.Id.Replace("/solve/", "/review/", StringComparison.Ordinal),
                Round = _round,
                Place = place,
                ProblemId = attempt.Problem!,
                Attempt = attempt.Attempt,
                Prompt = reviewed.ReviewPrompt(attempt.Segments),
                Steps = [.. solved.Verdict.Steps.Select(step => step.Valid)],
                Playing = Playing(KeyedRandom.Key(_plan.Seed, $"review/{attempt.Id}", _round), Temperature) with { MaximumTokens = room },
            });
        }

        _asked = _missing;
        if (_missing == 0)
        {
            OnceStored(Judge);
            return;
        }

        Become(() =>
        {
            Always();
            Receive<AgentActor.Reviewed>(review =>
            {
                _reviews[review.Place] = review;
                Take(review.Meter);
                if (--_missing == 0) OnceStored(Judge);
            });
        });
    }
}
