using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

public sealed class WithheldTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task A_note_that_was_withheld_by_chance_is_not_told_as_missing()
    {
        string revision = site.Run.Pages.Read("notes/operator-a")!.Revision;
        new RunRecords(site.Run.Database).Append(new RoundRecord
        {
            Round = 6,
            State = "{}",
            Problems = [new ProblemRecord { Id = "6/0", Round = 6, Text = "a1=", Difficulty = 1, CanonicalForm = "a1=", Proposer = "proposer-1", SolveRate = 0 }],
            Episodes =
            [
                new EpisodeRecord
                {
                    Id = "6/solve/0/0", Round = 6, Agent = "solver-1", Role = Role.Solver, Problem = "6/0", Attempt = 0, Checkpoint = "round-0", Segments = [new Segment(Source.Model, "?")], Tokens = [1],
                    LogProbabilities = [-1f], LossMask = [true], Outcome = Outcome.Wrong, Reason = "", Sound = false, Reward = 0, WithholdingProbability = 0.1, Withheld = [new WithheldNote("notes/operator-a", revision)],
                    ToolCalls =
                    [
                        new ToolCall { Kind = ToolKind.Read, Request = "a1?", Reply = "?", Page = "notes/operator-a" },
                        new ToolCall { Kind = ToolKind.Read, Request = "z1?", Reply = "?", Page = "notes/operator-z" },
                    ],
                },
            ],
            Metrics = [],
        });
        string html = await site.Client.GetStringAsync(new Uri("/runs/small/episodes/6/solve/0/0", UriKind.Relative));
        Assert.Contains("was withheld by chance", html, StringComparison.Ordinal);
        Assert.Contains($"/runs/small/pages/notes/operator-a?revision={revision}", html, StringComparison.Ordinal);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(html, "was not there"));
    }
}
