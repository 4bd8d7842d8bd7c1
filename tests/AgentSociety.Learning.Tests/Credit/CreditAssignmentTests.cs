using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Tests;

public sealed class CreditAssignmentTests
{
    [Fact]
    public void Attempts_are_measured_within_their_problem_and_proposals_within_their_round()
    {
        CreditAssignment credit = new(new LearningSettings { Advantage = AdvantageEstimator.Group, ProposerAdvantage = AdvantageEstimator.Task }, OneEach);
        double[] advantages = Advantage(credit, Solver("a", 1), Proposer(0.8), Solver("b", 0), Solver("a", 0), Proposer(-0.5), Solver("b", 0));
        Assert.Equal([0.5, 1, 0, -0.5, -1, 0], advantages, (x, y) => Math.Abs(x - y) < 1e-9);
    }

    [Theory]
    [InlineData(AdvantageEstimator.GroupNormalised, 1, -1)]
    [InlineData(AdvantageEstimator.LeaveOneOut, 1, -1)]
    [InlineData(AdvantageEstimator.Group, 0.5, -0.5)]
    [InlineData(AdvantageEstimator.Task, 1, -1)]
    [InlineData(AdvantageEstimator.Batch, 1, -1)]
    [InlineData(AdvantageEstimator.Role, 0.5, -0.475)]
    public void Each_estimator_gives_its_own_numbers(AdvantageEstimator estimator, double right, double wrong)
    {
        double[] advantages = Advantage(new CreditAssignment(new LearningSettings { Advantage = estimator }, OneEach), Solver("a", 1), Solver("a", 0));
        Assert.Equal(right, advantages[0], 9);
        Assert.Equal(wrong, advantages[1], 1);
    }

    [Fact]
    public void The_batchs_mean_is_over_all_problems_of_a_role_together()
    {
        CreditAssignment credit = new(new LearningSettings { Advantage = AdvantageEstimator.Batch, ProposerAdvantage = AdvantageEstimator.Batch }, OneEach);
        // Solvers: 1, 1, 1, 0 has mean 3/4 and deviation sqrt(3)/4.
        double[] advantages = Advantage(credit, Solver("a", 1), Solver("a", 1), Solver("b", 1), Solver("b", 0), Proposer(0.8), Proposer(0.2));
        Assert.Equal([1 / Math.Sqrt(3), 1 / Math.Sqrt(3), 1 / Math.Sqrt(3), -Math.Sqrt(3), 1, -1], advantages, (x, y) => Math.Abs(x - y) < 1e-9);
    }

    [Fact]
    public void Role_baselines_survive_a_restart()
    {
        LearningSettings settings = new() { Advantage = AdvantageEstimator.Role };
        CreditAssignment first = new(settings, OneEach), second = new(settings, OneEach);
        first.Assign([Solver("a", 1), Solver("a", 0)]);
        second.LoadState(first.SaveState());
        Assert.Equal(Advantage(first, Solver("b", 1)), Advantage(second, Solver("b", 1)));
    }

    [Fact]
    public void Steps_are_credited_where_the_scenario_asks_for_it()
    {
        JudgedEpisode right = Solver("a", 1) with { Steps = [new StepVerdict(1, 0, 1, true)] };
        JudgedEpisode wrong = Solver("a", 0) with { Steps = [new StepVerdict(1, 0, 1, false)] };
        IReadOnlyList<EpisodeRecord> assigned = new CreditAssignment(new LearningSettings { StepCredit = 2 }, OneEach).Assign([right, wrong]);
        Assert.Equal([0, 0, 1, 0, 0], assigned[0].TokenAdvantages!);
        Assert.Equal([0, 0, -1, 0, 0], assigned[1].TokenAdvantages!);
        Assert.All(new CreditAssignment(new LearningSettings(), OneEach).Assign([right, wrong]), episode => Assert.Null(episode.TokenAdvantages));
    }

    [Theory]
    [InlineData(AdvantageEstimator.Group, 0f, 0f)]
    [InlineData(AdvantageEstimator.Task, 0.5f, -0.5f)]
    [InlineData(AdvantageEstimator.Batch, 0.5f, -0.5f)]
    [InlineData(AdvantageEstimator.Role, 0.5f, -0.5f)]
    public void Steps_are_measured_against_what_their_attempts_are_measured_against(AdvantageEstimator estimator, float right, float wrong)
    {
        // Everybody is right about one problem and wrong about the other: groups that agree teach something only beside one another.
        JudgedEpisode Attempt(string problem, bool valid) => Solver(problem, valid ? 1 : 0) with { Steps = [new StepVerdict(1, 0, 1, valid)] };
        IReadOnlyList<EpisodeRecord> assigned = new CreditAssignment(new LearningSettings { Advantage = estimator, StepCredit = 1 }, OneEach)
            .Assign([Attempt("a", true), Attempt("a", true), Attempt("b", false), Attempt("b", false)]);
        Assert.Equal([right, right, wrong, wrong], assigned.Select(episode => episode.TokenAdvantages![2]));
    }

    [Fact]
    public void Kinds_of_task_are_measured_by_themselves_at_each_difficulty()
    {
        JudgedEpisode Attempt(string? kind, bool right) => Solver($"{kind}", right ? 1 : 0) with { Kind = kind, Steps = [new StepVerdict(1, 0, 1, right)] };
        // Deduction is solved always and induction never, so that within either nobody did better than it could be expected.
        JudgedEpisode[] Round(string? one, string? other) => [Attempt(one, true), Attempt(one, true), Attempt(other, false), Attempt(other, false)];
        CreditAssignment credit = new(new LearningSettings { Advantage = AdvantageEstimator.Task, StepCredit = 1 }, OneEach);
        Assert.All(credit.Assign(Round("deduction", "induction")), episode => Assert.Equal((0, 0), (episode.Advantage, episode.TokenAdvantages![2])));
        Assert.Equal([1, 1, -1, -1], credit.Assign(Round(null, null)).Select(episode => episode.Advantage));
    }

    [Fact]
    public void Seats_of_a_game_have_baselines_of_their_own()
    {
        // The first to move wins three games of four against an equal, and the second one of four.
        JudgedEpisode Played(string seat, double reward) => Solver($"{seat}{reward}", reward) with { Seat = seat };
        CreditAssignment credit = new(new LearningSettings { Advantage = AdvantageEstimator.Role, StepCredit = 1 }, OneEach);
        for (int round = 0; round < 200; round++)
            credit.Assign([.. Enumerable.Range(0, 4).SelectMany(game => (JudgedEpisode[])[Played("x", game == (round % 4) ? 0 : 1), Played("o", game == (round % 4) ? 1 : 0)])]);
        double[] advantages = Advantage(credit, Played("x", 1), Played("o", 1), Played("x", 0), Played("o", 0));
        Assert.InRange(advantages[0], 0.15, 0.35);
        Assert.InRange(advantages[1], 0.65, 0.85);
        Assert.InRange(advantages[2], -0.85, -0.65);
        Assert.InRange(advantages[3], -0.35, -0.15);

        // Steps too are measured against those of their seat: where all of a seat are valid, none is a merit.
        JudgedEpisode Stepped(string seat, bool valid) => Played(seat, 0) with { Steps = [new StepVerdict(1, 0, 1, valid)] };
        IReadOnlyList<EpisodeRecord> stepped = credit.Assign([Stepped("x", true), Stepped("x", true), Stepped("o", true), Stepped("o", false)]);
        Assert.Equal([0f, 0f, 0.5f, -0.5f], stepped.Select(episode => episode.TokenAdvantages![2]));
    }

    private static int[] OneEach(IReadOnlyList<int> tokens) => [.. tokens.Select(token => token == 9 ? 0 : 1)];

    private static double[] Advantage(CreditAssignment credit, params JudgedEpisode[] round) => [.. credit.Assign(round).Select(episode => episode.Advantage)];

    private static JudgedEpisode Solver(string problem, double reward) => new(Episode(Role.Solver, problem, reward), [], 1);

    private static JudgedEpisode Proposer(double reward) => new(Episode(Role.Proposer, null, reward), [], null);

    private static EpisodeRecord Episode(Role role, string? problem, double reward) => new()
    {
        Id = "1",
        Round = 1,
        Agent = role.ToString(),
        Role = role,
        Problem = problem,
        Attempt = 0,
        Checkpoint = "base",
        Segments = [new(Source.Prompt, "3:"), new(Source.Model, "45")],
        Tokens = [3, 8, 4, 5, 9],
        LogProbabilities = new float[5],
        LossMask = [false, false, true, true, true],
        Outcome = Outcome.Correct,
        Reason = "",
        Sound = true,
        Reward = reward,
    };
}
