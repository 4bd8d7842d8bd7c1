using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Environments.Games;

namespace AgentSociety.Environments.Tests.Games;

/// <summary>Both bid at the same time: nobody knows the other's bid before he made his own.</summary>
public class GoofspielTests
{
    private static readonly Goofspiel Game = new();

    [Fact]
    public void A_bid_is_seen_by_the_other_only_when_both_have_bid()
    {
        IGamePosition deal = Game.Deals[0].Position;
        Assert.Single(deal.Moves.Select(move => deal.Play(move).View(1)).Distinct());
        Assert.Equal(3, deal.Moves.Select(move => deal.Play(move).View(0)).Distinct().Count());
        Assert.All(deal.Moves, move => Assert.True(deal.Play(move).Concealed));
        Assert.False(deal.Concealed);
        IGamePosition next = deal.Play("3").Play("1");
        Assert.Equal(("x1312", "o1132"), (next.View(0), next.View(1)));
        Assert.False(next.Concealed);
    }

    // Points worked out a second time, over all orders of prizes and bids.
    [Fact]
    public void The_higher_bid_takes_the_prize_and_equal_bids_leave_it()
    {
        string[] orders = [.. from a in "123" from b in "123" from c in "123" where a != b && b != c && a != c select $"{a}{b}{c}"];
        int games = 0;
        foreach (GameDeal deal in Game.Deals)
        {
            foreach (string first in orders)
            {
                foreach (string second in orders)
                {
                    IGamePosition end = deal.Position.Play(first[..1]).Play(second[..1]).Play(first[1..2]).Play(second[1..2]);
                    int points = 0, left = 6;
                    for (int turn = 0; turn < 3; turn++)
                    {
                        int prize = turn == 0 ? deal.Position.View(0)[1] - '0' : turn == 1 ? end.View(0)[4] - '0' : left;
                        left -= prize;
                        if (first[turn] > second[turn]) points += prize;
                        if (first[turn] < second[turn]) points -= prize;
                    }

                    Assert.Equal((-1, points), (end.Mover, (int)end.Payoff));
                    games++;
                }
            }
        }

        Assert.Equal(6 * 36, games);
    }

    [Fact]
    public void It_is_worth_nothing_to_either_side_at_equilibrium()
    {
        RegretMatching solver = new(Game);
        solver.Improve(500);
        Assert.InRange(Exploitability.Of(Game, solver.Average, solver.Average), -1e-12, 0.01);
        Assert.InRange(Exploitability.Value(Game, solver.Average, solver.Average), -0.01, 0.01);
        Assert.True(Exploitability.Of(Game, Exploitability.Uniform, Exploitability.Uniform) > 0.2);
    }

    [Fact]
    public void Neither_prompt_nor_reply_tells_a_bid_that_is_not_answered_yet()
    {
        foreach (string seat in new[] { "x", "o" })
        {
            DealEnvironment table = new(Game, new() { Opponent = Stranger.Random }, 3);
            HashSet<string> replies = [];
            for (int number = 0; number < 200; number++)
            {
                Problem problem = table.Parse($"{seat}{number}=").Problem!;
                (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(table, problem, new ToolAccess { Notes = EmptyNotes.Instance }, said => said.Length == 0 ? "2;" : null);
                replies.Add(transcript[2].Text[..1]);
                // Two prizes have come up, and the bids of the first turn; nothing of the second.
                Assert.Equal($"{seat}:{seat}".Length + 5, transcript[2].Text[(transcript[2].Text.IndexOf('>', StringComparison.Ordinal) + 1)..].Length);
            }

            Assert.Equal(seat == "x" ? ["1", "2", "3"] : [">"], replies.Order());
        }
    }

    [Fact]
    public void A_policy_is_asked_the_same_whatever_the_other_has_bid()
    {
        DealEnvironment table = new(Game, new(), 3);
        Assert.Equal(6 + 108, table.Decisions.Count);
        Assert.Equal(table.Decisions.Count, table.Decisions.Select(decision => decision.Prompt).Distinct().Count());
        Assert.DoesNotContain(table.Decisions, decision => decision.Prompt.StartsWith("o:", StringComparison.Ordinal) && decision.Prompt.Contains('>') && !decision.Prompt.Contains(";>"));
    }
}
