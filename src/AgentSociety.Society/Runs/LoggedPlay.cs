using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>Says of logged episodes how they were played: in which environment, at which temperature (that of their run, or what a guard had raised it to in their round), and how long they might become.</summary>
public static class LoggedPlay
{
    /// <summary>The episodes of one run with what their scenario says of them; those of editors and authors, who write at other temperatures, without.</summary>
    /// <param name="log">Its episodes.</param>
    /// <param name="database">Its database, which holds its scenario.</param>
    public static IEnumerable<LoggedEpisode> Noted(IEnumerable<LoggedEpisode> log, SocietyDatabase database)
    {
        RunRecords records = new(database);
        RunInfo info = records.Run();
        Scenario scenario = ScenarioFile.Recorded(info.Scenario, $"{database.Path}, scenario");
        SelfPlaySettings play = scenario.SelfPlay;
        Dictionary<int, double> raised = records.Metric(SocietyActor.TemperatureMetric).ToDictionary(point => point.Round, point => point.Value);
        return log.Select(logged => logged with { Environment = scenario.Environment.Name }).Select(logged => logged.Episode.Role is Role.Proposer or Role.Solver or Role.Critic
            ? logged with { Temperature = raised.GetValueOrDefault(logged.Episode.Round, play.Temperature), MaximumTokens = play.MaximumTokens } : logged);
    }
}
