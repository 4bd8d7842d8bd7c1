using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Asks the environment of a run again about its logged attempts, for what logs do not hold and <c>train</c> can use.</summary>
public static class LoggedAttempts
{
    /// <summary>The episodes of one run; those of its solvers with what was asked for.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    /// <param name="steps">True for the verifier's word on each step: process credit (<c>policy.stepCredit</c>).</param>
    /// <param name="kinds">True for the kind of task, where the environment has several, of attempts and of their reviews: task-relative advantages (<c>policy.advantage=task</c>).</param>
    /// <param name="seats">True for the seat of the game from which it was played, where the tasks are games: baselines by role (<c>policy.advantage=role</c>).</param>
    /// <exception cref="SocietyException">A problem is none to the environment any more, or the verifier does not say of an answer what it said in the run: its verdicts on steps cannot be trusted to be the run's either.</exception>
    public static IEnumerable<LoggedEpisode> Noted(IEnumerable<LoggedEpisode> log, SocietyDatabase database, bool steps, bool seats, bool kinds)
    {
        IEnvironment environment = RunPlan.Of(database).Environment;
        Dictionary<string, Problem> problems = new(StringComparer.Ordinal);
        foreach (LoggedEpisode logged in log)
        {
            if (logged.Problem is not { } posed || (logged.Episode.Role != Role.Solver && !(kinds && logged.Episode.Role == Role.Critic)))
            {
                yield return logged;
                continue;
            }

            if (!problems.TryGetValue(posed.Text, out Problem? problem))
            {
                Problem stored = StoredProblem.Of(posed);
                problem = environment.Recall(stored);
                if (problem is null && (kinds || seats)) throw new SocietyException($"{logged.Run}/{logged.Episode.Id}: the environment reads '{posed.Text}' as no problem, and so cannot say of which kind or seat it is; the run was made by another version");
                problems[posed.Text] = problem ??= stored;
            }

            LoggedEpisode asked = kinds ? logged with { Kind = problem.Kind } : logged;
            if (logged.Episode.Role != Role.Solver)
            {
                yield return asked;
                continue;
            }

            LoggedEpisode noted = seats ? asked with { Seat = problem.Seat.Length > 0 ? $"{environment.Name}/{problem.Seat}" : "" } : asked;
            yield return steps ? noted with { Steps = Judge(environment, problem, logged).Steps } : noted;
        }
    }

    private static Verdict Judge(IEnvironment environment, Problem problem, LoggedEpisode logged)
    {
        Verdict verdict;
        try
        {
            verdict = environment.Verify(problem, logged.Episode.Segments);
        }
        catch (ArgumentException failure)
        {
            throw new SocietyException($"{logged.Run}/{logged.Episode.Id}: the environment reads '{problem.Text}' as no problem; the run was made by another version", cause: failure);
        }

        if (verdict.Outcome == logged.Episode.Outcome && verdict.Sound == logged.Episode.Sound) return verdict;
        throw new SocietyException($"{logged.Run}/{logged.Episode.Id}: the verifier says {verdict.Outcome} and the run {logged.Episode.Outcome}; leave policy.stepCredit out, or use it in the scenario's learning, where verdicts are at hand");
    }
}
