using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

public class RatingTests
{
    [Fact]
    public void Strengths_that_games_were_drawn_from_lie_in_their_intervals_nineteen_times_in_twenty()
    {
        int inside = 0, all = 0;
        for (int trial = 0; trial < 60; trial++)
        {
            KeyedRandom random = KeyedRandom.For(3, "ratings", trial);
            double[] truth = [.. Enumerable.Range(0, 6).Select(_ => 1500 + 350 * random.NextGaussian())];
            List<Match> matches = [];
            for (int game = 0; game < 400; game++)
            {
                int first = random.Next(6), second = (first + 1 + random.Next(5)) % 6;
                matches.Add(new($"p{first}", $"p{second}", random.NextDouble() < Ratings.Expected(truth[first], truth[second]) ? 1 : 0));
            }

            foreach (Rating rating in Ratings.Of(matches))
            {
                all++;
                if (Math.Abs(rating.Strength - (truth[rating.Player[1] - '0'] - truth.Average() + 1500)) <= rating.Error) inside++;
            }
        }

        Assert.InRange((double)inside / all, 0.90, 0.99);
    }

    [Fact]
    public void A_score_of_three_in_four_over_many_games_is_191_points()
    {
        Match[] matches = [.. Enumerable.Range(0, 40_000).Select(index => new Match("a", "b", index % 4 == 0 ? 0 : 1))];
        IReadOnlyList<Rating> ratings = Ratings.Of(matches);
        Assert.Equal("a", ratings[0].Player);
        Assert.Equal(190.85, ratings[0].Strength - ratings[1].Strength, 0); // 400 log10 3
        Assert.Equal(3000, ratings[0].Strength + ratings[1].Strength, 6);
    }

    [Fact]
    public void The_order_of_games_does_not_matter_and_seats_are_symmetric() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 2]).Array[1, 40].Sample(drawn =>
    {
        Match[] matches = [.. drawn.Select(game => new Match($"p{game.Item1}", $"p{game.Item2}", game.Item3 / 2.0))];
        Dictionary<string, double> one = Ratings.Of(matches).ToDictionary(rating => rating.Player, rating => rating.Strength);
        Dictionary<string, double> other = Ratings.Of([.. matches.Reverse().Select(match => new Match(match.Second, match.First, 1 - match.Score))]).ToDictionary(rating => rating.Player, rating => rating.Strength);
        Assert.All(one, pair => Assert.Equal(pair.Value, other[pair.Key], 5));
    }, iter: 300);

    [Fact]
    public void More_games_make_the_interval_narrower_and_who_always_won_has_a_finite_strength()
    {
        Rating few = Ratings.Of([.. Enumerable.Repeat(new Match("a", "b", 1), 3)])[0], many = Ratings.Of([.. Enumerable.Repeat(new Match("a", "b", 1), 300)])[0];
        Assert.InRange(few.Strength, 1500, many.Strength);
        Assert.InRange(many.Strength, 1600, 3000);
        Assert.True(many.Error < few.Error);
        Assert.Empty(Ratings.Of([]));
    }

    [Fact]
    public void Perfect_players_beat_random_ones_in_a_league_and_ratings_say_so()
    {
        TicTacToe game = new();
        PerfectPlay perfect = new();
        Dictionary<string, IReadOnlyList<string>> best = [];
        foreach (IGamePosition position in Positions(game).Where(position => position.Mover >= 0)) best[position.View(position.Mover)] = perfect.Best(position);
        Strategy flawless = (view, moves) => [.. moves.Select(move => best[view].Contains(move) ? 1.0 / best[view].Count : 0)];
        IReadOnlyList<Match> matches = League.RoundRobin(game, new Dictionary<string, Strategy> { ["perfect"] = flawless, ["random"] = Exploitability.Uniform }, 200, 7);
        Assert.DoesNotContain(matches, match => match.First == "perfect" ? match.Score == 0 : match.Score == 1);
        IReadOnlyList<Rating> ratings = Ratings.Of(matches);
        Assert.Equal("perfect", ratings[0].Player);
        Assert.True(ratings[0].Strength - ratings[0].Error > ratings[1].Strength + ratings[1].Error);
    }

    private static IEnumerable<IGamePosition> Positions(IGame game)
    {
        Stack<IGamePosition> open = new([game.Deals[0].Position]);
        HashSet<string> seen = [];
        while (open.TryPop(out IGamePosition? position))
        {
            if (position.Mover < 0 || !seen.Add(position.View(0))) continue;
            yield return position;
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }
    }
}
