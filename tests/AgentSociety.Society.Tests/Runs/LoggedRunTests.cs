using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society.Tests;

/// <summary>What is said of logged episodes that their records do not hold.</summary>
[Collection("Torch")]
public sealed class LoggedRunTests : IDisposable
{
    private static readonly ExportOptions All = new() { Format = ExportFormat.ChatML };

    private readonly TinySociety _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task A_log_says_at_which_temperature_each_round_was_sampled()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("selfPlay.temperature=0.8", "guards.patience=1", "guards.maximumSelfBleu=0", "guards.temperatureFloor=1.3"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] log = [.. LoggedPlay.Noted(RunLog.Read(database, All), database)];
        Assert.NotEmpty(log);
        Assert.All(log, logged => Assert.Equal((logged.Episode.Round == 1 ? 0.8 : 1.3, 40, "hidden-operators"), (logged.Temperature, logged.MaximumTokens, logged.Environment)));
    }

    [Fact]
    public async Task Proposals_that_were_not_played_are_known_by_the_problem_that_they_pose()
    {
        RunDirectory directory = _tiny.Create("run");
        LoadedScenario scenario = _tiny.Scenario([.. TinySociety.Literate, "selfPlay.proposalsPerRound=40"]);
        await TinySociety.Run(scenario, directory);
        IEnvironment environment = RunPlan.Of(scenario).Environment;
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] proposals = [.. LoggedProposals.Read(RunLog.Read(database, All), database).Where(logged => logged.Episode.Role == Role.Proposer)];
        foreach (LoggedEpisode logged in proposals)
        {
            Problem? problem = environment.Parse(string.Concat(logged.Episode.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text))).Problem;
            if (problem is not null) Assert.Equal(problem.CanonicalForm, logged.ProblemKey);
            Assert.Equal(problem is not null && Reservation.Holds(environment.Name, problem.CanonicalForm), logged.Reserved);
        }

        Assert.All(proposals, logged => Assert.Empty(logged.Quoted));
        Assert.Contains(proposals, logged => logged is { Problem: null, Reserved: false, Posed: not null });
        Assert.Contains(proposals, logged => logged.Reserved);
    }

    [Fact]
    public async Task A_proposal_says_which_played_problems_its_prompt_shows_and_an_attempt_which_kind_of_task_it_is()
    {
        RunDirectory directory = _tiny.Create("run");
        await TinySociety.Run(_tiny.Scenario("environment.name=code", "environment.options={language: restricted, earlierShown: 2, maximumDifficulty: 5}", "model.architecture.context=256", "culture.experimentsPerRound=0", "evaluation.difficulties=[1]"), directory);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        LoggedEpisode[] log = [.. LoggedAttempts.Noted(LoggedProposals.Read(RunLog.Read(database, All), database), database, steps: false, seats: false, kinds: true)];
        LoggedEpisode[] later = [.. log.Where(logged => logged.Episode is { Role: Role.Proposer, Round: > 1 })];
        Assert.NotEmpty(later);
        // The first round has played problems already: later proposers are shown some.
        Assert.All(later, logged => Assert.NotEmpty(logged.Quoted));
        Dictionary<string, string> forms = new RunRecords(database).PlayedProblems().ToDictionary(problem => problem.CanonicalForm, problem => problem.Text);
        Assert.All(later, logged => Assert.All(logged.Quoted, form => Assert.Contains(forms[form], logged.Episode.Segments[0].Text)));
        Assert.All(log.Where(logged => logged.Episode.Role == Role.Solver), logged => Assert.True(logged.Kind is "deduction" or "abduction" or "induction"));

        // A problem that is none any more has no kind that could be made up.
        LoggedEpisode[] foreign = [.. log.Where(logged => logged.Problem is not null).Take(1).Select(logged => logged with { Problem = logged.Problem! with { Text = "none" } })];
        Assert.Contains("made by another version", Assert.Throws<SocietyException>(() => LoggedAttempts.Noted(foreign, database, steps: false, seats: false, kinds: true).ToArray()).Message);
        Assert.Single(LoggedAttempts.Noted(foreign, database, steps: false, seats: false, kinds: false));
    }
}
