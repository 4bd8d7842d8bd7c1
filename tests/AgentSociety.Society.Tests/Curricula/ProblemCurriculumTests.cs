using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ProblemCurriculumTests : IDisposable
{
    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("archive")]
    [InlineData("bandit")]
    public async Task A_society_without_proposers_plays_what_a_curriculum_gives_and_goes_on_after_an_interruption(string curriculum)
    {
        string[] settings = [$"selfPlay.curriculum={curriculum}", "population=[{role: solver, count: 2}]"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(settings), whole));
        await TinySociety.RunUntil(RunPhase.Learn, 2, _tiny.Scenario(settings), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(whole.Database);
        Assert.All(database.Episodes(new EpisodeFilter()), episode => Assert.Equal(Role.Solver, episode.Role));
        Assert.Equal(4, new RunRecords(database).Problems(3).Count);
    }

    [Fact]
    public void Each_solver_is_given_its_own_edge_and_no_reserved_problem_is_played()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario("selfPlay.curriculum=bandit", "selfPlay.archive.exploration=0", "selfPlay.archive.temperature=0.05", "selfPlay.problemsPerRound=40"));
        ProblemCurriculum curriculum = new(plan);
        // The first solver masters one and two and is torn at three; the second is torn at one.
        for (int round = 1; round <= 30; round++)
            curriculum.Observe([Played(round, 0, 1, 1), Played(round, 1, 1, 0.5), Played(round, 2, 2, 1), Played(round, 3, 2, 0), Played(round, 4, 3, 0.5), Played(round, 5, 2, 0)]);
        IReadOnlyList<PosedProblem> problems = curriculum.Draw(31).Problems;
        Assert.Equal(40, problems.Count);
        Assert.All(problems, problem => Assert.False(Reservation.Holds(plan.Environment.Name, problem.Problem.CanonicalForm)));
        Assert.All(problems.Where((_, index) => index % 2 == 0), problem => Assert.InRange(problem.Problem.Difficulty, 3, 4));
        Assert.All(problems.Where((_, index) => index % 2 == 1), problem => Assert.Equal(1, problem.Problem.Difficulty));
        Assert.Equal(problems.Select(problem => problem.Problem.Text), curriculum.Draw(31).Problems.Select(problem => problem.Problem.Text));
    }

    [Fact]
    public void An_archive_brings_back_what_is_sometimes_solved()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario("selfPlay.curriculum=archive", "selfPlay.archive.replay=1", "selfPlay.archive.staleness=0", "selfPlay.archive.novelty=0", "selfPlay.archive.temperature=0.05", "selfPlay.problemsPerRound=1"));
        ProblemCurriculum curriculum = new(plan);
        curriculum.Observe([Played(1, 0, 3, 0), Played(1, 1, 3, 0.5, "abc4="), Played(1, 2, 3, 1)]);
        Assert.Equal("abc4=", Assert.Single(curriculum.Draw(2).Problems).Problem.Text);
    }

    [Fact]
    public void What_was_accepted_is_played_again_as_it_is_stored_whatever_the_environment_would_say_of_it_now()
    {
        RunPlan plan = RunPlan.Of(_tiny.Scenario("selfPlay.curriculum=archive", "selfPlay.archive.replay=1", "selfPlay.problemsPerRound=1"));
        ProblemCurriculum curriculum = new(plan);
        Assert.Null(plan.Environment.Parse("too slow today").Problem);
        ProblemRecord stored = Played(1, 0, 3, 0.5, "too slow today");
        curriculum.Observe([stored]);
        Problem again = Assert.Single(curriculum.Draw(2).Problems).Problem;
        Assert.Equal((stored.Text, stored.Difficulty, stored.CanonicalForm), (again.Text, again.Difficulty, again.CanonicalForm));
    }

    private static ProblemRecord Played(int round, int index, int difficulty, double solveRate, string? text = null) => new()
    {
        Id = $"{round}/{index}",
        Round = round,
        Text = text ?? $"{new string('a', difficulty)}{index}=",
        Difficulty = difficulty,
        CanonicalForm = text ?? $"{new string('a', difficulty)}{index}=",
        SolveRate = solveRate,
    };
}
