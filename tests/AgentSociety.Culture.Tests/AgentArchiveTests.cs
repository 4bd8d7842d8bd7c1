using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture.Tests;

/// <summary>What the pages of agents say, worked out by hand for a society of two solvers and a proposer.</summary>
public sealed class AgentArchiveTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public AgentArchiveTests()
    {
        string a = _society.Save("notes/a", "one", author: "ann", round: 1), b = _society.Save("notes/b", "two", author: "ann", round: 1);
        _society.Edit(EditKind.Append, "notes/a", "three", author: "ann", round: 2);
        RunRecords records = new(_society.Database);
        for (int round = 1; round <= 4; round++)
        {
            records.Append(new RoundRecord
            {
                Round = round,
                State = "{}",
                Problems = [new ProblemRecord { Id = $"{round}/0", Round = round, Text = "x", Difficulty = round <= 2 ? 1 : 5, CanonicalForm = $"{round}", SolveRate = 0.5 }],
                Episodes =
                [
                    TestEpisode.Reading(round, 0, round % 2, "notes/a", a, "bob") with { Problem = $"{round}/0", Checkpoint = $"round-{round / 3}" },
                    // Her own note: nobody else's use of it.
                    TestEpisode.Reading(round, 1, 1, "notes/b", b, "ann") with { Problem = $"{round}/0", Checkpoint = "round-0" },
                    .. round == 4 ? [TestEpisode.Reading(round, 2, 0.5, "notes/a", a, "solver-10"), TestEpisode.Of(round, 3, 0, "solver-2")] : (EpisodeRecord[])[TestEpisode.Of(round, 2, 0, "proposer-1") with { Role = Role.Proposer }],
                ],
            });
        }
    }

    public void Dispose() => _society.Dispose();

    [Fact]
    public void Agents_are_summed_up_by_what_they_played_wrote_and_others_read()
    {
        IReadOnlyList<AgentRow> agents = _society.Database.Agents();
        // By role, then so that solver-2 comes before solver-10.
        Assert.Equal(["proposer-1", "ann", "bob", "solver-2", "solver-10"], agents.Select(agent => agent.Name));
        AgentRow ann = agents[1], bob = agents[2];
        Assert.Equal((Role.Solver, 4, 1d, 1d, 1, 4, 3, 5), (ann.Role, ann.Episodes, ann.Success, ann.Reward, ann.Versions, ann.LastRound, ann.Written, ann.ReadByOthers));
        Assert.Equal((4, 0.5, 0.5, 2, 0, 0), (bob.Episodes, bob.Success, bob.Reward, bob.Versions, bob.Written, bob.ReadByOthers));
        Assert.Equal((3, 3), (agents[0].Episodes, agents[0].LastRound));
        Assert.Equal(["ann", "bob", "proposer-1", "solver-10", "solver-2"], _society.Database.AgentNames());
    }

    [Fact]
    public void Success_is_told_by_round_by_difficulty_and_by_weights()
    {
        Assert.Equal([(1, 1, 1), (2, 1, 0), (3, 1, 1), (4, 1, 0)], _society.Database.ByRound("bob").Select(span => (span.At, span.Episodes, span.Correct)));
        Assert.Equal([(1, 2, 1), (3, 2, 1)], _society.Database.ByRound("bob", spans: 2).Select(span => (span.At, span.Episodes, span.Correct)));
        Assert.Equal([(1, 2, 1), (5, 2, 1)], _society.Database.ByDifficulty("bob").Select(span => (span.At, span.Episodes, span.Correct)));
        Assert.Equal([("round-1", 3, 2, 1), ("round-0", 1, 2, 1)], _society.Database.ByVersion("bob").Select(span => (span.Checkpoint, span.At, span.Episodes, span.Correct)));
        Assert.Empty(_society.Database.ByRound("nobody"));
    }

    [Fact]
    public void Pages_are_listed_by_how_often_others_read_what_the_agent_wrote_there()
    {
        IReadOnlyList<UsedPage> pages = _society.Database.UsedPages("ann");
        Assert.Equal([("notes/a", 2, 5, 2, 0.5), ("notes/b", 1, 0, 0, null)], pages.Select(page => (page.Page, page.Written, page.Episodes, page.Readers, page.Reward)));
        Assert.Empty(_society.Database.UsedPages("bob"));
    }

    [Fact]
    public void Whoever_left_anything_behind_is_known()
    {
        foreach (string agent in (string[])["ann", "bob", "proposer-1"]) Assert.True(_society.Database.KnowsAgent(agent));
        Assert.False(_society.Database.KnowsAgent("carol"));
        _society.Database.Record(new OutsideRead { Page = "notes/a", Agent = "carol", Round = 4 });
        Assert.True(_society.Database.KnowsAgent("carol"));
    }
}
