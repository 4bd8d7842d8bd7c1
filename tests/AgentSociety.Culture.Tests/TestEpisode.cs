using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture.Tests;

/// <summary>A solver's episode with nothing in it but its reward, and what it read.</summary>
internal static class TestEpisode
{
    internal static EpisodeRecord Of(int round, int index, double reward, string agent = "solver-9") => new()
    {
        Id = $"{round}/solve/{index}/0",
        Round = round,
        Agent = agent,
        Role = Role.Solver,
        Attempt = 0,
        Checkpoint = "base",
        Segments = [],
        Tokens = [],
        LogProbabilities = [],
        LossMask = [],
        Outcome = reward > 0 ? Outcome.Correct : Outcome.Wrong,
        Reason = "",
        Sound = reward > 0,
        Reward = reward,
    };

    /// <summary>One that looked at a page; without a revision the page was not there.</summary>
    internal static EpisodeRecord Reading(int round, int index, double reward, string page, string? revision, string agent = "solver-9") =>
        Of(round, index, reward, agent) with { ToolCalls = [new ToolCall { Kind = ToolKind.Read, Request = "", Reply = "", Page = page, Revision = revision }] };
}
