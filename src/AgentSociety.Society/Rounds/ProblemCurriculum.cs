using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments.DataSets;
using AgentSociety.Learning.Curricula;

namespace AgentSociety.Society;

/// <summary>Chooses a round's problems where no proposer does: by an archive of what was played, or by a tutor.</summary>
/// <remarks>It knows what stored rounds tell it, in their order, so that a run that goes on has the same curriculum.</remarks>
internal sealed class ProblemCurriculum
{
    private const int MostDraws = 256;
    private readonly RunPlan _plan;
    private readonly PrioritisedArchive _archive;
    private readonly Tutor _tutor;
    private readonly Contamination? _heldOut;
    private readonly Dictionary<string, ProblemRecord> _played = new(StringComparer.Ordinal);
    private int _reach;

    /// <param name="plan">The run.</param>
    /// <param name="heldOut">The questions of the held-out test, where problems are told in words; null elsewhere.</param>
    public ProblemCurriculum(RunPlan plan, Contamination? heldOut = null)
    {
        (_plan, _heldOut) = (plan, heldOut);
        _reach = Math.Min(plan.Scenario.Pretrain.MaximumDifficulty, plan.Environment.MaximumDifficulty);
        _archive = new PrioritisedArchive(Settings);
        _tutor = new Tutor(Settings, _reach, plan.Environment.MaximumDifficulty);
    }

    private CurriculumSettings Settings => _plan.Scenario.SelfPlay.Archive;

    /// <summary>Takes note of a round that was played.</summary>
    public void Observe(IReadOnlyList<ProblemRecord> problems)
    {
        int[] solvers = Assignment.Of(_plan, [.. problems.Select(StoredProblem.Of)]);
        for (int index = 0; index < problems.Count; index++)
        {
            ProblemRecord problem = problems[index];
            _played[problem.Text] = problem;
            _archive.Observe(problem.Text, problem.Round, problem.SolveRate);
            _tutor.Observe(Pupil(solvers[index]), problem.Difficulty, problem.SolveRate);
            if (problem.SolveRate > 0) _reach = Math.Min(_plan.Environment.MaximumDifficulty, Math.Max(_reach, problem.Difficulty + 1));
        }
    }

    /// <summary>The problems of a round.</summary>
    public ProblemSelection Draw(int round)
    {
        int room = _plan.Scenario.SelfPlay.ProblemsPerRound;
        bool tutored = _plan.Scenario.SelfPlay.Curriculum == ProblemSource.Bandit;
        int again = tutored || _archive.Count == 0 ? 0 : (int)Math.Round(room * Settings.Replay);
        Queue<string> replayed = new(again == 0 ? [] : _archive.Draw(round, again, KeyedRandom.For(_plan.Seed, "curriculum/archive", round)));
        List<PosedProblem> problems = [];
        HashSet<string> posed = new(StringComparer.Ordinal);
        for (int index = 0; index < room; index++)
        {
            KeyedRandom random = KeyedRandom.For(_plan.Seed, "curriculum/problem", round, index);
            Problem? earlier = replayed.TryDequeue(out string? text) && posed.Add(text) ? StoredProblem.Of(_plan.Environment, _played[text]) : null;
            Problem problem = earlier ?? New(tutored ? _tutor.Draw(Pupil(index), random) : random.Next(1, _reach), random, posed);
            problems.Add(new PosedProblem($"{round}/{index}", problem, null));
        }

        return new ProblemSelection(problems, [], []);
    }

    /// <summary>A problem of a difficulty that is not reserved, and new in the round where there are enough.</summary>
    private Problem New(int difficulty, KeyedRandom random, HashSet<string> posed)
    {
        for (int draws = 0; ; draws++)
        {
            Problem problem = GuardedDraw.Problem(_plan.Environment, difficulty, random, _heldOut, _plan.Environment.Generate);
            if (posed.Add(problem.Text) || draws >= MostDraws) return problem;
        }
    }

    /// <summary>The solver whose turn it is, in whatever generation.</summary>
    private string Pupil(int turn) => Lifetimes.Ancestor(_plan.Solvers[turn % _plan.Solvers.Count].Name);
}
