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
        Assert.All(log, logged => Assert.Equal((logged.Episode.Round == 1 ? 0.8 : 1.3, 40), (logged.Temperature, logged.MaximumTokens)));
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

        Assert.Contains(proposals, logged => logged is { Problem: null, Reserved: false, Posed: not null });
        Assert.Contains(proposals, logged => logged.Reserved);
    }
}
