using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Asks a run's verifier again for its word on the steps of logged attempts, which logs do not hold: for process credit in <c>train</c>.</summary>
public static class LoggedSteps
{
    /// <summary>The episodes of one run, those of its solvers with the verdicts on their steps.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    /// <exception cref="SocietyException">The verifier does not say of an answer what it said in the run: its verdicts on steps cannot be trusted to be the run's either.</exception>
    public static IEnumerable<LoggedEpisode> Judged(IEnumerable<LoggedEpisode> log, SocietyDatabase database)
    {
        IEnvironment environment = RunPlan.Of(database).Environment;
        Dictionary<string, Problem> problems = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not { } posed || logged.Episode.Role != Role.Solver)
            {
                yield return logged;
                continue;
            }

            if (!problems.TryGetValue(posed.Text, out Problem? problem))
                problems[posed.Text] = problem = environment.Parse(posed.Text).Problem ?? throw new SocietyException($"{logged.Run}/{logged.Episode.Id}: the environment reads '{posed.Text}' as no problem; the run was made by another version");
            Verdict verdict = environment.Verify(problem, logged.Episode.Segments);
            if (verdict.Outcome != logged.Episode.Outcome || verdict.Sound != logged.Episode.Sound)
                throw new SocietyException($"{logged.Run}/{logged.Episode.Id}: the verifier says {verdict.Outcome} and the run {logged.Episode.Outcome}; leave policy.stepCredit out, or use it in the scenario's learning, where verdicts are at hand");
            yield return logged with { Steps = verdict.Steps };
        }
    }
}
